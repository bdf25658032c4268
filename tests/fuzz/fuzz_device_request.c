/*
 * A signed request: the Authorization header and the body. The first byte chooses: 'r' the header as it is, a newline,
 * the body: nobody signed that, so nobody is found. 's' header and claims as the input bends them, signed by the
 * device's key.
 */
#include <string.h>

#include "core/device.h"
#include "core_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATH "/device/v1/expect"
#define BODY "{}"
#define BH   "RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o"

static enum status verify(struct world *world, struct arena *arena, const char *authorization, const char *body,
			  size_t body_size)
{
	const struct device_request request = {
		.authorization = authorization, .method = "POST", .path = PATH, .body = body, .body_size = body_size};
	struct device_row device;
	const char *jti = NULL;
	bool off;
	enum status status = device_request_verify(&world->core, arena, &request, false, FUZZ_NOW, &device, &jti, &off);

	must(status == OK || status == E_REFUSED || status == E_NOT_FOUND || status == E_NOMEM);
	must(status != OK ||
	     (strcmp(device.id, world->device.id) == 0 && strlen(jti) >= 22 && strlen(jti) <= 64 && !off));
	return status;
}

static bool signed_try(struct world *world, struct arena *arena, const char *text)
{
	scoped_json *header = json_pack("{s:s, s:s}", "typ", "symbolon-request+jwt", "kid", world->device.id);
	scoped_json *claims = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s}", "aud", world->settings.issuer, "iat",
					(json_int_t)FUZZ_NOW, "jti", "JJJJJJJJJJJJJJJJJJJJJJ", "htm", "POST", "htu",
					"https://id.example.org" PATH, "bh", BH);
	struct bent bent;
	int64_t iat;

	if (!bent_sign(arena, world->key, header, claims, text, &bent) ||
	    verify(world, arena, arena_format(arena, "Symbolon %s", bent.jws), BODY, strlen(BODY)) != OK)
		return false;
	must(claim_equals(bent.header, "typ", "symbolon-request+jwt") &&
	     claim_equals(bent.header, "kid", world->device.id));
	must(claim_equals(bent.claims, "aud", world->settings.issuer) && claim_equals(bent.claims, "htm", "POST"));
	must(claim_equals(bent.claims, "htu", "https://id.example.org" PATH) && claim_equals(bent.claims, "bh", BH));
	must(json_take_int(bent.claims, "iat", FUZZ_NOW - 60, FUZZ_NOW + 60, &iat) == OK);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool checked;
	struct world *world = world_get();
	struct arena *arena = arena_new(4 << 20);
	char *text = size > 1 ? arena_strndup(arena, (const char *)data + 1, size - 1) : NULL;

	if (!checked)
		must(checked = signed_try(world, arena, "")); /* unbent, it is taken */
	if (text && data[0] == 's') {
		signed_try(world, arena, text);
	} else if (text) {
		char *body = strchr(text, '\n');

		if (body)
			*body++ = '\0';
		must(verify(world, arena, text, body ? body : "", body ? strlen(body) : 0) != OK);
		must(verify(world, arena, arena_format(arena, "Symbolon %s", text), body ? body : "",
			    body ? strlen(body) : 0) != OK);
	}
	arena_free(arena);
	return 0;
}
