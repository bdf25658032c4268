#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "core/recovery.h"
#include "core/totp_enrol.h"

/* ---- totp ---- */

static int wish_read(struct cli *cli, const struct user_row *user, struct totp_wish *wish)
{
	const char *digits = cli_option(cli, "digits");
	int64_t count = 6;

	*wish = (struct totp_wish){.user_id = user->id,
				   .username = user->name,
				   .label = cli_option(cli, "label"),
				   .algorithm = cli_option(cli, "algorithm")};
	if (!wish->label)
		wish->label = "Authenticator app";
	if (!wish->algorithm)
		wish->algorithm = "SHA1";
	if (strcmp(wish->algorithm, "SHA1") != 0 && strcmp(wish->algorithm, "SHA256") != 0 &&
	    strcmp(wish->algorithm, "SHA512") != 0)
		return cli_fail(EXIT_USAGE, "--algorithm is SHA1, SHA256 or SHA512");
	if (digits && text_parse_int(digits, 6, 8, &count) != OK)
		return cli_fail(EXIT_USAGE, "--digits is 6, 7 or 8");
	wish->digits = (unsigned)count;
	return EXIT_DONE;
}

static int code_take(struct cli *cli, const char *id)
{
	const char *line = cli_read_line(cli, false);
	enum status status = line ? totp_enrol_confirm(&cli->core, cli->arena, id, line, clock_now()) : E_NOT_FOUND;

	if (status == E_NOT_FOUND || status == E_CONFLICT || status == E_BUSY)
		return cli_fail(EXIT_REFUSED, "that is not the current code, so nothing was added. Check the clock of "
					      "the app's device and run the command again.");
	if (status != OK)
		return cli_trouble(status, "adding the codes");
	if (cli->json)
		return cli_print_json(json_pack("{s:s, s:s}", "id", id, "state", "active"));
	printf("Added.\n");
	return EXIT_DONE;
}

int cmd_totp_enrol(struct cli *cli)
{
	struct totp_enrolment enrolment;
	struct totp_wish wish;
	struct user_row user;
	enum status status;
	int code = cli_open_user(cli, &user);

	if (code == EXIT_DONE)
		code = wish_read(cli, &user, &wish);
	if (code != EXIT_DONE)
		return code;
	status = totp_enrol_start(&cli->core, cli->arena, &wish, clock_now(), &enrolment);
	if (status != OK)
		return cli_trouble(status, "making the seed");
	if (cli->json) {
		code = cli_print_json(json_pack("{s:s, s:s}", "id", enrolment.id, "otpauth", enrolment.otpauth));
	} else {
		cli_print_qr(enrolment.otpauth);
		printf("\nScan this with any authenticator app, or copy:\n\n  %s\n\nThen type the code that it shows: ",
		       enrolment.otpauth);
		fflush(stdout);
	}
	return code == EXIT_DONE ? code_take(cli, enrolment.id) : code;
}

struct listing {
	const char *user_id;
	struct totp_row *rows;
	size_t count;
};

static enum status list_read(struct store_tx *tx, void *ctx)
{
	struct listing *listing = ctx;

	return store_totp_list(tx, listing->user_id, &listing->rows, &listing->count);
}

int cmd_totp_list(struct cli *cli)
{
	struct listing listing = {0};
	struct user_row user;
	enum status status;
	json_t *list = NULL;
	int code = cli_open_user(cli, &user);

	if (code != EXIT_DONE)
		return code;
	listing.user_id = user.id;
	status = store_read(cli->core.store, cli->arena, list_read, &listing);
	if (status != OK)
		return cli_trouble(status, "reading the code generators");
	if (cli->json)
		list = json_array();
	for (size_t i = 0; i < listing.count; i++) {
		const struct totp_row *row = &listing.rows[i];

		if (list)
			json_array_append_new(list,
					      json_pack("{s:s, s:s, s:s, s:s, s:i, s:I}", "id", row->id, "label",
							row->label, "state", row->state, "algorithm", row->algorithm,
							"digits", row->digits, "used_at", (json_int_t)row->used_at));
		else
			printf("%s  %-8s %-24s %s, %d digits, last used %s\n", row->id, row->state,
			       cli_clean(cli, row->label), row->algorithm, row->digits, cli_time(cli, row->used_at));
	}
	return list ? cli_print_json(list) : EXIT_DONE;
}

int cmd_totp_remove(struct cli *cli)
{
	struct user_row user;
	enum status status;
	int code = cli_open_user(cli, &user);

	if (code != EXIT_DONE)
		return code;
	status = totp_remove(&cli->core, user.id, cli->args.words[1], clock_now());
	if (status == E_NOT_FOUND)
		return cli_fail(EXIT_REFUSED, "%s has no code generator \"%s\"", user.name,
				cli_clean(cli, cli->args.words[1]));
	if (status != OK)
		return cli_trouble(status, "removing");
	printf("Removed.\n");
	return EXIT_DONE;
}

/* ---- recovery codes ---- */

int cmd_recovery_issue(struct cli *cli)
{
	char codes[RECOVERY_CODES][RECOVERY_CODE_SIZE];
	struct user_row user;
	enum status status;
	json_t *list = NULL;
	int code = cli_open_user(cli, &user);

	if (code != EXIT_DONE)
		return code;
	status = recovery_issue(&cli->core, user.id, clock_now(), codes);
	if (status != OK)
		return cli_trouble(status, "making recovery codes");
	if (cli->json)
		list = json_array();
	else
		printf("Recovery codes of %s. Each works once; they are shown this once; older ones have ended.\n\n",
		       user.name);
	for (int i = 0; i < RECOVERY_CODES; i++) {
		if (list)
			json_array_append_new(list, json_string(codes[i]));
		else
			printf("  %s\n", codes[i]);
	}
	return list ? cli_print_json(list) : EXIT_DONE;
}
