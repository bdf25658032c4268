/* Policy from the configuration. Every mistake becomes a line; the policy counts only without any. */
#include "core/policy_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "crypto/hash.h"

#define RULES_MAX     200
#define WORDS_MAX     64
#define WORD_MAX      200
#define RULE_NAME_MAX 120

struct loader {
	struct arena *arena;
	const struct config_tree *tree;
	struct ask_defaults defaults;
	struct text *errors;
	size_t mistakes;
	bool no_memory;
};

/* Where a member stands, and how to name it to the person. */
struct place {
	const json_t *object;
	const char *key;
	const char *path; /* "policy.rules[1]" */
};

__attribute__((format(printf, 3, 4))) static void mistake(struct loader *loader, const struct place *place,
							  const char *format, ...)
{
	char *message;
	va_list args;

	loader->mistakes++;
	va_start(args, format);
	message = arena_vformat(loader->arena, format, args);
	va_end(args);
	if (!message)
		loader->no_memory = true;
	if (!message || !loader->errors)
		return;
	text_add_format(loader->errors, "%s: %s%s%s: ", config_where_member(loader->tree, place->object, place->key),
			place->path, *place->path && *place->key ? "." : "", place->key);
	text_add_clean(loader->errors, message, strlen(message), 400);
	text_add(loader->errors, "\n");
}

static void *loader_alloc(struct loader *loader, size_t count, size_t size)
{
	void *memory = arena_calloc(loader->arena, count, size);

	loader->no_memory = loader->no_memory || !memory;
	return memory;
}

static const char *loader_copy(struct loader *loader, const char *text)
{
	const char *copy = arena_strdup(loader->arena, text);

	loader->no_memory = loader->no_memory || !copy;
	return copy;
}

/* ---- `when` ---- */

/* A text, or a list of texts of which any may fit. */
static void words_load(struct loader *loader, const struct place *place, struct word_list *words)
{
	const json_t *value = json_object_get(place->object, place->key);
	size_t count = json_is_array(value) ? json_array_size(value) : 1;

	if (count == 0 || count > WORDS_MAX) {
		mistake(loader, place, "must name at least one and at most %d", WORDS_MAX);
		return;
	}
	words->items = loader_alloc(loader, count, sizeof(*words->items));
	if (!words->items)
		return;
	for (size_t i = 0; i < count; i++) {
		const char *word = json_string_value(json_is_array(value) ? json_array_get(value, i) : value);

		if (!word || !text_is_displayable(word) || strlen(word) > WORD_MAX)
			mistake(loader, place, "must be a text or a list of texts, none empty");
		else
			words->items[words->count++] = loader_copy(loader, word);
	}
}

static void when_client(struct loader *loader, const struct place *place, struct rule *rule)
{
	words_load(loader, place, &rule->clients);
}

static void when_group(struct loader *loader, const struct place *place, struct rule *rule)
{
	words_load(loader, place, &rule->groups);
}

static void when_acr(struct loader *loader, const struct place *place, struct rule *rule)
{
	words_load(loader, place, &rule->acrs);
	for (size_t i = 0; i < rule->acrs.count; i++)
		if (rule->acrs.items[i] && strchr(rule->acrs.items[i], ' '))
			mistake(loader, place, "\"%s\" has a space; write a list", rule->acrs.items[i]);
}

static void when_network(struct loader *loader, const struct place *place, struct rule *rule)
{
	struct word_list texts = {0};

	words_load(loader, place, &texts);
	rule->networks = loader_alloc(loader, texts.count + 1, sizeof(*rule->networks));
	rule->network_texts = texts.items;
	rule->network_count = texts.count;
	for (size_t i = 0; rule->networks && i < texts.count; i++)
		if (texts.items[i] && network_parse(texts.items[i], &rule->networks[i]) != OK)
			mistake(loader, place,
				"\"%s\" must be an address, or a block such as 192.0.2.0/24 with nothing set beyond "
				"its prefix",
				texts.items[i]);
}

static void when_browser(struct loader *loader, const struct place *place, struct rule *rule)
{
	const json_t *value = json_object_get(place->object, place->key);

	if (!json_is_boolean(value))
		mistake(loader, place, "must be true or false");
	else
		rule->browser = json_is_true(value) ? BROWSER_KNOWN : BROWSER_NEW;
}

static const struct {
	const char *key;
	void (*load)(struct loader *loader, const struct place *place, struct rule *rule);
} conditions[] = {
	{"client", when_client},   {"group", when_group}, {"known_browser", when_browser},
	{"network", when_network}, {"acr", when_acr},
};

