#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/text.h"
#include "command.h"

enum { ENROLMENT_LIFE_S = 600, ASK_EVERY_MS = 1000 };

/* One enrolment on its way: what is known of the account is in `account`, and in the vault under the enrolment's id. */
struct enrolment {
	struct command *command;
	struct symbolon_link link;
	struct symbolon_device *device;
	json_t *account;
};

static void enrolment_done(struct enrolment *enrolment)
{
	symbolon_device_free(&enrolment->device);
	json_decref(enrolment->account);
	secret_zero(&enrolment->link, sizeof(enrolment->link));
}

/* ---- in the vault ---- */

static size_t enrolment_at(const json_t *accounts, const char *id)
{
	const json_t *account;
	size_t i;

	json_array_foreach (accounts, i, account)
		if (!account_is_active(account) && strcmp(account_text(account, "enrolment"), id) == 0)
			return i;
	return json_array_size(accounts);
}

static enum exit_code enrolment_put(json_t *root, void *ctx)
{
	const struct enrolment *enrolment = ctx;
	json_t *accounts = json_object_get(root, "accounts");
	size_t at = enrolment_at(accounts, enrolment->link.id);
	json_t *copy = json_deep_copy(enrolment->account);

	if (at == json_array_size(accounts))
		return json_array_append_new(accounts, copy) == 0 ? EXIT_DONE : complain_memory();
	return json_array_set_new(accounts, at, copy) == 0 ? EXIT_DONE : complain_memory();
}

static enum exit_code enrolment_drop(json_t *root, void *ctx)
{
	const struct enrolment *enrolment = ctx;
	json_t *accounts = json_object_get(root, "accounts");

	json_array_remove(accounts, enrolment_at(accounts, enrolment->link.id));
	return EXIT_DONE;
}

struct finished {
	const struct enrolment *enrolment;
	const char *totp;
};

static enum exit_code enrolment_finish(json_t *root, void *ctx)
{
	const struct finished *finished = ctx;
	struct codes_added added = {0};
	enum exit_code code = enrolment_put(root, (void *)finished->enrolment);

	if (code == EXIT_DONE && *finished->totp)
		code = codes_add(root, finished->totp, clock_now(), &added);
	return code;
}

static bool account_set(json_t *account, const char *key, const char *value)
{
	return json_object_set_new(account, key, json_string(value)) == 0;
}

/* ---- the link ---- */

static enum exit_code link_from_code(struct command *command, struct symbolon_link *ret_link)
{
	struct symbolon_error error = {0};
	const char *issuer = command->options.issuer;

	if (!issuer || command->arg_count > 0)
		return complain(EXIT_BAD_USAGE, "usage",
				"a typed code needs its server, and no link: " PROGRAM
				" enrol --code XXXXX-XXXXX --issuer https://id.example.org");
	enum symbolon_result result = symbolon_link_lookup(issuer, command->options.code, ret_link, &error);
	if (result == SYMBOLON_INVALID)
		return complain(EXIT_BAD_USAGE, "usage",
				"the code has ten letters and digits, and the issuer is an https address");
	return result == SYMBOLON_OK ? EXIT_DONE : complain_result(result, &error, "the typed code", issuer);
}

static enum exit_code link_get(struct command *command, struct symbolon_link *ret_link)
{
	char line[1024] = "";
	const char *text = command->arg_count == 1 ? command->args[0] : NULL;

	if (command->options.code)
		return link_from_code(command, ret_link);
	if (!text)
		return complain(EXIT_BAD_USAGE, "usage",
				"give the link that the starting side shows: " PROGRAM
				" enrol LINK (or - to read it from standard input)");
	if (strcmp(text, "-") == 0) {
		if (!fgets(line, sizeof(line), stdin))
			return complain(EXIT_BAD_USAGE, "usage", "no link came from standard input");
		line[strcspn(line, "\r\n")] = '\0';
		text = line;
	}
	enum symbolon_result result = symbolon_link_parse(text, ret_link);
	secret_zero(line, sizeof(line));
	if (result != SYMBOLON_OK)
		return complain(EXIT_BAD_USAGE, "link",
				"this is not an enrolment link; it looks like https://id.example.org/a/#e1.XXXX.XXXX "
				"(quote it: # "
				"starts a comment in the shell)");
	return EXIT_DONE;
}

