/*
 * symbolon.yaml from its bytes. What is accepted must hold: every bound, a policy that decides without claiming what it
 * does not ask, a decision that survives storage, and a lint that ends.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/policy.h"
#include "core/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static enum status warning_count(const char *rule, const char *warning, void *ctx)
{
	must(*rule && *warning);
	++*(size_t *)ctx;
	return OK;
}

static void decide(struct arena *arena, const struct policy *policy, unsigned number)
{
	static const char *const group = "staff";
	struct policy_input input = {
		.client_id = number & 1 ? "wiki" : "payroll",
		.groups = &group,
		.group_count = number >> 1 & 1,
		.known_browser = number >> 2 & 1,
		.ip = "192.0.2.7",
		.ip_trusted = number >> 3 & 1,
		.acr_values = number >> 4 & 1 ? "mfa" : NULL,
		.caution = number >> 5 & 1 ? 6 : 0,
		.has = {true, number & 1, true, true},
	};
	struct decision decision = {0}, back = {0};

	must(policy_evaluate(arena, policy, &input, &decision) == OK);
	must(decision.outcome == DECISION_ASK ? decision.step_count > 0 : decision.refusal != NULL);
	must(decision_next(&decision, NULL, 0) != NULL);
	must(text_is_displayable(decision.why));
	must(decision_parse(arena, decision_format(arena, &decision), &back) == OK);
	must(back.step_count == decision.step_count && back.outcome == decision.outcome);
}

static void settings_check(const struct settings *settings)
{
	must(text_has_prefix(settings->issuer, "https://") || text_has_prefix(settings->issuer, "http://"));
	must(!strpbrk(settings->issuer_host, "/?#@ "));
	must(settings->database && settings->kek[0] == '/' && settings->web[0] == '/');
	must(!settings->tls_certificate == !settings->tls_key);
	must(settings->listen_count > 0 && settings->loops > 0 && settings->workers > 0 && settings->hashers > 0);
	must(settings->enter_digits >= 2 && settings->enter_digits <= 8 && settings->choose_digits >= 2 &&
	     settings->choose_digits <= 8);
#ifndef SYMBOLON_TESTING
	must(settings->life.code_s > 0 && settings->life.code_s <= 60);
	must(settings->life.challenge_s > 0 && settings->life.challenge_s <= 600);
	must(settings->budget.window_pushes > 0 && settings->budget.window_pushes <= 10);
#endif
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(32 << 20);
	const struct settings *settings = NULL;
	size_t warnings = 0;
	struct text errors;
	enum status status;

	text_init(&errors, 1 << 20);
	status = settings_parse(arena, "/etc/symbolon/symbolon.yaml", (const char *)data, size, &settings, &errors);
	must((status == OK) == (settings != NULL));
	must(status != E_INVALID || errors.size > 0);
	must(status != OK || errors.size == 0);
	if (settings) {
		settings_check(settings);
		must(policy_lint(settings->policy, warning_count, &warnings) == OK);
		for (unsigned number = 0; number < 64; number += 7)
			decide(arena, settings->policy, number);
	}
	text_done(&errors);
	arena_free(arena);
	return 0;
}
