/*
 * A device that wants in. The first byte chooses: 'c' a typed code, 'r' raw bytes for the redemption, which nobody
 * signed, 's' header and claims as the input bends them, signed by a key of the device's own and with the right proof
 * unless the input has another.
 */
#include <string.h>

#include "base/encode.h"
#include "base/text.h"
#include "core/device.h"
#include "core_fuzz.h"
#include "crypto/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct offer {
	struct world *world;
	struct enrolment_started started;
	struct jose_key *key;
	char proof[BASE64URL_SIZE(32) + 1];
};
static struct offer offer;

static void proof_make(void)
{
	const char *secret_text = strrchr(offer.started.link, '.') + 1;
	uint8_t secret[16], id[16], k[32], mac[32];
	struct text message;
	char thumbprint[44];
	size_t size;

	must(base64url_parse(secret_text, strlen(secret_text), secret, 16, &size) == OK && size == 16);
	must(base64url_parse(offer.started.id, strlen(offer.started.id), id, 16, &size) == OK && size == 16);
	hkdf_sha256(secret, 16, id, 16, "symbolon enrol v1", k, 32);
	if (jose_key_thumbprint(offer.key, thumbprint) != OK)
		abort();
	text_init(&message, 1024);
	text_add_bytes(&message, "symbolon-enrol", 15);
	text_add_bytes(&message, offer.world->settings.issuer, strlen(offer.world->settings.issuer) + 1);
	text_add_bytes(&message, offer.started.id, strlen(offer.started.id) + 1);
	text_add(&message, thumbprint);
	hmac_sha256(k, 32, message.data, message.size, mac);
	base64url_format(mac, 32, offer.proof);
	text_done(&message);
}

/* One that is open, with a key that is not enrolled. */
static void offer_make(struct world *world)
{
	offer.world = world;
	jose_key_free(&offer.key);
	must(jose_key_generate(JOSE_ES256, &offer.key) == OK);
	must(enrolment_start(&world->core, world->arena, world->user_id, false, "command", FUZZ_NOW, &offer.started) ==
	     OK);
	proof_make();
}

static enum status redeem(struct arena *arena, const char *jws, size_t size, json_t **ret_json)
{
	return enrolment_redeem(&offer.world->core, arena, offer.started.id, jws, size, FUZZ_NOW, ret_json);
}

static bool signed_try(struct arena *arena, const char *text)
{
	scoped_json *header = json_pack("{s:s, s:o}", "typ", "symbolon-enrol+jwt", "jwk",
					json_loads(jose_key_public(arena, offer.key, NULL), 0, NULL));
	scoped_json *claims = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "aud", offer.world->settings.issuer,
					"iat", (json_int_t)FUZZ_NOW, "jti", "JJJJJJJJJJJJJJJJJJJJJJ", "enrolment",
					offer.started.id, "proof", offer.proof, "name", "A phone", "platform", "");
	scoped_json *json = NULL;
	struct enrolment_state state;
	struct bent bent;

	if (!bent_sign(arena, offer.key, header, claims, text, &bent) ||
	    redeem(arena, bent.jws, strlen(bent.jws), &json) != OK)
		return false;
	must(claim_equals(bent.header, "typ", "symbolon-enrol+jwt") &&
	     claim_equals(bent.claims, "aud", offer.world->settings.issuer));
	must(claim_equals(bent.claims, "enrolment", offer.started.id) &&
	     claim_equals(bent.claims, "proof", offer.proof));
	must(enrolment_look(&offer.world->core, arena, offer.started.id, FUZZ_NOW, &state) == OK);
	must(strcmp(state.state, "confirm") == 0 && text_is_displayable(state.device_name));
	must(!*state.platform || text_is_displayable(state.platform));
	must(strlen(json_get_string(json, "digits")) == 6);
	offer_make(world_turn(offer.world));
	return true;
}

static void code_try(struct arena *arena, const char *text)
{
	static unsigned turn;
	scoped_json *json = NULL;
	const char *ip = arena_format(arena, "10.%u.%u.1", turn / 256 % 256, turn % 256);
	enum status status = enrolment_lookup(&offer.world->core, arena, text, ip, FUZZ_NOW, &json);

	turn++;
	must(status == E_INVALID || status == E_NOT_FOUND || status == E_BUSY || status == E_NOMEM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool checked;
	struct world *world = world_get();
	struct arena *arena = arena_new(4 << 20);
	char *text = size > 1 ? arena_strndup(arena, (const char *)data + 1, size - 1) : NULL;
	scoped_json *json = NULL;

	if (offer.world != world)
		offer_make(world);
	if (!checked)
		must(checked = signed_try(arena, "")); /* unbent, it is taken */
	if (text && data[0] == 's')
		signed_try(arena, text);
	else if (text && data[0] == 'c')
		code_try(arena, text);
	else
		must(redeem(arena, (const char *)data, size, &json) != OK);
	arena_free(arena);
	return 0;
}
