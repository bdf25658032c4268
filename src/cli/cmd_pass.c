#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "core/pass.h"

static int wish_read(struct cli *cli, struct pass_wish *wish)
{
	const char *length = cli_option(cli, "length"), *valid = cli_option(cli, "valid");
	int64_t number = PASS_LENGTH;

	if (length && text_parse_int(length, PASS_LENGTH_MIN, PASS_LENGTH_MAX, &number) != OK)
		return cli_fail(EXIT_USAGE, "--length is %d to %d characters", PASS_LENGTH_MIN, PASS_LENGTH_MAX);
	wish->length = (size_t)number;
	number = PASS_VALID_S;
	if (valid &&
	    (text_parse_duration(valid, &number) != OK || number < PASS_VALID_MIN_S || number > PASS_VALID_MAX_S))
		return cli_fail(EXIT_USAGE, "--valid is 10m to 30d, such as 90m, 12h or 3d");
	wish->valid_s = number;
	return EXIT_DONE;
}

static int issued_print(struct cli *cli, const struct user_row *user, const struct pass_issued *issued)
{
	if (cli->json)
		return cli_print_json(json_pack("{s:s, s:s, s:I}", "id", issued->id, "pass", issued->text, "expires_at",
						(json_int_t)issued->expires_at));
	printf("Temporary pass of %s, shown this once:\n\n  %s\n\nIt works once, until %s, at %s/account/ . Hand it "
	       "over "
	       "in person or by a way that you trust; who asked you for it may not be who you think.\n",
	       user->name, issued->text, cli_time(cli, issued->expires_at), cli->core.settings->issuer);
	return EXIT_DONE;
}

int cmd_pass_issue(struct cli *cli)
{
	struct pass_issued issued;
	struct pass_wish wish = {0};
	struct user_row user;
	enum status status;
	int code = wish_read(cli, &wish);

	if (code == EXIT_DONE)
		code = cli_open_user(cli, &user);
	if (code != EXIT_DONE)
		return code;
	if (user.disabled)
		return cli_fail(EXIT_REFUSED, "%s is disabled; `symbolon user enable %s` first", user.name, user.name);
	wish.user_id = user.id;
	status = pass_issue(&cli->core, &wish, clock_now(), &issued);
	if (status != OK)
		return cli_trouble(status, "issuing the pass");
	return issued_print(cli, &user, &issued);
}

struct listing {
	const char *user_id;
	struct pass_row *rows;
	size_t count;
};

static enum status list_read(struct store_tx *tx, void *ctx)
{
	struct listing *listing = ctx;

	return store_pass_list(tx, listing->user_id, &listing->rows, &listing->count);
}

int cmd_pass_list(struct cli *cli)
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
		return cli_trouble(status, "reading the passes");
	if (cli->json)
		list = json_array();
	for (size_t i = 0; i < listing.count; i++) {
		const struct pass_row *row = &listing.rows[i];
		const char *state = pass_state(row, clock_now());

		if (list)
			json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:I}", "id", row->id, "state",
							      state, "created_at", (json_int_t)row->created_at,
							      "expires_at", (json_int_t)row->expires_at, "used_at",
							      (json_int_t)row->used_at));
		else
			printf("%s  %-8s issued %s, until %s, used %s\n", row->id, state,
			       cli_time(cli, row->created_at), cli_time(cli, row->expires_at),
			       cli_time(cli, row->used_at));
	}
	return list ? cli_print_json(list) : EXIT_DONE;
}

int cmd_pass_revoke(struct cli *cli)
{
	const char *id = cli->args.words[0];
	int code = cli_open(cli);
	enum status status;

	if (code != EXIT_DONE)
		return code;
	status = pass_revoke(&cli->core, id, clock_now());
	if (status == E_NOT_FOUND || status == E_CONFLICT)
		return cli_fail(EXIT_REFUSED,
				"there is no pass \"%s\" in force; `symbolon pass list USER` shows the ids",
				cli_clean(cli, id));
	if (status != OK)
		return cli_trouble(status, "revoking the pass");
	printf("Revoked.\n");
	return EXIT_DONE;
}