/* ---- steps ---- */

static const char *device_name(struct command *command)
{
	static char host[256];

	if (command->options.name)
		return command->options.name;
	if (gethostname(host, sizeof(host) - 1) != 0 || !text_is_displayable(host))
		return PROGRAM;
	return host;
}

static const char *platform_name(struct arena *arena)
{
	struct utsname system;
	const char *name = uname(&system) == 0 ? arena_format(arena, "%s, command line", system.sysname) : NULL;

	return name ? name : "command line";
}

/* A fresh key, on disk before anything is sent; or the one of an earlier try with the same link. */
static enum exit_code account_prepare(struct enrolment *enrolment)
{
	struct command *command = enrolment->command;
	const json_t *accounts = vault_list(command->vault, "accounts");
	size_t at = enrolment_at(accounts, enrolment->link.id);
	json_t *key = NULL;
	char *jwk = NULL;

	if (at < json_array_size(accounts)) {
		enrolment->account = json_deep_copy(json_array_get(accounts, at));
		return enrolment->account ? EXIT_DONE : complain_memory();
	}
	if (symbolon_key_generate(&jwk) != SYMBOLON_OK || json_parse_limited(jwk, strlen(jwk), 2, &key) != OK) {
		symbolon_text_free(&jwk);
		return complain_memory();
	}
	symbolon_text_free(&jwk);
	enrolment->account = json_pack("{s:s, s:s, s:s, s:s, s:o, s:I}", "issuer", enrolment->link.issuer, "state",
				       "pending", "enrolment", enrolment->link.id, "name", device_name(command), "key",
				       key, "created_at", (json_int_t)clock_now());
	return enrolment->account ? vault_update(command->vault, enrolment_put, enrolment) : complain_memory();
}

/* Whether the server has said no for good. */
static bool is_final(enum symbolon_result result)
{
	return result == SYMBOLON_REFUSED || result == SYMBOLON_NOT_FOUND || result == SYMBOLON_CONFLICT ||
	       result == SYMBOLON_GONE;
}

static enum exit_code enrolment_failed(struct enrolment *enrolment, enum symbolon_result result,
				       const struct symbolon_error *error)
{
	if (is_final(result)) {
		enum exit_code code = vault_update(enrolment->command->vault, enrolment_drop, enrolment);
		if (code != EXIT_DONE)
			return code;
	} else {
		note("The key is kept; the same command goes on where this one stopped.");
	}
	return complain_result(result, error, "the enrolment", enrolment->link.issuer);
}

static enum exit_code enrolment_redeem(struct enrolment *enrolment)
{
	struct command *command = enrolment->command;
	struct symbolon_account known = {0};
	struct symbolon_error error = {0};
	char digits[7];
	enum symbolon_result result =
		symbolon_enrol_begin(enrolment->device, &enrolment->link, account_text(enrolment->account, "name"),
				     platform_name(command->arena), digits, &known, &error);

	if (result != SYMBOLON_OK)
		return enrolment_failed(enrolment, result, &error);
	json_t *account = enrolment->account;
	if (!account_set(account, "device_id", symbolon_device_id(enrolment->device)) ||
	    !account_set(account, "state", "confirm") || !account_set(account, "digits", digits) ||
	    !account_set(account, "organisation", known.organisation) ||
	    !account_set(account, "username", known.username))
		return complain_memory();
	return vault_update(command->vault, enrolment_put, enrolment);
}

static enum exit_code enrolment_ask(struct enrolment *enrolment)
{
	struct command *command = enrolment->command;
	const char *label = account_label(command->arena, enrolment->account);
	const char *question = arena_format(command->arena, "Add this account? %s", label);

	if (command->options.yes || command->options.json)
		return EXIT_DONE;
	if (!question)
		return complain_memory();
	if (ask_yes(question))
		return EXIT_DONE;
	enum exit_code code = vault_update(command->vault, enrolment_drop, enrolment);
	return code == EXIT_DONE
		       ? complain(EXIT_REFUSED, "declined", "nothing was added; the link will expire by itself")
		       : code;
}

static enum exit_code digits_show(const struct enrolment *enrolment)
{
	const json_t *account = enrolment->account;
	const char *digits = account_text(account, "digits");

