/* How much a list of steps asks. */
#include "core/policy_rules.h"

#include <string.h>

#include "base/text.h"

static const struct {
	unsigned bit;
	const char *name;
} acr_names[] = {
	{ACR_NONE_BIT, "0"}, {ACR_PWD_BIT, "pwd"}, {ACR_OTP_BIT, "otp"}, {ACR_SWK_BIT, "swk"}, {ACR_MFA_BIT, "mfa"},
};

const char *acr_bit_name(unsigned bit)
{
	for (size_t i = 0; i < ARRAY_COUNT(acr_names); i++)
		if (acr_names[i].bit == bit)
			return acr_names[i].name;
	return acr_names[0].name;
}

static unsigned acr_bit(const struct proof *proofs, size_t count)
{
	const char *acr = proofs_acr(proofs, count);

	for (size_t i = 0; i < ARRAY_COUNT(acr_names); i++)
		if (strcmp(acr_names[i].name, acr) == 0)
			return acr_names[i].bit;
	return ACR_NONE_BIT;
}

/* Counts through every choice, as an odometer does: at most 6^4. */
static bool choice_next(size_t chosen[POLICY_STEPS_MAX], const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (++chosen[i] < steps[i].count)
			return true;
		chosen[i] = 0;
	}
	return false;
}

unsigned steps_acrs(const struct step *steps, size_t count)
{
	size_t chosen[POLICY_STEPS_MAX] = {0};
	struct proof proofs[POLICY_STEPS_MAX] = {0};
	unsigned acrs = 0;

	do {
		for (size_t i = 0; i < count; i++)
			proofs[i].factor = steps[i].asks[chosen[i]].factor;
		acrs |= acr_bit(proofs, count);
	} while (choice_next(chosen, steps, count));
	return acrs;
}

bool steps_are_multi_factor(const struct step *steps, size_t count)
{
	return steps_acrs(steps, count) == ACR_MFA_BIT;
}

bool ask_satisfies(const struct ask *ask, const struct ask *wanted)
{
	const struct proof proof = {.factor = ask->factor, .mode = ask->mode, .digits = ask->digits};
	const struct step step = {.asks = {*wanted}, .count = 1};

	return step_is_satisfied(&step, &proof, 1);
}

bool step_implies(const struct step *step, const struct step *wanted)
{
	for (size_t i = 0; i < step->count; i++) {
		bool satisfied = false;

		for (size_t j = 0; j < wanted->count && !satisfied; j++)
			satisfied = ask_satisfies(&step->asks[i], &wanted->asks[j]);
		if (!satisfied)
			return false;
	}
	return step->count > 0;
}

/* What one ask is worth when two lists of steps have the same kinds of factors and the same length: 1 to 12. */
static unsigned ask_rank(const struct ask *ask)
{
	switch (ask->factor) {
	case FACTOR_PASSWORD: return 2;
	case FACTOR_TOTP: return 9;
	case FACTOR_PASS: return 10;
	case FACTOR_RECOVERY: return 12;
	case FACTOR_PUSH: break;
	case FACTOR_NONE: return 0;
	}
	return ask->mode == MODE_ENTER ? 3 + (unsigned)ask->digits : ask->mode == MODE_CHOOSE ? 3 : 1;
}

static unsigned step_rank(const struct step *step)
{
	unsigned weakest = 15;

	for (size_t i = 0; i < step->count; i++)
		if (ask_rank(&step->asks[i]) < weakest)
			weakest = ask_rank(&step->asks[i]);
	return weakest;
}

unsigned steps_rank(const struct step *steps, size_t count)
{
	unsigned rank = (steps_are_multi_factor(steps, count) ? 10000u : 0u) + 1000u * (unsigned)count;

	for (size_t i = 0; i < count; i++)
		rank += step_rank(&steps[i]);
	return rank;
}
