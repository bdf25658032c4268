#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "core/user.h"
#include "crypto/password.h"

static int problem_print(enum status status, const char *what, const char *problem)
{
	if (status == E_CONFLICT)
		return cli_fail(EXIT_REFUSED, "%s: the name is taken", what);
	if (status == E_INVALID || status == E_REFUSED)
		return cli_fail(EXIT_REFUSED, "%s: %s", what, problem ? problem : "cannot be used");
	return cli_trouble(status, what);
}

static int password_read(struct cli *cli, const char **ret_password)
{
	*ret_password = cli_read_line(cli, true);
	return *ret_password && **ret_password
		       ? EXIT_DONE
		       : cli_fail(EXIT_REFUSED, "no password on standard input; nothing was changed");
}

static size_t groups_collect(const struct cli *cli, const char *groups[CLI_VALUES_MAX])
{
	size_t count = 0;

	while (count < CLI_VALUES_MAX && (groups[count] = cli_option_at(cli, "group", count)))
		count++;
	return count;
}

int cmd_user_add(struct cli *cli)
{
	const char *groups[CLI_VALUES_MAX], *problem = NULL;
	struct user_new user = {.name = cli->args.words[0],
				.display_name = cli_option(cli, "name"),
				.email = cli_option(cli, "email"),
				.groups = groups};
	char id[ID_SIZE];
	enum status status;
	int code = cli_open(cli);

	user.group_count = groups_collect(cli, groups);
	if (code == EXIT_DONE && cli_has(cli, "password-stdin"))
		code = password_read(cli, &user.password);
	if (code == EXIT_DONE && cli_has(cli, "password-hash-stdin"))
		code = password_read(cli, &user.imported);
	if (code != EXIT_DONE)
		return code;
	status = user_add(&cli->core, cli->arena, &user, clock_now(), id, &problem);
	if (status != OK)
		return problem_print(status, cli_clean(cli, user.name), problem);
	if (cli->json)
		return cli_print_json(json_pack("{s:s, s:s}", "id", id, "name", user.name));
	printf("Added %s.\nNext: `symbolon device enrol %s` or `symbolon totp enrol %s`.\n", cli_clean(cli, user.name),
	       cli_clean(cli, user.name), cli_clean(cli, user.name));
	return EXIT_DONE;
}

/* ---- list and show ---- */

struct listing {
	struct cli *cli;
	json_t *list;
};

static json_t *user_json(struct store_tx *tx, const struct user_row *row)
{
	const char *const *groups;
	size_t count;
	json_t *names = json_array();

	if (store_user_groups(tx, row->id, &groups, &count) != OK)
		count = 0;
	for (size_t i = 0; i < count; i++)
		json_array_append_new(names, json_string(groups[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:b, s:b, s:i, s:I, s:I}", "id", row->id, "name", row->name,
			 "display_name", row->display_name, "email", row->email, "groups", names, "disabled",
			 (int)row->disabled, "password", (int)(row->password != NULL), "caution", row->caution,
			 "caution_until", (json_int_t)row->caution_until, "created_at", (json_int_t)row->created_at);
}

struct each {
	struct store_tx *tx;
	json_t *list;
};

static enum status list_add(const struct user_row *row, void *ctx)
{
	struct each *each = ctx;

	return json_array_append_new(each->list, user_json(each->tx, row)) ? E_NOMEM : OK;
}

static enum status list_read(struct store_tx *tx, void *ctx)
{
	struct listing *listing = ctx;
	struct each each = {tx, listing->list};

	return store_user_each(tx, list_add, &each);
}

int cmd_user_list(struct cli *cli)
{
	struct listing listing = {.cli = cli};
	int code = cli_open(cli);
	enum status status;
	size_t i;
	json_t *user;

	if (code != EXIT_DONE)
		return code;
	listing.list = json_array();
	status = store_read(cli->core.store, cli->arena, list_read, &listing);
	if (status != OK)
		return cli_trouble(status, "reading the users");
	if (cli->json)
		return cli_print_json(listing.list);
	json_array_foreach (listing.list, i, user)
		printf("%-24s %-28s %s\n", json_get_string(user, "name"),
		       cli_clean(cli, json_get_string(user, "display_name")),
		       json_get_bool(user, "disabled", false) ? "disabled" : "");
	json_decref(listing.list);
	return EXIT_DONE;
}

struct showing {
	struct cli *cli;
	const struct user_row *user;
	struct user_factors factors;
	json_t *json;
	int64_t codes;
};

static json_t *sessions_json(struct store_tx *tx, const char *user_id)
{
	struct session_row *rows;
	size_t count;
	json_t *list = json_array();

	if (store_session_list(tx, user_id, &rows, &count) != OK)
		return list;
	for (size_t i = 0; i < count; i++)
		if (!rows[i].ended_at)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I, s:I}", "sid", rows[i].sid,
							      "browser", rows[i].ua_label, "ip", rows[i].ip, "used_at",
							      (json_int_t)rows[i].used_at, "ends_at",
							      (json_int_t)rows[i].ends_at));
	return list;
}