	if (enrolment->command->options.json)
		return print_json(json_pack("{s:s, s:s, s:{s:s, s:s, s:s}}", "digits", digits, "device_id",
					    account_text(account, "device_id"), "account", "issuer",
					    account_text(account, "issuer"), "organisation",
					    account_text(account, "organisation"), "username",
					    account_text(account, "username")));
	print_large(digits);
	printf("Type these six digits where you started, by %s. There is one try.\n",
	       account_label(enrolment->command->arena, account));
	fflush(stdout);
	return EXIT_DONE;
}

static void wait_ms(int64_t ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	while (nanosleep(&left, &left) != 0)
		continue;
}

/* Asks once a second until the digits were typed; trouble of the network is waited out. */
static enum symbolon_result digits_wait(struct enrolment *enrolment, struct symbolon_enrolled *ret_enrolled,
					struct symbolon_error *ret_error)
{
	int64_t until = clock_mono_ms() + ENROLMENT_LIFE_S * 1000;
	enum symbolon_result result = SYMBOLON_GONE;

	while (clock_mono_ms() < until) {
		result = symbolon_enrol_finish(enrolment->device, enrolment->link.id, ret_enrolled, ret_error);
		if (result == SYMBOLON_OK && ret_enrolled->active)
			return SYMBOLON_OK;
		if (result != SYMBOLON_OK && result != SYMBOLON_UNREACHABLE && result != SYMBOLON_LATER)
			return result;
		int64_t asked = result == SYMBOLON_LATER ? ret_error->retry_after_s * 1000 : 0;
		wait_ms(asked > ASK_EVERY_MS && asked < 60000 ? asked : ASK_EVERY_MS);
	}
	return result == SYMBOLON_OK ? SYMBOLON_GONE : result;
}

static enum exit_code enrolment_activate(struct enrolment *enrolment, const struct symbolon_enrolled *enrolled)
{
	json_t *account = enrolment->account;
	const char *device_id = account_text(account, "device_id");
	const struct finished finished = {.enrolment = enrolment, .totp = enrolled->totp};

	if (!account_set(account, "state", "active") ||
	    !account_set(account, "organisation", enrolled->account.organisation) ||
	    !account_set(account, "username", enrolled->account.username))
		return complain_memory();
	json_object_del(account, "digits");
	enum exit_code code = vault_update(enrolment->command->vault, enrolment_finish, (void *)&finished);
	if (code != EXIT_DONE)
		return code;
	if (enrolment->command->options.json)
		return print_json(json_pack("{s:s, s:s, s:b}", "state", "active", "device_id", device_id, "totp",
					    *enrolled->totp != '\0'));
	printf("Added: %s\n", account_label(enrolment->command->arena, account));
	if (*enrolled->totp)
		printf("Its codes are here too: " PROGRAM " code\n");
	printf("To answer sign-ins: " PROGRAM " watch\n");
	return EXIT_DONE;
}

static enum exit_code enrolment_run(struct enrolment *enrolment)
{
	struct symbolon_enrolled enrolled = {0};
	struct symbolon_error error = {0};
	enum exit_code code = account_prepare(enrolment);

	if (code == EXIT_DONE)
		code = account_device(enrolment->command, enrolment->account, &enrolment->device);
	if (code == EXIT_DONE && strcmp(account_text(enrolment->account, "state"), "pending") == 0)
		code = enrolment_redeem(enrolment);
	if (code == EXIT_DONE)
		code = enrolment_ask(enrolment);
	if (code == EXIT_DONE)
		code = digits_show(enrolment);
	if (code != EXIT_DONE)
		return code;
	enum symbolon_result result = digits_wait(enrolment, &enrolled, &error);
	account_warn_skew(enrolment->device);
	code = result == SYMBOLON_OK ? enrolment_activate(enrolment, &enrolled)
				     : enrolment_failed(enrolment, result, &error);
	secret_zero(&enrolled, sizeof(enrolled));
	return code;
}

enum exit_code cmd_enrol(struct command *command)
{
	struct enrolment enrolment = {.command = command};
	enum exit_code code = link_get(command, &enrolment.link);

	if (code == EXIT_DONE)
		code = enrolment_run(&enrolment);
	enrolment_done(&enrolment);
	return code;
}
