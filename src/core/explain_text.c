/* The explanation as lines for a terminal, from the same tree that --json prints. */
#include <string.h>

#include "core/explain.h"

#define SHOWN_MAX 200

static void clean_add(struct text *out, const char *text)
{
	if (text)
		text_add_clean(out, text, strlen(text), SHOWN_MAX);
}

static void member_add(struct text *out, const json_t *object, const char *key)
{
	clean_add(out, json_get_string(object, key));
}

/* "a, b and c", "no groups". */
static void list_add(struct text *out, const json_t *list, const char *none)
{
	size_t count = json_array_size(list);

	if (count == 0)
		text_add(out, none);
	for (size_t i = 0; i < count; i++) {
		text_add(out, i == 0 ? "" : i + 1 == count ? " and " : ", ");
		clean_add(out, json_string_value(json_array_get(list, i)));
	}
}

static void head_write(struct text *out, const json_t *whole, const json_t *input)
{
	static const char *const factors[] = {"password", "device", "totp", "recovery", "pass"};
	const json_t *client = json_object_get(whole, "client");
	const json_t *has = json_object_get(input, "has");
	const char *between = "";

	member_add(out, json_object_get(whole, "user"), "name");
	text_add(out, " at ");
	member_add(out, client, "name");
	text_add(out, " (");
	member_add(out, client, "id");
	text_add(out, ")\n  has      ");
	for (size_t i = 0; i < ARRAY_COUNT(factors); i++)
		if (json_get_bool(has, factors[i], false)) {
			text_add_format(out, "%s%s", between, factors[i]);
			between = ", ";
		}
	text_add(out, *between ? "\n  groups   " : "nothing to sign in with\n  groups   ");
	list_add(out, json_object_get(input, "groups"), "none");
	text_add(out, "\n  address  ");
	clean_add(out, json_get_string(input, "ip") ? json_get_string(input, "ip") : "not given");
	if (json_get_string(input, "acr_values")) {
		text_add(out, "\n  acr      ");
		member_add(out, input, "acr_values");
	}
	text_add(out, "\n");
}

static void rules_write(struct text *out, const json_t *trace)
{
	const char *decided = json_get_string(trace, "rule");
	json_t *look;
	size_t i;

	text_add(out, "  rules\n");
	json_array_foreach (json_object_get(trace, "looked_at"), i, look) {
		const char *rule = json_get_string(look, "rule");
		const char *failed = json_get_string(look, "failed");

		if (rule && decided && strcmp(rule, decided) == 0)
			text_add(out, "    decides  ");
		else
			text_add(out, failed ? "    no       " : "    perhaps  ");
		clean_add(out, rule);
		if (failed) {
			text_add(out, ": ");
			clean_add(out, failed);
		}
		text_add(out, "\n");
	}
}

static void prompt_write(struct text *out, const json_t *prompt)
{
	text_add(out, "       ");
	member_add(out, prompt, "ask");
	text_add(out, "\n         page   ");
	member_add(out, prompt, "page");
	text_add(out, "\n         phone  ");
	member_add(out, prompt, "phone");
	text_add(out, "\n         luck   ");
	member_add(out, prompt, "odds");
	text_add(out, "\n");
}

static void prompts_write(struct text *out, const json_t *trace)
{
	json_t *step, *prompt;
	size_t i, j;

	json_array_foreach (json_object_get(trace, "prompts"), i, step) {
		text_add_format(out, "  step %zu%s\n", i + 1, json_array_size(step) > 1 ? ", one of" : "");
		json_array_foreach (step, j, prompt)
			prompt_write(out, prompt);
	}
}

static void remarks_write(struct text *out, const json_t *trace)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(trace, "left_out"), i, item) {
		text_add(out, "  left out ");
		member_add(out, item, "factor");
		text_add(out, ": ");
		member_add(out, item, "because");
		text_add(out, "\n");
	}
	json_array_foreach (json_object_get(trace, "notes"), i, item) {
		text_add(out, "  note     ");
		clean_add(out, json_string_value(item));
		text_add(out, "\n");
	}
}

static void side_write(struct text *out, const char *title, const json_t *trace)
{
	text_add_format(out, "\n%s\n", title);
	rules_write(out, trace);
	if (json_get_string(trace, "refusal")) {
		text_add(out, "  refused  ");
		member_add(out, trace, "refusal");
		text_add(out, "\n");
	}
	prompts_write(out, trace);
	remarks_write(out, trace);
	if (!json_get_string(trace, "refusal")) {
		text_add(out, "  token    acr ");
		list_add(out, json_object_get(trace, "acr"), "none");
		text_add(out, "; amr ");
		list_add(out, json_object_get(trace, "amr"), "none");
		text_add(out, " when the first way is taken\n");
	}
	text_add(out, "  told     ");
	member_add(out, trace, "why");
	text_add(out, "\n");
}

static bool sides_are_alike(const json_t *a, const json_t *b)
{
	static const char *const members[] = {"rule", "outcome", "refusal", "asked", "why_key"};

	for (size_t i = 0; i < ARRAY_COUNT(members); i++) {
		const json_t *x = json_object_get(a, members[i]), *y = json_object_get(b, members[i]);

		if ((x || y) && !json_equal(x, y))
			return false;
	}
	return true;
}

void explain_write(struct text *out, const json_t *whole)
{
	const json_t *new_browser = json_object_get(whole, "new_browser");
	const json_t *known_browser = json_object_get(whole, "known_browser");
	json_t *warning;
	size_t i;

	head_write(out, whole, json_object_get(known_browser, "input"));
	if (new_browser && sides_are_alike(new_browser, known_browser)) {
		side_write(out, "In any browser", known_browser);
	} else {
		if (new_browser)
			side_write(out, "In a new browser", new_browser);
		side_write(out, "In a known browser", known_browser);
	}
	json_array_foreach (json_object_get(whole, "warnings"), i, warning) {
		text_add(out, i == 0 ? "\nWarnings\n  " : "  ");
		clean_add(out, json_string_value(warning));
		text_add(out, "\n");
	}
}
