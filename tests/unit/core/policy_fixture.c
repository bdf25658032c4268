#include "policy_fixture.h"

#include "base/text.h"

static enum status policy_read(struct arena *arena, const char *yaml, const struct policy **ret_policy,
			       struct text *errors)
{
	struct config_tree *tree = NULL;
	enum status status = config_parse("policy.yaml", yaml, strlen(yaml), &tree, errors);

	if (status != OK)
		return status;
	status = policy_load(arena, tree, config_root(tree), 2, 6, ret_policy, errors);
	config_free(&tree);
	return status;
}

const struct policy *policy_of(struct arena *arena, const char *yaml)
{
	const struct policy *policy = NULL;
	struct text errors;

	text_init(&errors, 65536);
	if (policy_read(arena, yaml, &policy, &errors) != OK)
		fail_msg("%s", errors.data ? errors.data : "no line of error");
	assert_int_equal(errors.size, 0);
	text_done(&errors);
	return policy;
}

char *policy_mistakes(struct arena *arena, const char *yaml)
{
	const struct policy *policy = NULL;
	struct text errors;
	enum status status;
	char *lines;

	text_init(&errors, 65536);
	status = policy_read(arena, yaml, &policy, &errors);
	lines = arena_strdup(arena, errors.data ? errors.data : "");
	assert_non_null(lines);
	text_done(&errors);
	assert_int_equal(status, *lines ? E_INVALID : OK);
	assert_int_equal(policy != NULL, status == OK);
	return lines;
}

struct policy_input input_plain(void)
{
	return (struct policy_input){
		.client_id = "payroll",
		.client_name = "Payroll",
		.ip_trusted = true,
		.ip = "192.0.2.7",
		.has = {true, true, true, true},
	};
}

struct decision decide(struct arena *arena, const struct policy *policy, const struct policy_input *input)
{
	struct decision decision = {0};

	assert_int_equal(policy_evaluate(arena, policy, input, &decision), OK);
	assert_non_null(decision.trace);
	assert_non_null(decision.why);
	return decision;
}

char *decision_words(struct arena *arena, const struct decision *decision)
{
	struct text out;
	char word[ASK_TEXT_SIZE];
	char *words;

	text_init(&out, 1024);
	if (decision->outcome != DECISION_ASK)
		text_add_format(&out, "refused: %s", decision->refusal);
	for (size_t i = 0; i < decision->step_count; i++)
		for (size_t j = 0; j < decision->steps[i].count; j++)
			text_add_format(&out, "%s%s",
					j > 0   ? " | "
					: i > 0 ? " > "
						: "",
					ask_format(&decision->steps[i].asks[j], word));
	words = arena_strdup(arena, out.data ? out.data : "");
	text_done(&out);
	return words;
}

const char *const hostile_strings[] = {
	"\"\t\r\n\001",
	"</script><b>",
	"\xe2\x80\xaegnp.exe",
	"a\xe2\x80\x8b\xe2\x80\x8b",
	"\xf0\x9f\x92\xa9",
	"\xff\xfe\x80",
	"%s%n",
	"{client}",
	"   ",
	"\x1b[31mred",
};
const size_t hostile_count = ARRAY_COUNT(hostile_strings);
