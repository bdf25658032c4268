/* Which rule decides. */
#include "core/policy_rules.h"

#include <string.h>

#include "base/text.h"

#define SHOWN_MAX 80

bool word_list_has(const struct word_list *list, const char *word)
{
	for (size_t i = 0; word && i < list->count; i++)
		if (strcmp(list->items[i], word) == 0)
			return true;
	return false;
}

unsigned rule_conditions(const struct rule *rule)
{
	return (rule->clients.count > 0 ? CONDITION_CLIENT : 0u) | (rule->groups.count > 0 ? CONDITION_GROUP : 0u) |
	       (rule->browser != BROWSER_ANY ? CONDITION_BROWSER : 0u) |
	       (rule->network_count > 0 ? CONDITION_NETWORK : 0u) | (rule->acrs.count > 0 ? CONDITION_ACR : 0u);
}

static bool group_matches(const struct rule *rule, const struct policy_input *input)
{
	for (size_t i = 0; i < input->group_count; i++)
		if (word_list_has(&rule->groups, input->groups[i]))
			return true;
	return false;
}

static bool acr_matches(const struct rule *rule, const struct policy_input *input)
{
	for (size_t i = 0; i < rule->acrs.count; i++)
		if (input->acr_values && words_has(input->acr_values, rule->acrs.items[i]))
			return true;
	return false;
}

static bool network_matches(const struct rule *rule, const struct network *address)
{
	for (size_t i = 0; i < rule->network_count; i++)
		if (network_has(&rule->networks[i], address))
			return true;
	return false;
}

struct rule_match rule_match(const struct rule *rule, const struct policy_input *input)
{
	struct rule_match match = {0};
	unsigned looked_at = rule_conditions(rule);
	struct network address;

	if ((looked_at & CONDITION_CLIENT) && !word_list_has(&rule->clients, input->client_id))
		match.failed |= CONDITION_CLIENT;
	if ((looked_at & CONDITION_GROUP) && !group_matches(rule, input))
		match.failed |= CONDITION_GROUP;
	if ((looked_at & CONDITION_BROWSER) && (rule->browser == BROWSER_KNOWN) != input->known_browser)
		match.failed |= CONDITION_BROWSER;
	if ((looked_at & CONDITION_ACR) && !acr_matches(rule, input))
		match.failed |= CONDITION_ACR;
	if (!(looked_at & CONDITION_NETWORK))
		return match;
	if (!input->ip_trusted || address_parse(input->ip, &address) != OK)
		match.unsure = true;
	else if (!network_matches(rule, &address))
		match.failed |= CONDITION_NETWORK;
	return match;
}

static void words_add(struct text *out, const char *const *words, size_t count)
{
	if (count == 0)
		text_add(out, "none");
	for (size_t i = 0; i < count; i++) {
		text_add(out, i == 0 ? "" : i + 1 == count ? " or " : ", ");
		text_add_clean(out, words[i], strlen(words[i]), SHOWN_MAX);
	}
}

static void one_add(struct text *out, const char *word)
{
	words_add(out, &word, word ? 1 : 0);
}

static void failure_add(struct text *out, const struct rule *rule, const struct policy_input *input, unsigned failed)
{
	if (failed & CONDITION_CLIENT) {
		text_add(out, "client is ");
		one_add(out, input->client_id);
		text_add(out, ", the rule wants ");
		words_add(out, rule->clients.items, rule->clients.count);
	} else if (failed & CONDITION_GROUP) {
		text_add(out, "the account is in none of ");
		words_add(out, rule->groups.items, rule->groups.count);
	} else if (failed & CONDITION_BROWSER) {
		text_add(out, rule->browser == BROWSER_KNOWN ? "this browser is new, the rule wants a known one"
							     : "this browser is known, the rule wants a new one");
	} else if (failed & CONDITION_NETWORK) {
		text_add(out, "address is ");
		one_add(out, input->ip);
		text_add(out, ", the rule wants ");
		words_add(out, rule->network_texts, rule->network_count);
	} else {
		text_add(out, "requested acr is ");
		one_add(out, input->acr_values);
		text_add(out, ", the rule wants ");
		words_add(out, rule->acrs.items, rule->acrs.count);
	}
}

char *rule_match_explain(struct arena *arena, const struct rule *rule, const struct policy_input *input,
			 unsigned failed)
{
	struct text out;
	char *copy;

	text_init(&out, 65536);
	failure_add(&out, rule, input, failed);
	copy = out.failed ? NULL : arena_strdup(arena, out.data);
	text_done(&out);
	return copy;
}
