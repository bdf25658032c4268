#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "core/audit.h"
#include "core/client.h"

static size_t uris_collect(const struct cli *cli, const char *option, const char *uris[CLI_VALUES_MAX])
{
	size_t count = 0;

	while (count < CLI_VALUES_MAX && (uris[count] = cli_option_at(cli, option, count)))
		count++;
	return count;
}

static int added_print(struct cli *cli, const struct client_new *client, const char *secret)
{
	if (cli->json)
		return cli_print_json(json_pack("{s:s, s:s, s:s, s:s?}", "id", client->id, "name", client->name,
						"issuer", cli->core.settings->issuer, "secret",
						*secret ? secret : NULL));
	printf("Added %s.\n  issuer         %s\n  client_id      %s\n", cli_clean(cli, client->name),
	       cli->core.settings->issuer, client->id);
	if (*secret)
		printf("  client_secret  %s\n\nThe secret is shown this once; only its hash is kept.\n", secret);
	return EXIT_DONE;
}

int cmd_client_add(struct cli *cli)
{
	const char *redirects[CLI_VALUES_MAX], *logouts[CLI_VALUES_MAX], *problem = NULL;
	struct client_new client = {.id = cli->args.words[0],
				    .name = cli_option(cli, "name"),
				    .redirect_uris = redirects,
				    .logout_uris = logouts,
				    .is_public = cli_has(cli, "public"),
				    .third_party = cli_has(cli, "third-party"),
				    .alg = cli_option(cli, "alg")};
	char secret[TOKEN_SIZE] = "";
	enum status status;
	int code = cli_open(cli);

	if (code != EXIT_DONE)
		return code;
	client.redirect_uri_count = uris_collect(cli, "redirect-uri", redirects);
	client.logout_uri_count = uris_collect(cli, "logout-uri", logouts);
	if (!client.name || client.redirect_uri_count == 0)
		return cli_fail(EXIT_USAGE, "client add needs --name \"…\" and at least one --redirect-uri URI");
	status = client_add(&cli->core, cli->arena, &client, clock_now(), secret, &problem);
	if (status == E_CONFLICT)
		return cli_fail(EXIT_REFUSED, "%s: this id is taken; `symbolon client show %s` shows it",
				cli_clean(cli, client.id), cli_clean(cli, client.id));
	if (status == E_INVALID)
		return cli_fail(EXIT_REFUSED, "%s", problem ? problem : "this cannot be registered");
	return status == OK ? added_print(cli, &client, secret) : cli_trouble(status, "adding the client");
}

static json_t *list_parse(const char *text)
{
	json_t *list = NULL;

	return json_parse_limited(text, strlen(text), 4, &list) == OK ? list : json_array();
}

static json_t *client_json(const struct client_row *row)
{
	return json_pack("{s:s, s:s, s:b, s:b, s:b, s:s, s:o, s:o, s:I}", "id", row->id, "name", row->name, "public",
			 (int)row->is_public, "third_party", (int)row->third_party, "disabled", (int)row->disabled,
			 "alg", row->alg, "redirect_uris", list_parse(row->redirect_uris), "logout_uris",
			 list_parse(row->logout_uris), "created_at", (json_int_t)row->created_at);
}

static enum status list_add(const struct client_row *row, void *ctx)
{
	return json_array_append_new(ctx, client_json(row)) ? E_NOMEM : OK;
}

static enum status list_read(struct store_tx *tx, void *ctx)
{
	return store_client_each(tx, list_add, ctx);
}

int cmd_client_list(struct cli *cli)
{
	int code = cli_open(cli);
	json_t *list, *client;
	enum status status;
	size_t i;

	if (code != EXIT_DONE)
		return code;
	list = json_array();
	status = store_read(cli->core.store, cli->arena, list_read, list);
	if (status != OK)
		return cli_trouble(status, "reading the clients");
	if (cli->json)
		return cli_print_json(list);
	json_array_foreach (list, i, client)
		printf("%-24s %s\n", json_get_string(client, "id"), cli_clean(cli, json_get_string(client, "name")));
	json_decref(list);
	return EXIT_DONE;
}

struct finding {
	const char *id;
	struct client_row row;
	int64_t now;
};

static enum status find_read(struct store_tx *tx, void *ctx)
{
	struct finding *finding = ctx;

	return store_client_find(tx, finding->id, &finding->row);
}

static int missing(struct cli *cli, enum status status, const char *id)
{
	if (status == E_NOT_FOUND)
		return cli_fail(EXIT_REFUSED, "there is no client \"%s\"; `symbolon client list` shows them",
				cli_clean(cli, id));
	return cli_trouble(status, "reading the client");
}

int cmd_client_show(struct cli *cli)
{
	struct finding finding = {.id = cli->args.words[0]};
	int code = cli_open(cli);
	enum status status;

	if (code != EXIT_DONE)
		return code;
	status = store_read(cli->core.store, cli->arena, find_read, &finding);
	if (status != OK)
		return missing(cli, status, finding.id);
	if (cli->json)
		return cli_print_json(client_json(&finding.row));
	printf("%s (%s)\n  %s, %s, tokens signed with %s\n  redirect_uris  %s\n  logout_uris    %s\n  since          "
	       "%s\n",
	       finding.row.id, cli_clean(cli, finding.row.name), finding.row.is_public ? "public" : "with a secret",
	       finding.row.third_party ? "third party: asks for consent" : "our own", finding.row.alg,
	       cli_clean(cli, finding.row.redirect_uris), cli_clean(cli, finding.row.logout_uris),
	       cli_time(cli, finding.row.created_at));
	return EXIT_DONE;
}

static enum status remove_write(struct store_tx *tx, void *ctx)
{
	const struct finding *finding = ctx;

	TRY(store_client_remove(tx, finding->id));
	return audit_write(tx, &(struct audit_row){.at = finding->now,
						   .event = "client.removed",
						   .client_id = finding->id});
}

int cmd_client_remove(struct cli *cli)
{
	struct finding finding = {.id = cli->args.words[0], .now = clock_now()};
	int code = cli_open(cli);
	enum status status;

	if (code != EXIT_DONE)
		return code;
	status = store_write(cli->core.store, remove_write, &finding);
	if (status != OK)
		return missing(cli, status, finding.id);
	printf("Removed %s; its grants and tokens have ended.\n", finding.id);
	return EXIT_DONE;
}