static enum status show_read(struct store_tx *tx, void *ctx)
{
	struct showing *showing = ctx;

	TRY(user_factors_find(tx, showing->user, clock_now(), &showing->factors));
	TRY(store_recovery_count(tx, showing->user->id, &showing->codes));
	showing->json = user_json(tx, showing->user);
	if (!showing->json)
		return E_NOMEM;
	json_object_set_new(showing->json, "factors",
			    json_pack("{s:b, s:b, s:b, s:I, s:b}", "password", (int)showing->factors.password, "device",
				      (int)showing->factors.device, "totp", (int)showing->factors.totp,
				      "recovery_codes", (json_int_t)showing->codes, "pass",
				      (int)showing->factors.pass));
	json_object_set_new(showing->json, "sessions", sessions_json(tx, showing->user->id));
	return OK;
}

int cmd_user_show(struct cli *cli)
{
	struct user_row user;
	struct showing showing = {.cli = cli, .user = &user};
	int code = cli_open_user(cli, &user);
	enum status status;

	if (code != EXIT_DONE)
		return code;
	status = store_read(cli->core.store, cli->arena, show_read, &showing);
	if (status != OK)
		return cli_trouble(status, "reading the user");
	if (cli->json)
		return cli_print_json(showing.json);
	printf("%s (%s)%s\n  id        %s\n  email     %s\n  password  %s\n  devices   %s\n  totp      %s\n  recovery  "
	       "%lld codes left\n  pass      %s\n  sessions  %zu\n",
	       user.name, cli_clean(cli, user.display_name), user.disabled ? ", disabled" : "", user.id,
	       cli_clean(cli, user.email), showing.factors.password ? "yes" : "no",
	       showing.factors.device ? "yes" : "none", showing.factors.totp ? "yes" : "no", (long long)showing.codes,
	       showing.factors.pass ? "in force" : "none", json_array_size(json_object_get(showing.json, "sessions")));
	if (user.caution_until > clock_now() && user.caution)
		printf("  caution   unknown browsers need at least %d digits until %s\n", user.caution,
		       cli_time(cli, user.caution_until));
	json_decref(showing.json);
	return EXIT_DONE;
}

/* ---- changes ---- */

static int disabled_set(struct cli *cli, bool disabled)
{
	struct user_row user;
	int code = cli_open_user(cli, &user);
	enum status status;

	if (code != EXIT_DONE)
		return code;
	status = user_set_disabled(&cli->core, user.id, disabled, clock_now());
	if (status != OK)
		return cli_trouble(status, user.name);
	printf(disabled ? "Disabled %s: sessions, pending requests and grants have ended.\n"
			: "%s may sign in again.\n",
	       user.name);
	return EXIT_DONE;
}

int cmd_user_disable(struct cli *cli)
{
	return disabled_set(cli, true);
}

int cmd_user_enable(struct cli *cli)
{
	return disabled_set(cli, false);
}

int cmd_user_remove(struct cli *cli)
{
	struct user_row user;
	int code = cli_open_user(cli, &user);
	enum status status;

	if (code != EXIT_DONE)
		return code;
	status = user_remove(&cli->core, user.id, clock_now());
	if (status != OK)
		return cli_trouble(status, user.name);
	printf("Removed %s.\n", user.name);
	return cli_has(cli, "erase") ? cli_audit_erase(cli, user.id, user.name) : EXIT_DONE;
}

int cmd_user_password(struct cli *cli)
{
	struct user_row user;
	const char *password, *problem = NULL;
	int code = cli_open_user(cli, &user);
	enum status status;

	if (code == EXIT_DONE)
		code = password_read(cli, &password);
	if (code != EXIT_DONE)
		return code;
	status = user_set_password(&cli->core, cli->arena, user.id, password, clock_now(), &problem);
	if (status != OK)
		return problem_print(status, user.name, problem);
	printf("Set the password of %s. Sessions and known browsers have ended.\n", user.name);
	return EXIT_DONE;
}
