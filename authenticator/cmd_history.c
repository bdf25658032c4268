#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "command.h"

/* A member of the item itself or of one of its objects. */
static const char *item_text(const json_t *item, const char *object, const char *key)
{
	const json_t *inner = json_object_get(item, object);
	const char *text = json_get_string(json_is_object(inner) ? inner : item, key);

	return text ? text : "";
}

static int64_t item_time(const json_t *item)
{
	static const char *const keys[] = {"at", "created_at", "requested_at"};
	int64_t at = 0;

	for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
		if (json_take_int(item, keys[i], 0, CLOCK_MAX, &at) == OK)
			return at;
	status_ignore(json_take_int(json_object_get(item, "request"), "at", 0, CLOCK_MAX, &at), "0: not said");
	return at;
}

static void item_show(struct arena *arena, const json_t *item)
{
	const char *outcome = item_text(item, "", "outcome");
	const char *client = item_text(item, "client", "name");
	const char *place = item_text(item, "request", "place"), *browser = item_text(item, "request", "browser");
	const char *why = item_text(item, "", "why");
	char when[CLOCK_TEXT_SIZE];

	clock_format(item_time(item), when);
	if (!*client)
		client = item_text(item, "", "client_name");
	printf("%s  %-11s %s", when, shown(arena, *outcome ? outcome : item_text(item, "", "state")),
	       shown(arena, client));
	printf("  %s%s%s%s%s\n", shown(arena, item_text(item, "request", "ip")), *place ? ", " : "",
	       shown(arena, place), *browser ? ", " : "", shown(arena, browser));
	if (*why)
		printf("%22s%s\n", "", shown(arena, why));
}

static enum exit_code history_show(struct command *command, const json_t *account, const char *text)
{
	scoped_json *list = NULL;
	const json_t *item;
	size_t i;
	enum exit_code code = EXIT_DONE;

	if (json_parse_limited(text, strlen(text), 8, &list) != OK)
		return complain_memory();
	json_array_foreach (list, i, item) {
		scoped_arena *arena = arena_new(64 * 1024);

		if (!command->options.json)
			item_show(arena, item);
		else if (code == EXIT_DONE)
			code = print_json(json_pack("{s:s, s:O}", "account", account_text(account, "device_id"),
						    "request", item));
	}
	if (json_array_size(list) == 0 && !command->options.json)
		printf("No sign-in requests yet.\n");
	return code;
}

enum exit_code cmd_history(struct command *command)
{
	const json_t *account = NULL;
	struct symbolon_device *device = NULL;
	struct symbolon_error error = {0};
	char *text = NULL;
	enum exit_code code = account_choose(command, &account);

	if (code == EXIT_DONE)
		code = account_device(command, account, &device);
	if (code != EXIT_DONE)
		return code;
	enum symbolon_result result = symbolon_history(device, &text, &error);
	account_warn_skew(device);
	symbolon_device_free(&device);
	if (result != SYMBOLON_OK)
		return complain_result(result, &error, "the history", account_text(account, "issuer"));
	code = history_show(command, account, text);
	symbolon_text_free(&text);
	return code;
}
