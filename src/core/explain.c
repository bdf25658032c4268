#include "core/explain.h"

#include <string.h>

#include "core/explain_prompt.h"
#include "base/network.h"
#include "core/client.h"
#include "core/policy.h"
#include "core/user.h"

#define SHOWN_MAX 200

/* What the store knows; read in one snapshot. */
struct subject {
	const char *username; /* canonical */
	const char *client_id;
	const struct settings *settings;
	int64_t now;
	struct user_row user;
	struct client_row client;
	struct user_factors has;
	const char *const *groups;
	size_t group_count;
	const char *missing; /* a sentence */
};

/* ---- gathering ---- */

static enum status subject_read(struct store_tx *tx, void *ctx)
{
	struct subject *subject = ctx;

	subject->missing = "There is no such user";
	TRY(store_user_find_name(tx, subject->username, &subject->user));
	subject->missing = "There is no such client";
	TRY(client_find(tx, subject->settings, subject->client_id, &subject->client));
	TRY(store_user_groups(tx, subject->user.id, &subject->groups, &subject->group_count));
	return user_factors_find(tx, &subject->user, subject->now, &subject->has);
}

static void refuse(struct text *human, const char *sentence, const char *word)
{
	if (!human)
		return;
	text_add(human, sentence);
	text_add(human, ": ");
	text_add_clean(human, word, strlen(word), SHOWN_MAX);
	text_add(human, "\n");
}

static enum status subject_find(const struct core *core, struct arena *arena, const struct explain_request *request,
				struct subject *subject, struct text *human)
{
	struct network address;
	char *username;
	enum status status = username_canonical(arena, request->username, &username);

	if (request->ip && address_parse(request->ip, &address) != OK) {
		refuse(human, "This is no IP address", request->ip);
		return E_INVALID;
	}
	if (status == E_INVALID)
		refuse(human, "There is no such user", request->username);
	if (status != OK)
		return status == E_INVALID ? E_NOT_FOUND : status;
	subject->username = username;
	subject->client_id = request->client_id;
	subject->settings = core->settings;
	subject->now = request->now;
	status = store_read(core->store, arena, subject_read, subject);
	if (status == E_NOT_FOUND)
		refuse(human, subject->missing,
		       strstr(subject->missing, "user") ? request->username : request->client_id);
	return status;
}

static struct policy_input input_of(const struct subject *subject, const struct explain_request *request, bool known)
{
	return (struct policy_input){
		.client_id = subject->client.id,
		.client_name = subject->client.name,
		.groups = request->groups_given ? request->groups : subject->groups,
		.group_count = request->groups_given ? request->group_count : subject->group_count,
		.known_browser = known,
		.ip_trusted = request->ip != NULL,
		.ip = request->ip,
		.acr_values = request->acr,
		.caution = subject->user.caution_until > request->now ? subject->user.caution : 0,
		.has = {subject->has.password, subject->has.device, subject->has.totp, subject->has.recovery,
			subject->has.pass},
		.strongest = client_is_account(&subject->client),
		.pass_stands_in = subject->has.pass && client_is_account(&subject->client),
	};
}

/* ---- the decision, with what the person meets ---- */

static enum status prompt_add(struct arena *arena, json_t *list, const struct ask *ask, unsigned totp_window)
{
	char word[ASK_TEXT_SIZE];
	struct prompt prompt;

	TRY(prompt_describe(arena, ask, totp_window, &prompt));
	return json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "ask", ask_format(ask, word), "page",
						     prompt.page, "phone", prompt.phone, "odds", prompt.odds))
		       ? E_NOMEM
		       : OK;
}

static enum status prompts_add(struct arena *arena, const struct decision *decision, unsigned totp_window)
{
	json_t *steps = json_array();

	if (json_object_set_new(decision->trace, "prompts", steps))
		return E_NOMEM;
	for (size_t i = 0; i < decision->step_count; i++) {
		json_t *asks = json_array();

		if (json_array_append_new(steps, asks))
			return E_NOMEM;
		for (size_t j = 0; j < decision->steps[i].count; j++)
			TRY(prompt_add(arena, asks, &decision->steps[i].asks[j], totp_window));
	}
	return OK;
}

