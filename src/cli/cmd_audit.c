#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "core/audit.h"
#include "core/user.h"

/* ---- what happened ---- */

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

/* A row that was changed by hand may hold what JSON cannot: it must not hide the rows after it. */
static void text_set(struct cli *cli, json_t *json, const char *key, const char *text)
{
	const bool is_text = text && utf8_is_valid(text, strlen(text));

	json_object_set_new(json, key, text ? json_string(is_text ? text : cli_clean(cli, text)) : json_null());
}

static json_t *row_json(struct cli *cli, const struct audit_row *row)
{
	json_t *json = json_pack("{s:I, s:I}", "id", (json_int_t)row->id, "at", (json_int_t)row->at);

	text_set(cli, json, "event", row->event);
	text_set(cli, json, "user_id", row->user_id);
	text_set(cli, json, "username", row->username);
	text_set(cli, json, "client_id", row->client_id);
	text_set(cli, json, "device_id", row->device_id);
	text_set(cli, json, "login_id", row->login_id);
	text_set(cli, json, "ip", row->ip);
	json_object_set_new(json, "detail", detail_parse(row->detail));
	text_set(cli, json, "receipt", row->receipt);
	text_set(cli, json, "chain", row->chain);
	json_object_set_new(json, "seq", row->chain ? json_integer(row->seq) : json_null());
	json_object_set_new(json, "erased", json_boolean(row->erased_at != 0));
	return json;
}

static int audit_print(struct cli *cli, const struct audit_row *row)
{
	if (cli->json)
		return cli_print_json(row_json(cli, row));
	printf("%6lld  %s  %-24s", (long long)row->id, cli_time(cli, row->at), cli_clean(cli, row->event));
	if (row->username || row->user_id)
		printf("  user %s", cli_clean(cli, row->username ? row->username : row->user_id));
	if (row->client_id)
		printf("  client %s", cli_clean(cli, row->client_id));
	if (row->device_id)
		printf("  device %s", cli_clean(cli, row->device_id));
	if (row->ip)
		printf("  from %s", cli_clean(cli, row->ip));
	puts(row->erased_at ? "  (erased)" : "");
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

/* ---- erasing ---- */

static int erased_tell(struct cli *cli, const char *name, size_t count)
{
	if (cli->json)
		return cli_print_json(json_pack("{s:I}", "erased", (json_int_t)count));
	printf("Erased what %zu rows of the audit log said of %s; that something happened stays.\n", count,
	       cli_clean(cli, name));
	return EXIT_DONE;
}

static int erase(struct cli *cli, const char *user_id, const char *name, size_t *ret_count)
{
	const struct audit_of of = {.user_id = user_id, .username = name};
	enum status status = audit_erase(&cli->core, &of, clock_now(), ret_count);

	if (status == E_REFUSED)
		return cli_fail(EXIT_REFUSED,
				"a row was changed by hand and is left as it is: `symbolon audit verify`");
	if (status != OK)
		return cli_fail(EXIT_TROUBLE, "erasing in the audit log: failed (%s); run it again",
				status_name(status));
	return EXIT_DONE;
}

int cli_audit_erase(struct cli *cli, const char *user_id, const char *name)
{
	size_t count = 0;
	const int code = erase(cli, user_id, name, &count);

	return code == EXIT_DONE ? erased_tell(cli, name, count) : code;
}

/* Nobody of that name: a word that was mistyped must not look like a request that was fulfilled. */
static int erase_absent(struct cli *cli, const char *word)
{
	size_t count = 0;
	const int code = erase(cli, word, word, &count);

	if (code != EXIT_DONE)
		return code;
	if (count == 0)
		return cli_fail(EXIT_REFUSED,
				"there is no user \"%s\", and the audit log has nothing of that id or name that is not "
				"erased already. Somebody who was removed is named by their id: it is the `user_id` of "
				"their rows in `symbolon audit --json`",
				cli_clean(cli, word));
	return erased_tell(cli, word, count);
}

struct person {
	const char *name;
	struct user_row row;
};

static enum status person_read(struct store_tx *tx, void *ctx)
{
	struct person *person = ctx;

	return store_user_find_name(tx, person->name, &person->row);
}

/* Somebody who was removed is named by the id that the log has; the name alone finds what nobody was known for. */
int cmd_audit_erase(struct cli *cli)
{
	const char *word = cli->args.words[0];
	struct person person = {0};
	char *canonical = NULL;
	int code = cli_open(cli);
	enum status status;

	if (code != EXIT_DONE)
		return code;
	status = username_canonical(cli->arena, word, &canonical);
	person.name = canonical;
	if (status == OK)
		status = store_read(cli->core.store, cli->arena, person_read, &person);
	if (status == E_NOT_FOUND || status == E_INVALID)
		return erase_absent(cli, word);
	if (status != OK)
		return cli_trouble(status, "reading the users");
	return cli_audit_erase(cli, person.row.id, person.row.name);
}
