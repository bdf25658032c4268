#include "base/config_check.h"

#include <string.h>

#define STEPS_MAX   2000000
#define NESTING_MAX 200
#define RANKS       4 /* per level: see enum fit */

/* In this order: what tells the forms of a choice apart comes before what breaks only their insides. */
static const struct {
	const char *keyword;
	check_rule *check; /* NULL: says nothing about the value */
} rules[] = {
	{"properties", check_telling_words},
	{"const", check_const},
	{"enum", check_enum},
	{"pattern", check_pattern},
	{"format", check_format},
	{"minimum", check_minimum},
	{"maximum", check_maximum},
	{"minLength", check_min_length},
	{"maxLength", check_max_length},
	{"minItems", check_min_items},
	{"maxItems", check_max_items},
	{"additionalProperties", check_additional},
	{"required", check_required},
	{"properties", check_properties},
	{"items", check_items},
	{"$ref", check_ref},
	{"oneOf", check_one_of},
	{"anyOf", check_any_of},
	{"type", NULL}, /* looked at before all others */
	{"$schema", NULL},
	{"$id", NULL},
	{"$comment", NULL},
	{"$defs", NULL},
	{"title", NULL},
	{"description", NULL},
	{"default", NULL},
	{"examples", NULL},
};

bool checker_is_full(const struct checker *checker)
{
	return checker->shared->broken || checker->report.count >= (checker->trial ? 1 : CONFIG_MAX_ERRORS);
}

void schema_is_broken(struct checker *checker, const char *keyword, const char *why)
{
	if (checker->shared->broken)
		return;
	checker->shared->broken = why;
	checker->shared->keyword = keyword;
}

/* Deeper is nearer; a wrong word tells the form of its parent, so it counts one level up. */
static size_t rank_of(size_t depth, enum fit fit)
{
	if (fit == FIT_OTHER_WORD)
		return RANKS * depth + 1;
	return RANKS * (depth + 1) + (fit == FIT_TYPE ? 2 : 0);
}

static bool problem_counts(struct checker *checker, size_t rank)
{
	if (checker_is_full(checker))
		return false;
	if (!checker->trial)
		return true;
	checker->rank = rank;
	checker->report.count++;
	return false;
}

void problem_add(struct checker *checker, const struct spot *spot, enum fit fit, const char *format, ...)
{
	va_list args;

	if (!problem_counts(checker, rank_of(spot->depth, fit)))
		return;
	va_start(args, format);
	report_vformat(&checker->report, config_mark_find(checker->tree, spot->path)->at, spot->path, format, args);
	va_end(args);
}

void problem_add_key(struct checker *checker, const struct spot *spot, const char *key, const char *format, ...)
{
	const struct path path = {.up = spot->path, .parent = spot->value, .key = key};
	va_list args;

	if (!problem_counts(checker, rank_of(spot->depth, FIT_TYPE)))
		return;
	va_start(args, format);
	report_vformat(&checker->report, config_mark_find(checker->tree, &path)->key_at, spot->path, format, args);
	va_end(args);
}

static void keywords_check(struct checker *checker, const json_t *schema)
{
	const char *keyword;
	json_t *rule;

	json_object_foreach ((json_t *)(uintptr_t)schema, keyword, rule) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_COUNT(rules) && !known; i++)
			known = strcmp(keyword, rules[i].keyword) == 0;
		if (!known)
			schema_is_broken(checker, keyword, "is a keyword outside our subset");
	}
}

static void object_schema_check(struct checker *checker, const struct spot *spot, const json_t *schema)
{
	const json_t *type = json_object_get(schema, "type");

	keywords_check(checker, schema);
	if (type && !schema_type_fits(type, spot->value)) {
		check_type(checker, spot, schema, type);
		return; /* what else is said of another type would only confuse */
	}
	for (size_t i = 0; i < ARRAY_COUNT(rules) && !checker_is_full(checker); i++) {
		const json_t *rule = rules[i].check ? json_object_get(schema, rules[i].keyword) : NULL;

		if (rule)
			rules[i].check(checker, spot, schema, rule);
	}
}

void check_value(struct checker *checker, const struct spot *spot, const json_t *schema)
{
	if (checker_is_full(checker) || json_is_true(schema))
		return;
	if (++checker->shared->steps > STEPS_MAX)
		problem_add(checker, spot, FIT_TYPE, "the file is too large to be checked");
	else if (json_is_false(schema))
		problem_add(checker, spot, FIT_TYPE, "is not allowed here");
	else if (!json_is_object(schema))
		schema_is_broken(checker, "", "must consist of objects");
	else if (checker->nesting >= NESTING_MAX)
		schema_is_broken(checker, "$ref", "never ends");
	else {
		checker->nesting++;
		object_schema_check(checker, spot, schema);
		checker->nesting--;
	}
}

