#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* 0: no such part. */
static enum keyring_part part_of(const char *only)
{
	if (!only)
		return KEYRING_ALL;
	if (strcmp(only, "tokens") == 0)
		return KEYRING_TOKENS;
	return strcmp(only, "push") == 0 ? KEYRING_VAPID : 0;
}

int cmd_key_rotate(struct cli *cli)
{
	const enum keyring_part part = part_of(cli_option(cli, "only"));
	enum status status;
	int code;

	if (!part)
		return cli_fail(EXIT_USAGE, "--only is tokens or push");
	code = cli_open(cli);
	if (code != EXIT_DONE)
		return code;
	status = keyring_rotate(cli->core.store, cli->core.keyholder, part, clock_now());
	if (status != OK)
		return cli_trouble(status, "rotating the keys");
	if (cli->json)
		return cli_print_json(json_pack("{s:b, s:b}", "tokens", (part & KEYRING_TOKENS) != 0, "push",
						(part & KEYRING_VAPID) != 0));
	printf("Rotated. A running daemon uses the new keys within a second.\n");
	if (part & KEYRING_TOKENS)
		printf("The previous signing keys stay in /jwks.\n");
	if (part & KEYRING_VAPID)
		printf("Apps subscribe to push again at their next start; until then they are reached with the old "
		       "key.\n");
	return EXIT_DONE;
}
