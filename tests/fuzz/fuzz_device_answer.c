/*
 * An answer to a challenge. The first byte chooses: 'r' raw bytes, which nobody signed and which must never be taken;
 * 's' header and claims as the input bends them, signed by the device's own key: what is taken must then say everything
 * that PROTOCOL asks.
 */
#include <string.h>

#include "core/challenge.h"
#include "core_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SHOWN "RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o" /* of {} */

static enum status send(struct world *world, struct arena *arena, const char *jws, size_t size,
			struct challenge_settled *settled)
{
	const struct challenge_answer answer = {.jws = jws,
						.jws_size = size,
						.device = &world->device,
						.ip = "192.0.2.9"};

	return challenge_answer(&world->core, arena, world->challenge_id, &answer, FUZZ_NOW, settled);
}

static void taken_check(const struct world *world, const struct bent *bent, const struct challenge_settled *settled)
{
	const char *decision = json_get_string(bent->claims, "decision");
	const bool approve = claim_equals(bent->claims, "decision", "approve");
	int64_t iat;

	must(claim_equals(bent->header, "typ", "symbolon-answer+jwt") &&
	     claim_equals(bent->header, "kid", world->device.id));
	must(claim_equals(bent->claims, "aud", world->settings.issuer) &&
	     claim_equals(bent->claims, "challenge", world->challenge_id));
	must(claim_equals(bent->claims, "nonce", "NNNNNNNNNNNNNNNNNNNNNN") &&
	     claim_equals(bent->claims, "shown", SHOWN));
	must(json_take_int(bent->claims, "iat", FUZZ_NOW - 60, FUZZ_NOW + 60, &iat) == OK &&
	     json_get_string(bent->claims, "jti"));
	must(decision && settled->state);
	must((strcmp(settled->state, "approved") == 0) == (approve && claim_equals(bent->claims, "number", "42")));
	must((strcmp(settled->state, "wrong") == 0) == (approve && !claim_equals(bent->claims, "number", "42")));
	must((strcmp(settled->state, "denied") == 0) == (strcmp(decision, "deny") == 0));
	must((strcmp(settled->state, "reported") == 0) == (strcmp(decision, "report") == 0));
}

static bool signed_try(struct world *world, struct arena *arena, const char *text)
{
	scoped_json *header = json_pack("{s:s, s:s}", "typ", "symbolon-answer+jwt", "kid", world->device.id);
	scoped_json *claims =
		json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "aud", world->settings.issuer, "iat",
			  (json_int_t)FUZZ_NOW, "jti", "JJJJJJJJJJJJJJJJJJJJJJ", "challenge", world->challenge_id,
			  "nonce", "NNNNNNNNNNNNNNNNNNNNNN", "shown", SHOWN, "decision", "approve", "number", "42");
	struct challenge_settled settled = {0};
	struct bent bent;

	if (!bent_sign(arena, world->key, header, claims, text, &bent) ||
	    send(world, arena, bent.jws, strlen(bent.jws), &settled) != OK)
		return false;
	taken_check(world, &bent, &settled);
	must(send(world, arena, bent.jws, strlen(bent.jws), &settled) == OK); /* the same bytes again */
	taken_check(world, &bent, &settled);
	world_next_challenge(world);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool checked;
	struct world *world = world_get();
	struct arena *arena = arena_new(4 << 20);
	struct challenge_settled settled = {0};
	char *text = size > 1 ? arena_strndup(arena, (const char *)data + 1, size - 1) : NULL;

	if (!checked) {
		must(checked = signed_try(world, arena, "")); /* unbent, it is taken */
		world = world_get();
	}
	if (text && data[0] == 's')
		signed_try(world, arena, text);
	else
		must(send(world, arena, (const char *)data, size, &settled) != OK);
	arena_free(arena);
	return 0;
}
