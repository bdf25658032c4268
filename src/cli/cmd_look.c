#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "core/explain.h"
#include "core/keyring.h"

/* ---- explain ---- */

static size_t groups_split(struct cli *cli, const char *groups[CLI_VALUES_MAX])
{
	char *text = arena_strdup(cli->arena, cli_option(cli, "groups"));
	size_t count = 0;

	for (char *rest, *word = text ? strtok_r(text, ",", &rest) : NULL; word && count < CLI_VALUES_MAX;
	     word = strtok_r(NULL, ",", &rest))
		groups[count++] = word;
	return count;
}

int cmd_explain(struct cli *cli)
{
	const char *groups[CLI_VALUES_MAX];
	struct explain_request request = {.username = cli->args.words[0],
					  .client_id = cli->args.words[1],
					  .ip = cli_option(cli, "ip"),
					  .acr = cli_option(cli, "acr"),
					  .now = clock_now(),
					  .known_browser = cli_has(cli, "known"),
					  .groups_given = cli_has(cli, "groups"),
					  .groups = groups};
	json_t *json = NULL;
	struct text human;
	enum status status;
	int code = cli_open(cli);

	if (code != EXIT_DONE)
		return code;
	if (request.groups_given)
		request.group_count = groups_split(cli, groups);
	text_init(&human, 256 * 1024);
	status = explain(&cli->core, cli->arena, &request, &human, &json);
	if (status == E_NOT_FOUND || status == E_INVALID)
		code = cli_fail(EXIT_REFUSED, "%s", human.size ? human.data : "no such user or client");
	else if (status != OK)
		code = cli_trouble(status, "explain");
	else if (cli->json)
		code = cli_print_json(json_incref(json));
	else
		fputs(human.data, stdout);
	text_done(&human);
	return code;
}

/* ---- audit ---- */

#define AUDIT_PAGE 500

struct auditing {
	int64_t after;
	const char *user_id;
	struct audit_row *rows;
	size_t count;
};

static enum status audit_read(struct store_tx *tx, void *ctx)
{
	struct auditing *auditing = ctx;

	return store_audit_list(tx, auditing->after, auditing->user_id, AUDIT_PAGE, &auditing->rows, &auditing->count);
}

static json_t *detail_parse(const char *detail)
{
	json_t *json = NULL;

	if (!detail)
		return json_null();
	return json_parse_limited(detail, strlen(detail), 32, &json) == OK ? json : json_string(detail);
}

static int audit_print(struct cli *cli, const struct audit_row *row)
{
	if (cli->json)
		return cli_print_json(json_pack("{s:I, s:I, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:o, s:s?}", "id",
						(json_int_t)row->id, "at", (json_int_t)row->at, "event", row->event,
						"user_id", row->user_id, "username", row->username, "client_id",
						row->client_id, "device_id", row->device_id, "login_id", row->login_id,
						"ip", row->ip, "detail", detail_parse(row->detail), "receipt",
						row->receipt));
	printf("%s  %-24s", cli_time(cli, row->at), row->event);
	if (row->username || row->user_id)
		printf("  user %s", cli_clean(cli, row->username ? row->username : row->user_id));
	if (row->client_id)
		printf("  client %s", cli_clean(cli, row->client_id));
	if (row->device_id)
		printf("  device %s", cli_clean(cli, row->device_id));
	if (row->ip)
		printf("  from %s", cli_clean(cli, row->ip));
	putchar('\n');
	return EXIT_DONE;
}

/* One page; the arena of a page ends with it, so that following does not grow. */
static int audit_page(struct cli *cli, struct auditing *auditing, bool *ret_more)
{
	struct arena *whole = cli->arena;
	int code = EXIT_DONE;
	enum status status;

	cli->arena = arena_new(64 * 1024 * 1024);
	if (!cli->arena) {
		cli->arena = whole;
		return cli_trouble(E_NOMEM, "audit");
	}
	status = store_read(cli->core.store, cli->arena, audit_read, auditing);
	if (status != OK)
		code = cli_trouble(status, "reading the audit log");
	for (size_t i = 0; code == EXIT_DONE && i < auditing->count; i++) {
		code = audit_print(cli, &auditing->rows[i]);
		auditing->after = auditing->rows[i].id;
	}
	*ret_more = status == OK && auditing->count == AUDIT_PAGE;
	arena_free(cli->arena);
	cli->arena = whole;
	fflush(stdout);
	return code;
}

int cmd_audit(struct cli *cli)
{
	const bool follow = cli_has(cli, "follow");
	const char *name = cli_option(cli, "user");
	struct auditing auditing = {0};
	struct user_row user;
	bool more = true;
	int code = cli_open(cli);

	if (code == EXIT_DONE && name) {
		code = cli_user_find(cli, name, &user);
		auditing.user_id = user.id;
	}
	while (code == EXIT_DONE && (more || follow)) {
		code = audit_page(cli, &auditing, &more);
		if (!more && follow)
			nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
	}
	return code;
}

/* ---- keys ---- */

struct keys {
	struct key_row *rows;
	size_t count;
};

static enum status keys_read(struct store_tx *tx, void *ctx)
{
	struct keys *keys = ctx;

	return store_key_list(tx, NULL, &keys->rows, &keys->count);
}

int cmd_key_list(struct cli *cli)
{
	struct keys keys = {0};
	json_t *list = NULL;
	enum status status;
	int code = cli_open(cli);

	if (code != EXIT_DONE)
		return code;
	status = store_read(cli->core.store, cli->arena, keys_read, &keys);
	if (status != OK)
		return cli_trouble(status, "reading the keys");
	if (cli->json)
		list = json_array();
	for (size_t i = 0; i < keys.count; i++) {
		const struct key_row *row = &keys.rows[i];

		if (list)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I}", "kid", row->kid, "purpose",
							      row->purpose, "alg", row->alg, "state", row->state,
							      "created_at", (json_int_t)row->created_at));
		else
			printf("%-44s %-7s %-6s %-9s since %s\n", row->kid, row->purpose, row->alg, row->state,
			       cli_time(cli, row->changed_at ? row->changed_at : row->created_at));
	}
	return list ? cli_print_json(list) : EXIT_DONE;
}

int cmd_key_rotate(struct cli *cli)
{
	int code = cli_open(cli);
	enum status status;

	if (code != EXIT_DONE)
		return code;
	status = keyring_rotate(cli->core.store, cli->core.keyholder, clock_now());
	if (status != OK)
		return cli_trouble(status, "rotating the keys");
	printf("Rotated. A running daemon signs with the new keys within a second; the previous ones stay in /jwks.\n");
	return EXIT_DONE;
}
