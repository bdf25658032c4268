#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "core/device.h"

static void half_second(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
}

static int started_print(struct cli *cli, const struct enrolment_started *started)
{
	if (cli->json)
		return cli_print_json(json_pack("{s:s, s:s, s:s, s:I}", "id", started->id, "link", started->link,
						"code", started->typed_code, "expires_at",
						(json_int_t)started->expires_at));
	cli_print_qr(started->link);
	printf("\nScan this with the authenticator, or run there:\n\n  symbolon-authenticator enrol '%s'\n\nor type "
	       "the code %s at %s. It works once, for ten minutes.\n\nWaiting for the device …\n",
	       started->link, started->typed_code, cli->core.settings->issuer);
	fflush(stdout);
	return EXIT_DONE;
}

/* Until a device has come, or the time is over. */
static int device_await(struct cli *cli, const char *id, struct enrolment_state *state)
{
	for (;;) {
		enum status status = enrolment_look(&cli->core, cli->arena, id, clock_now(), state);

		if (status != OK)
			return cli_trouble(status, "looking at the enrolment");
		if (strcmp(state->state, "open") != 0)
			break;
		half_second();
	}
	if (strcmp(state->state, "confirm") == 0)
		return EXIT_DONE;
	return cli_fail(EXIT_REFUSED, "the enrolment is over (%s); start again", state->state);
}

static int confirm_ask(struct cli *cli, const struct enrolment_state *state)
{
	if (cli->json)
		return cli_print_json(json_pack("{s:s, s:s, s:s, s:b}", "state", "confirm", "device",
						state->device_name, "platform", state->platform, "contested",
						(int)state->contested));
	printf("\nA device has come: %s (%s).\n", cli_clean(cli, state->device_name), cli_clean(cli, state->platform));
	if (state->contested)
		printf("WARNING: a second device tried to use this link. If you are not sure that the first is yours, "
		       "press Enter to stop.\n");
	printf("Type the six digits that it shows (one try): ");
	fflush(stdout);
	return EXIT_DONE;
}

static int confirmed_print(struct cli *cli, enum status status)
{
	if (status == E_REFUSED)
		return cli_fail(EXIT_REFUSED, "these are not the digits; the device was not added. Start again.");
	if (status == E_EXPIRED || status == E_CONFLICT)
		return cli_fail(EXIT_REFUSED, "the enrolment is over; start again");
	if (status != OK)
		return cli_trouble(status, "adding the device");
	if (cli->json)
		return cli_print_json(json_pack("{s:s}", "state", "active"));
	printf("Added.\n");
	return EXIT_DONE;
}

/* Spaces are what people type between groups. */
static char *digits_only(char *line)
{
	char *out = line;

	for (char *in = line; *in; in++)
		if (*in != ' ' && *in != '-')
			*out++ = *in;
	*out = '\0';
	return line;
}

static int digits_take(struct cli *cli, const char *id)
{
	char *line = cli_read_line(cli, false);

	if (!line || !*digits_only(line)) {
		enum status status = enrolment_void(&cli->core, id, clock_now());

		if (status != OK)
			return cli_trouble(status, "ending the enrolment");
		return cli_fail(EXIT_REFUSED, "no digits were typed; the device was not added");
	}
	return confirmed_print(cli, enrolment_confirm(&cli->core, cli->arena, id, line, clock_now()));
}

int cmd_device_enrol(struct cli *cli)
{
	struct enrolment_started started;
	struct enrolment_state state;
	struct user_row user;
	enum status status;
	int code = cli_open_user(cli, &user);

	if (code != EXIT_DONE)
		return code;
	if (user.disabled)
		return cli_fail(EXIT_REFUSED, "%s is disabled; `symbolon user enable %s` first", user.name, user.name);
	status = enrolment_start(&cli->core, cli->arena, user.id, cli_has(cli, "totp"), "command", clock_now(),
				 &started);
	if (status != OK)
		return cli_trouble(status, "starting the enrolment");
	code = started_print(cli, &started);
	if (code == EXIT_DONE)
		code = device_await(cli, started.id, &state);
	if (code == EXIT_DONE)
		code = confirm_ask(cli, &state);
	return code == EXIT_DONE ? digits_take(cli, started.id) : code;
}

/* ---- list and revoke ---- */

struct listing {
	const char *user_id;
	struct device_row *rows;
	size_t count;
};

static enum status list_read(struct store_tx *tx, void *ctx)
{
	struct listing *listing = ctx;

	return store_device_list(tx, listing->user_id, &listing->rows, &listing->count);
}

static json_t *device_json(const struct device_row *row)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:s?}", "id", row->id, "name", row->name,
			 "platform", row->platform, "state", row->state, "push", (int)(row->push_endpoint != NULL),
			 "created_at", (json_int_t)row->created_at, "last_contact", (json_int_t)row->seen_at,
			 "reachable_since", (json_int_t)row->push_since, "push_accepted_at",
			 (json_int_t)row->push_accepted_at, "push_failed_at", (json_int_t)row->push_failed_at,
			 "push_failure", row->push_failure);
}

/* One line below the device's: whether messages reach it. */
static void push_print(struct cli *cli, const struct device_row *row)
{
	if (!row->push_endpoint && !row->push_failure)
		printf("  push: not set up\n");
	else if (row->push_failure)
		printf("  push: failed at %s (%s), last accepted %s\n", cli_time(cli, row->push_failed_at),
		       cli_clean(cli, row->push_failure), cli_time(cli, row->push_accepted_at));
	else if (!row->push_since)
		printf("  push: no test message has come back yet, last accepted %s\n",
		       cli_time(cli, row->push_accepted_at));
	else
		printf("  push: reachable since %s, last accepted %s\n", cli_time(cli, row->push_since),
		       cli_time(cli, row->push_accepted_at));
}

int cmd_device_list(struct cli *cli)
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
		return cli_trouble(status, "reading the devices");
	if (cli->json)
		list = json_array();
	for (size_t i = 0; i < listing.count; i++) {
		const struct device_row *row = &listing.rows[i];

		if (list) {
			json_array_append_new(list, device_json(row));
			continue;
		}
		printf("%s  %-8s %-24s %-12s last contact %s\n", row->id, row->state, cli_clean(cli, row->name),
		       cli_clean(cli, row->platform), cli_time(cli, row->seen_at));
		if (strcmp(row->state, "active") == 0)
			push_print(cli, row);
	}
	return list ? cli_print_json(list) : EXIT_DONE;
}

int cmd_device_revoke(struct cli *cli)
{
	const char *id = cli->args.words[0];
	int code = cli_open(cli);
	enum status status;

	if (code != EXIT_DONE)
		return code;
	status = device_revoke(&cli->core, id, clock_now());
	if (status == E_NOT_FOUND || status == E_CONFLICT)
		return cli_fail(EXIT_REFUSED,
				"there is no active device \"%s\"; `symbolon device list USER` shows the ids",
				cli_clean(cli, id));
	if (status != OK)
		return cli_trouble(status, "revoking the device");
	printf("Revoked.\n");
	return EXIT_DONE;
}