static void condition_load(struct loader *loader, const struct place *place, struct rule *rule)
{
	for (size_t i = 0; i < ARRAY_COUNT(conditions); i++)
		if (strcmp(conditions[i].key, place->key) == 0) {
			conditions[i].load(loader, place, rule);
			return;
		}
	mistake(loader, place, "unknown condition; known are client, group, known_browser, network, acr");
}

static void when_load(struct loader *loader, const struct place *parent, struct rule *rule)
{
	const json_t *when = json_object_get(parent->object, "when");
	struct place place = {.object = when};
	const char *key;
	json_t *value;

	if (!json_is_object(when) || json_object_size(when) == 0) {
		mistake(loader, &(struct place){parent->object, "when", parent->path},
			"must be a mapping of conditions; leave it out for a rule that always matches");
		return;
	}
	place.path = arena_format(loader->arena, "%s.when", parent->path);
	if (!place.path) {
		loader->no_memory = true;
		return;
	}
	json_object_foreach ((json_t *)(uintptr_t)when, key, value) {
		place.key = key;
		condition_load(loader, &place, rule);
	}
}

/* ---- `ask` ---- */

static void ask_load(struct loader *loader, const struct place *place, struct step *step, const char *word, size_t size)
{
	struct ask ask;

	while (size > 0 && *word == ' ') {
		word++;
		size--;
	}
	while (size > 0 && word[size - 1] == ' ')
		size--;
	if (ask_parse(word, size, &loader->defaults, &ask) != OK) {
		mistake(loader, place,
			"\"%.*s\" must be password, push:confirm, push:choose[:digits], push:enter[:digits], totp, "
			"recovery or pass, "
			"with %d to %d digits",
			(int)(size < WORD_MAX ? size : WORD_MAX), word, DIGITS_MIN, DIGITS_MAX);
		return;
	}
	for (size_t i = 0; i < step->count; i++)
		if (step->asks[i].factor == ask.factor) {
			mistake(loader, place, "%s stands twice in one step", factor_name(ask.factor));
			return;
		}
	step->asks[step->count++] = ask; /* a factor once: it cannot be full */
}

static void step_load(struct loader *loader, const struct place *place, struct step *step, const char *text)
{
	for (;;) {
		size_t size = strcspn(text, "|");

		ask_load(loader, place, step, text, size);
		if (!text[size])
			return;
		text += size + 1;
	}
}

static void steps_load(struct loader *loader, const struct place *place, struct rule *rule)
{
	const json_t *list = json_object_get(place->object, place->key);
	size_t count = json_array_size(list);

	if (count == 0 || count > POLICY_STEPS_MAX) {
		mistake(loader, place, "must be a list of 1 to %d steps, such as [password, \"push:enter | totp\"]",
			POLICY_STEPS_MAX);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text)
			mistake(loader, place, "step %zu must be a text such as \"push:enter | totp\"", i + 1);
		else
			step_load(loader, place, &rule->steps[i], text);
	}
	rule->step_count = count;
}

/* Either what to ask or a refusal, not both and not neither. */
static void answer_load(struct loader *loader, const struct place *place, struct rule *rule)
{
	const json_t *deny = json_object_get(place->object, "deny");
	bool asks = json_object_get(place->object, "ask") != NULL;

	if (deny && !json_is_true(deny))
		mistake(loader, &(struct place){place->object, "deny", place->path},
			"can only be true; leave it out where something is asked");
	else if (asks == (deny != NULL))
		mistake(loader, place, "must have either \"ask\" or \"deny: true\"");
	else if (asks)
		steps_load(loader, &(struct place){place->object, "ask", place->path}, rule);
	rule->deny = !asks;
}

/* ---- rules ---- */

static void keys_check(struct loader *loader, const json_t *object, const char *path, const char *known)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, key, value)
		if (!words_has(known, key))
			mistake(loader, &(struct place){object, key, path}, "unknown key; known here: %s", known);
}

static void name_load(struct loader *loader, const struct place *place, const struct policy *policy, struct rule *rule)
{
	const char *name = json_get_string(place->object, "name");

	if (!name || !text_is_displayable(name) || strlen(name) > RULE_NAME_MAX || strcmp(name, "default") == 0) {
		mistake(loader, place, "must be a short name that says what the rule is for (and not \"default\")");
		return;
	}
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy->rules[i].name && strcmp(policy->rules[i].name, name) == 0)
			mistake(loader, place, "another rule has the name \"%s\"", name);
	rule->name = loader_copy(loader, name);
}