void check_member(struct checker *checker, const struct spot *spot, const char *key, const json_t *value,
		  const json_t *schema)
{
	const struct path path = {.up = spot->path, .parent = spot->value, .key = key};
	const struct spot member = {.value = value, .path = &path, .depth = spot->depth + 1};

	check_value(checker, &member, schema);
}

const json_t *schema_resolve(struct checker *checker, const json_t *schema)
{
	static const char prefix[] = "#/$defs/";

	for (size_t hops = 0; hops < NESTING_MAX; hops++) {
		const char *ref = json_get_string(schema, "$ref");

		if (!json_object_get(schema, "$ref"))
			return schema;
		schema = NULL;
		if (text_has_prefix(ref, prefix))
			schema = json_object_get(json_object_get(checker->schema, "$defs"), ref + strlen(prefix));
		if (!schema) {
			schema_is_broken(checker, "$ref", "must lead to a member of #/$defs");
			return NULL;
		}
	}
	schema_is_broken(checker, "$ref", "never ends");
	return NULL;
}

void check_ref(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	const json_t *target = schema_resolve(checker, schema);

	if (target)
		check_value(checker, spot, target);
}

/* 0 when the value fits the branch, else the rank of its first problem. */
static size_t branch_try(const struct checker *checker, const struct spot *spot, const json_t *branch)
{
	struct checker trial = *checker;

	trial.trial = true;
	trial.report = (struct report){0};
	check_value(&trial, spot, branch);
	return trial.report.count > 0 ? trial.rank : 0;
}

struct choice {
	size_t fits;
	size_t near; /* branches for this type of value */
	const json_t *best;
	size_t best_rank;
};

static void choice_look(struct choice *choice, const struct spot *spot, const json_t *branch, size_t rank)
{
	if (rank == 0) {
		choice->fits++;
		return;
	}
	if (rank == rank_of(spot->depth, FIT_OTHER_TYPE))
		return;
	choice->near++;
	if (rank > choice->best_rank) {
		choice->best = branch;
		choice->best_rank = rank;
	}
}

static void choice_explain(struct checker *checker, const struct spot *spot, const json_t *branches, enum fit fit)
{
	struct text wanted;
	json_t *branch;
	size_t i;

	text_init(&wanted, 4096);
	json_array_foreach ((json_t *)(uintptr_t)branches, i, branch) {
		text_add(&wanted, i > 0 ? ", or " : "");
		describe_schema(checker, &wanted, branch);
	}
	problem_add(checker, spot, fit, "must be %s", wanted.data ? wanted.data : "otherwise");
	text_done(&wanted);
}

static void choice_check(struct checker *checker, const struct spot *spot, const json_t *branches, bool only_one)
{
	const bool nests = json_is_object(spot->value) || json_is_array(spot->value);
	struct choice choice = {0};
	json_t *branch;
	size_t i;

	if (json_array_size(branches) == 0)
		schema_is_broken(checker, "oneOf, anyOf", "must be a list of schemas");
	json_array_foreach ((json_t *)(uintptr_t)branches, i, branch) {
		choice_look(&choice, spot, branch, branch_try(checker, spot, branch));
		if (choice.fits > 0 && !only_one)
			return;
	}
	if (choice.fits == 1 || checker_is_full(checker))
		return;
	if (choice.fits > 1)
		problem_add(checker, spot, FIT_TYPE, "fits more than one of the forms that are allowed here");
	else if (choice.near == 1 || (nests && choice.best_rank >= rank_of(spot->depth, FIT_TYPE)))
		check_value(checker, spot, choice.best);
	else
		choice_explain(checker, spot, branches, choice.near > 0 ? FIT_OTHER_WORD : FIT_OTHER_TYPE);
}

void check_one_of(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	choice_check(checker, spot, rule, true);
}

void check_any_of(struct checker *checker, const struct spot *spot, const json_t *schema, const json_t *rule)
{
	choice_check(checker, spot, rule, false);
}

enum status config_check(const struct config_tree *tree, const json_t *schema, struct text *errors)
{
	struct check_shared shared = {0};
	struct checker checker = {.tree = tree,
				  .schema = schema,
				  .shared = &shared,
				  .report = {.name = tree->name, .out = errors}};
	const struct spot root = {.value = tree->root};

	check_value(&checker, &root, schema);
	if (shared.broken) {
		checker.report.name = "schema";
		report_format(&checker.report, (struct place){0}, NULL, "%s %s", shared.keyword, shared.broken);
		return E_INVALID;
	}
	return checker.report.count > 0 ? E_INVALID : OK;
}
