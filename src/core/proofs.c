#include "core/policy.h"

#include <string.h>

#include "base/text.h"

static bool proof_fits(const struct proof *proof, const struct ask *ask)
{
	if (ask->factor == FACTOR_NONE || proof->factor != ask->factor)
		return false;
	if (ask->factor != FACTOR_PUSH)
		return true;
	if (ask->mode == MODE_NONE || proof->mode < ask->mode)
		return false;
	return ask->mode != MODE_ENTER || proof->digits >= ask->digits;
}

bool step_is_satisfied(const struct step *step, const struct proof *proofs, size_t count)
{
	for (size_t i = 0; i < step->count; i++)
		for (size_t j = 0; j < count; j++)
			if (proof_fits(&proofs[j], &step->asks[i]))
				return true;
	return false;
}

const struct step *decision_next(const struct decision *decision, const struct proof *proofs, size_t count)
{
	static const struct step never = {0};

	if (decision->outcome != DECISION_ASK || decision->step_count == 0)
		return &never;
	for (size_t i = 0; i < decision->step_count; i++)
		if (!step_is_satisfied(&decision->steps[i], proofs, count))
			return &decision->steps[i];
	return NULL;
}

static bool has_factor(const struct proof *proofs, size_t count, enum factor factor)
{
	for (size_t i = 0; i < count; i++)
		if (proofs[i].factor == factor)
			return true;
	return false;
}

bool proofs_are_multi_factor(const struct proof *proofs, size_t count)
{
	bool knowledge = has_factor(proofs, count, FACTOR_PASSWORD);
	bool possession = has_factor(proofs, count, FACTOR_PUSH) || has_factor(proofs, count, FACTOR_TOTP) ||
			  has_factor(proofs, count, FACTOR_RECOVERY);

	return knowledge && possession;
}

const char *proofs_acr(const struct proof *proofs, size_t count)
{
	if (proofs_are_multi_factor(proofs, count))
		return "mfa";
	if (has_factor(proofs, count, FACTOR_PUSH))
		return "swk";
	if (has_factor(proofs, count, FACTOR_TOTP))
		return "otp";
	return has_factor(proofs, count, FACTOR_PASSWORD) ? "pwd" : "0";
}

char *proofs_amr(struct arena *arena, const struct proof *proofs, size_t count)
{
	scoped_json *amr = json_array();
	int failed = amr ? 0 : -1;

	if (has_factor(proofs, count, FACTOR_PASSWORD))
		failed |= json_array_append_new(amr, json_string("pwd"));
	if (has_factor(proofs, count, FACTOR_TOTP))
		failed |= json_array_append_new(amr, json_string("otp"));
	if (has_factor(proofs, count, FACTOR_PUSH))
		failed |= json_array_append_new(amr, json_string("swk"));
	if (proofs_are_multi_factor(proofs, count))
		failed |= json_array_append_new(amr, json_string("mfa"));
	return failed ? NULL : json_format(arena, amr);
}

static json_t *proof_format(const struct proof *proof)
{
	json_t *object = json_object();
	int failed = object ? 0 : -1;

	failed |= json_object_set_new(object, "factor", json_string(factor_name(proof->factor)));
	if (proof->factor == FACTOR_PUSH)
		failed |= json_object_set_new(object, "mode", json_string(push_mode_name(proof->mode)));
	if (proof->factor == FACTOR_PUSH && proof->mode != MODE_CONFIRM)
		failed |= json_object_set_new(object, "digits", json_integer(proof->digits));
	failed |= json_object_set_new(object, "at", json_integer(proof->at));
	if (failed) {
		json_decref(object);
		return NULL;
	}
	return object;
}

char *proofs_format(struct arena *arena, const struct proof *proofs, size_t count)
{
	scoped_json *array = json_array();
	int failed = array ? 0 : -1;

	for (size_t i = 0; i < count; i++)
		failed |= json_array_append_new(array, proof_format(&proofs[i]));
	return failed ? NULL : json_format(arena, array);
}

static enum status proof_parse(const json_t *object, struct proof *ret_proof)
{
	struct proof proof = {.factor = factor_parse(json_get_string(object, "factor"))};
	int64_t digits;

	if (proof.factor == FACTOR_NONE || json_take_int(object, "at", 0, INT64_MAX, &proof.at) != OK)
		return E_INVALID;
	if (proof.factor == FACTOR_PUSH) {
		proof.mode = push_mode_parse(json_get_string(object, "mode"));
		if (proof.mode == MODE_NONE)
			return E_INVALID;
	}
	if (proof.mode == MODE_CHOOSE || proof.mode == MODE_ENTER) {
		if (json_take_int(object, "digits", DIGITS_MIN, DIGITS_MAX, &digits) != OK)
			return E_INVALID;
		proof.digits = (int)digits;
	}
	*ret_proof = proof;
	return OK;
}

enum status proofs_parse(const char *json, struct proof ret_proofs[PROOFS_MAX], size_t *ret_count)
{
	scoped_json *array = NULL;
	struct proof proofs[PROOFS_MAX] = {0};
	size_t count;

	TRY(json_parse_limited(json, strlen(json), 2, &array));
	if (!json_is_array(array) || json_array_size(array) > PROOFS_MAX)
		return E_INVALID;
	count = json_array_size(array);
	for (size_t i = 0; i < count; i++)
		TRY(proof_parse(json_array_get(array, i), &proofs[i]));
	memcpy(ret_proofs, proofs, sizeof(proofs));
	*ret_count = count;
	return OK;
}