static enum status amr_add(struct arena *arena, const struct decision *decision)
{
	struct proof proofs[POLICY_STEPS_MAX] = {0};
	json_t *amr = NULL;
	const char *text;

	for (size_t i = 0; i < decision->step_count; i++)
		proofs[i].factor = decision->steps[i].asks[0].factor;
	text = proofs_amr(arena, proofs, decision->step_count);
	if (!text)
		return E_NOMEM;
	TRY(json_parse_limited(text, strlen(text), 1, &amr));
	return json_object_set_new(decision->trace, "amr", amr) ? E_NOMEM : OK;
}

static enum status decide(const struct core *core, struct arena *arena, const struct policy_input *input,
			  json_t **ret_trace)
{
	struct decision decision;

	TRY(policy_evaluate(arena, core->settings->policy, input, &decision));
	TRY(prompts_add(arena, &decision, core->settings->totp_window));
	TRY(amr_add(arena, &decision));
	*ret_trace = decision.trace;
	return OK;
}

/* ---- warnings ---- */

struct warnings {
	json_t *list;
	const char *rules[2]; /* those that decided */
};

static enum status warning_take(const char *rule, const char *warning, void *ctx)
{
	struct warnings *warnings = ctx;
	bool decided = false;

	for (size_t i = 0; i < ARRAY_COUNT(warnings->rules); i++)
		decided = decided || (warnings->rules[i] && strcmp(warnings->rules[i], rule) == 0);
	if (!decided)
		return OK;
	return json_array_append_new(warnings->list, json_sprintf("The rule \"%s\" %s.", rule, warning)) ? E_NOMEM : OK;
}

static enum status warnings_add(const struct core *core, const struct subject *subject, json_t *whole)
{
	struct warnings warnings = {.list = json_array()};
	int failed = json_object_set_new(whole, "warnings", warnings.list);

	if (failed)
		return E_NOMEM;
	if (subject->user.disabled)
		failed |= json_array_append_new(warnings.list,
						json_string("The account is disabled: every sign-in is refused."));
	if (subject->client.disabled)
		failed |= json_array_append_new(warnings.list,
						json_string("The client is disabled: every sign-in is refused."));
	if (failed)
		return E_NOMEM;
	warnings.rules[0] = json_get_string(json_object_get(whole, "new_browser"), "rule");
	warnings.rules[1] = json_get_string(json_object_get(whole, "known_browser"), "rule");
	return policy_lint(core->settings->policy, warning_take, &warnings);
}

/* ---- the whole ---- */

static void json_release(void *json)
{
	json_decref(json);
}

static enum status whole_new(struct arena *arena, const struct subject *subject, json_t **ret_whole)
{
	json_t *whole = json_pack("{s:{s:s, s:b}, s:{s:s, s:s, s:b}}", "user", "name", subject->user.name, "disabled",
				  subject->user.disabled, "client", "id", subject->client.id, "name",
				  subject->client.name, "disabled", subject->client.disabled);

	if (!whole || arena_defer(arena, json_release, whole) != 0)
		return E_NOMEM;
	*ret_whole = whole;
	return OK;
}

static enum status side_add(const struct core *core, struct arena *arena, const struct policy_input *input,
			    json_t *whole)
{
	json_t *trace;

	TRY(decide(core, arena, input, &trace));
	return json_object_set(whole, input->known_browser ? "known_browser" : "new_browser", trace) ? E_NOMEM : OK;
}

enum status explain(const struct core *core, struct arena *arena, const struct explain_request *request,
		    struct text *human, json_t **ret_json)
{
	struct subject subject = {0};
	struct policy_input new_browser, known_browser;
	json_t *whole;

	TRY(subject_find(core, arena, request, &subject, human));
	new_browser = input_of(&subject, request, false);
	known_browser = input_of(&subject, request, true);
	TRY(whole_new(arena, &subject, &whole));
	if (!request->known_browser)
		TRY(side_add(core, arena, &new_browser, whole));
	TRY(side_add(core, arena, &known_browser, whole));
	TRY(warnings_add(core, &subject, whole));
	if (human)
		explain_write(human, whole);
	if (ret_json)
		*ret_json = whole;
	return OK;
}