static void rule_load(struct loader *loader, const struct policy *policy, const json_t *object, struct rule *rule)
{
	const char *path = arena_format(loader->arena, "policy.rules[%zu]", policy->rule_count);
	struct place place = {.object = object, .key = "", .path = path};

	if (!path) {
		loader->no_memory = true;
		return;
	}
	if (!json_is_object(object)) {
		mistake(loader, &place, "must be a mapping with name, when, and ask or deny");
		return;
	}
	keys_check(loader, object, path, "name when ask deny");
	name_load(loader, &(struct place){object, "name", path}, policy, rule);
	if (json_object_get(object, "when"))
		when_load(loader, &place, rule);
	answer_load(loader, &place, rule);
}

static void rules_load(struct loader *loader, const json_t *object, struct policy *policy)
{
	const json_t *rules = json_object_get(object, "rules");
	const struct place place = {object, "rules", "policy"};
	size_t count = json_array_size(rules);

	if (!rules)
		return;
	if (!json_is_array(rules) || count > RULES_MAX) {
		mistake(loader, &place, "must be a list of at most %d rules", RULES_MAX);
		return;
	}
	policy->rules = loader_alloc(loader, count + 1, sizeof(*policy->rules));
	for (; policy->rules && policy->rule_count < count; policy->rule_count++)
		rule_load(loader, policy, json_array_get(rules, policy->rule_count),
			  &policy->rules[policy->rule_count]);
}

/* [password, "push:enter | totp | recovery"] */
static void fallback_make(struct loader *loader, struct rule *rule)
{
	const struct step password = {.asks = {{.factor = FACTOR_PASSWORD}}, .count = 1};
	const struct step second = {.asks = {{FACTOR_PUSH, MODE_ENTER, loader->defaults.enter_digits},
					     {.factor = FACTOR_TOTP},
					     {.factor = FACTOR_RECOVERY}},
				    .count = 3};

	rule->steps[0] = password;
	rule->steps[1] = second;
	rule->step_count = 2;
}

static void fallback_load(struct loader *loader, const json_t *object, struct policy *policy)
{
	const json_t *fallback = json_object_get(object, "default");
	const struct place place = {fallback, "", "policy.default"};

	policy->fallback.name = "default";
	if (!fallback)
		fallback_make(loader, &policy->fallback);
	else if (!json_is_object(fallback))
		mistake(loader, &(struct place){object, "default", "policy"}, "must be a mapping with ask or deny");
	else {
		keys_check(loader, fallback, "policy.default", "ask deny");
		answer_load(loader, &place, &policy->fallback);
	}
}

/* Of what is written, as JSON, and of the numbers from outside that count in it. */
static enum status mark_make(struct arena *arena, const json_t *policy, const struct ask_defaults *defaults,
			     char mark[POLICY_MARK_SIZE])
{
	scoped_json *marked = json_pack("{s:O?, s:i, s:i}", "policy", (json_t *)(uintptr_t)policy, "choose",
					defaults->choose_digits, "enter", defaults->enter_digits);
	char *text = marked ? json_format(arena, marked) : NULL;
	uint8_t hash[32];

	if (!text)
		return E_NOMEM;
	sha256(text, strlen(text), hash);
	for (size_t i = 0; i < POLICY_MARK_SIZE / 2; i++)
		snprintf(mark + 2 * i, 3, "%02x", hash[i]);
	return OK;
}

enum status policy_load(struct arena *arena, const struct config_tree *tree, const json_t *policy, int choose_digits,
			int enter_digits, const struct policy **ret_policy, struct text *errors)
{
	struct loader loader = {.arena = arena,
				.tree = tree,
				.defaults = {choose_digits, enter_digits},
				.errors = errors};
	struct policy *loaded = loader_alloc(&loader, 1, sizeof(*loaded));

	if (!loaded)
		return E_NOMEM;
	if (policy && !json_is_object(policy)) {
		mistake(&loader, &(struct place){config_root(tree), "policy", ""},
			"must be a mapping with default and rules");
		return loader.no_memory ? E_NOMEM : E_INVALID;
	}
	if (policy)
		keys_check(&loader, policy, "policy", "default rules");
	fallback_load(&loader, policy, loaded);
	rules_load(&loader, policy, loaded);
	if (loader.no_memory)
		return E_NOMEM;
	if (loader.mistakes > 0)
		return E_INVALID;
	TRY(mark_make(arena, policy, &loader.defaults, loaded->mark));
	*ret_policy = loaded;
	return OK;
}
