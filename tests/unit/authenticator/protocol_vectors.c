/*
 * Writes the protocol's vectors, tests/data/protocol/ (see the README there):
 *
 *   protocol-vectors FOLDER
 *
 * The key, ids, nonces and times are fixed. ES256 signatures and jti are random, so a second run gives other tokens
 * that are as good: run it only when the protocol changes, and keep what it wrote.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "crypto/jose.h"
#include "symbolon-device.h"

/* The P-256 key of RFC 7515 appendix A.3, and for strangers the one of RFC 7517 appendix A.2. */
static const char key_jwk[] = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
			      "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\","
			      "\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}";
static const char other_jwk[] =
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
	"\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\","
	"\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\"}";
static const char issuer[] = "https://id.example.org";
static const char device_id[] = "ZGV2aWNlLWRldmljZS1kZQ";
static const char link_text[] = "https://id.example.org/a/#e1.ZW5yb2xtZW50LWVucm9sbQ.c2VjcmV0LXNlY3JldC1zZQ";
static const int64_t now = 1790000010;

static const char *const details_texts[][2] = {
	{"confirm",
	 "{\"id\":\"Y29uZmlybS1jb25maXJtLQ\",\"nonce\":\"bm9uY2Utbm9uY2Utbm9uY2\",\"mode\":\"confirm\",\"code\":"
	 "\"UIMYQ\","
	 "\"account\":{\"username\":\"demo\",\"organisation\":\"Example\"},\"client\":{\"id\":\"payroll\",\"name\":"
	 "\"Payroll\",\"host\":\"payroll.example.org\"},\"request\":{\"ip\":\"203.0.113.7\",\"place\":\"Utrecht, NL\","
	 "\"browser\":\"Firefox on Linux\",\"known\":true,\"at\":1790000000},\"why\":\"Payroll asks for your phone.\","
	 "\"message\":null,\"expires_at\":1790000120}"},
	{"choose",
	 "{\"id\":\"Y2hvb3NlLWNob29zZS1jaG\",\"nonce\":\"bm9uY2Utbm9uY2Utbm9uY3\",\"mode\":\"choose\",\"choices\":["
	 "\"17\",\"42\","
	 "\"86\"],\"account\":{\"username\":\"demo\",\"organisation\":\"Example\"},\"client\":{\"id\":\"wiki\","
	 "\"name\":\"Wiki\","
	 "\"host\":null},\"request\":{\"ip\":\"2001:db8::7\",\"place\":null,\"browser\":\"Chrome on "
	 "Android\",\"known\":false,"
	 "\"at\":1790000000},\"why\":\"Wiki asks for the number because this browser is new.\",\"message\":null,"
	 "\"expires_at\":1790000120}"},
	/* Spaces, escapes, an unknown member and a name beyond ASCII: the bytes count, not what they mean. */
	{"enter", "{ \"id\": \"ZW50ZXItZW50ZXItZW50ZX\",\n  \"nonce\": \"bm9uY2Utbm9uY2Utbm9uY4\", \"mode\": "
		  "\"enter\", \"digits\": 6,\n"
		  "  \"account\": {\"username\": \"demo\", \"organisation\": \"\\u0395xample \xc3\xa9t\xc3\xa9\"},\n"
		  "  \"client\": {\"id\": \"payroll\", \"name\": \"Payroll \\u003cthe\\/old\\u003e\", \"host\": "
		  "\"payroll.example.org\"},\n"
		  "  \"request\": {\"ip\": \"198.51.100.9\", \"place\": null, \"browser\": null, \"known\": false, "
		  "\"at\": 1790000000},\n"
		  "  \"why\": \"\", \"message\": \"Transfer 20 \xe2\x82\xac\", \"expires_at\": 1790000120, \"later\": "
		  "{\"more\": []} }\n"},
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "protocol-vectors: %s failed\n", what);
	exit(1);
}

static void file_write(const char *folder, const char *name, json_t *json)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.json", folder, name);
	must(json && json_dump_file(json, path, JSON_INDENT(2)) == 0, path);
	FILE *file = fopen(path, "a");
	must(file && fputc('\n', file) != EOF && fclose(file) == 0, path);
	json_decref(json);
}

/* Claims of a token that was just made. */
static json_t *claims_of(const char *jws)
{
	struct arena *arena = arena_new(1 << 20);
	struct jose_parts parts;

	must(jose_parse(arena, jws, strlen(jws), 16384, &parts) == OK, "taking a token apart");
	json_t *claims = json_deep_copy(parts.payload);
	arena_free(arena);
	return claims;
}

static json_t *keys_make(const struct symbolon_device *device)
{
	struct arena *arena = arena_new(1 << 20);
	struct jose_key *key = NULL;

	must(jose_key_parse(key_jwk, strlen(key_jwk), &key) == OK, "the key");
	const char *public_jwk = jose_key_public(arena, key, NULL);
	json_t *json = json_pack("{s:s, s:s, s:I, s:o, s:o, s:s}", "issuer", issuer, "device_id", device_id, "now",
				 (json_int_t)now, "private_jwk", json_loads(key_jwk, 0, NULL), "public_jwk",
				 json_loads(public_jwk, 0, NULL), "thumbprint", symbolon_device_thumbprint(device));
	jose_key_free(&key);
	arena_free(arena);
	return json;
}

static json_t *enrolment_make(const struct symbolon_device *device)
{
	struct symbolon_link link;
	char proof[44], *jws = NULL;

	must(symbolon_link_parse(link_text, &link) == SYMBOLON_OK, "the link");
	must(symbolon_enrol_proof(&link, symbolon_device_thumbprint(device), proof) == SYMBOLON_OK, "the proof");
	must(symbolon_enrol_token(device, &link, "Test device", "Linux", now, &jws) == SYMBOLON_OK, "the enrolment");
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "link", link_text, "id", link.id, "secret",
				 link.secret, "proof", proof, "jws", jws, "claims", claims_of(jws));
	symbolon_text_free(&jws);
	return json;
}

static json_t *request_make(const struct symbolon_device *device, const char *name, const char *method,
			    const char *path, const char *body)
{
	char url[256], *value = NULL;

	snprintf(url, sizeof(url), "%s/device/v1%s", issuer, path);
	must(symbolon_request_authorization(device, method, url, body, body ? strlen(body) : 0, now, &value) ==
		     SYMBOLON_OK,
	     "a request");
	json_t *json = json_pack("{s:s, s:s, s:s, s:s?, s:s, s:o}", "name", name, "method", method, "url", url, "body",
				 body, "authorization", value, "claims", claims_of(value + strlen("Symbolon ")));
	symbolon_text_free(&value);
	return json;
}

static json_t *requests_make(const struct symbolon_device *device)
{
	return json_pack("[o, o, o]", request_make(device, "list", "GET", "/challenges", NULL),
			 request_make(device, "expect", "POST", "/expect", "{}"),
			 request_make(device, "leave", "DELETE", "/device", NULL));
}

static struct symbolon_challenge *challenge_of(const char *name)
{
	struct symbolon_challenge *challenge = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(details_texts); i++)
		if (strcmp(details_texts[i][0], name) == 0)
			must(symbolon_details_parse(details_texts[i][1], strlen(details_texts[i][1]), &challenge) ==
				     SYMBOLON_OK,
			     name);
	return challenge;
}

static json_t *details_make(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_COUNT(details_texts); i++) {
		struct symbolon_challenge *challenge = challenge_of(details_texts[i][0]);
		char shown[44];

		base64url_format(challenge->shown, 32, shown);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", details_texts[i][0], "bytes",
						      details_texts[i][1], "shown", shown));
		symbolon_challenge_free(&challenge);
	}
	return list;
}

static json_t *answer_make(const struct symbolon_device *device, const char *name, enum symbolon_decision decision,
			   const char *number)
{
	static const char *const words[] = {"approve", "deny", "report"};
	struct symbolon_challenge *challenge = challenge_of(name);
	char *jws = NULL, full[64];

	must(symbolon_answer_make(device, challenge, decision, number, now, &jws) == SYMBOLON_OK, "an answer");
	snprintf(full, sizeof(full), "%s-%s", words[decision], name);
	json_t *json = json_pack("{s:s, s:s, s:s, s:s?, s:s, s:o}", "name", full, "details", name, "decision",
				 words[decision], "number", number, "jws", jws, "claims", claims_of(jws));
	symbolon_text_free(&jws);
	symbolon_challenge_free(&challenge);
	return json;
}

static json_t *answers_make(const struct symbolon_device *device)
{
	return json_pack("[o, o, o, o, o]", answer_make(device, "confirm", SYMBOLON_APPROVE, NULL),
			 answer_make(device, "choose", SYMBOLON_APPROVE, "42"),
			 answer_make(device, "enter", SYMBOLON_APPROVE, "048261"),
			 answer_make(device, "choose", SYMBOLON_DENY, NULL),
			 answer_make(device, "enter", SYMBOLON_REPORT, NULL));
}

/* ---- what is to be refused ---- */

/* Signs as told, by our key or the stranger's, whatever it says. */
static char *token_make(const char *jwk, const json_t *header, const json_t *claims)
{
	struct arena *arena = arena_new(1 << 20);
	struct jose_key *key = NULL;
	char *jws = NULL, *payload = json_format(arena, claims);

	must(jose_key_parse(jwk, strlen(jwk), &key) == OK &&
		     jose_sign(arena, key, header, payload, strlen(payload), &jws) == OK,
	     "signing");
	char *copy = strdup(jws);
	jose_key_free(&key);
	arena_free(arena);
	return copy;
}

struct negative {
	const char *why;
	const char *jwk;
	const char *typ;
	const char *kid;
	const char *claim; /* is changed to `value`, or taken away */
	const char *value;
	int64_t iat_off;
};

static void negative_add(json_t *list, const char *kind, const char *against, const json_t *good,
			 const struct negative *negative)
{
	json_t *claims = json_deep_copy(good);
	json_t *header =
		json_pack("{s:s, s:s}", "typ", negative->typ, "kid", negative->kid ? negative->kid : device_id);

	if (negative->claim && negative->value)
		json_object_set_new(claims, negative->claim, json_string(negative->value));
	else if (negative->claim)
		json_object_del(claims, negative->claim);
	if (negative->iat_off)
		json_object_set_new(claims, "iat", json_integer(now + negative->iat_off));
	char *jws = token_make(negative->jwk ? negative->jwk : key_jwk, header, claims);
	json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "why", negative->why, "kind", kind, "against",
					      against, "jws", jws));
	free(jws);
	json_decref(header);
	json_decref(claims);
}

/* The last character before `at` dots from the end becomes another of the alphabet: a bit is other. */
static void altered_add(json_t *list, const char *kind, const char *against, const char *jws, size_t part)
{
	static const char *const whys[] = {"a bit of the header is other", "a bit of the payload is other",
					   "a bit of the signature is other"};
	char *copy = strdup(jws);
	char *at = copy;

	for (size_t i = 0; i < part; i++)
		at = strchr(at, '.') + 1;
	at += 8; /* well inside: no padding bits, which a strict parser would refuse for another reason */
	*at = *at == 'A' ? 'B' : 'A';
	json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "why", whys[part], "kind", kind, "against",
					      against, "jws", copy));
	free(copy);
}

/* header.payload without a signature, alg none */
static void unsigned_add(json_t *list, const char *kind, const char *against, const char *typ, const json_t *claims)
{
	struct arena *arena = arena_new(1 << 20);
	char *header = arena_format(arena, "{\"alg\":\"none\",\"typ\":\"%s\",\"kid\":\"%s\"}", typ, device_id);
	char *payload = json_format(arena, claims);
	char *jws = arena_format(arena, "%s.%s.", base64url_dup(arena, header, strlen(header)),
				 base64url_dup(arena, payload, strlen(payload)));

	json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "why", "alg is none", "kind", kind, "against",
					      against, "jws", jws));
	arena_free(arena);
}

static void negatives_of_request(json_t *list, const json_t *request)
{
	static const char typ[] = "symbolon-request+jwt";
	static const struct negative negatives[] = {
		{.why = "typ is an answer's", .typ = "symbolon-answer+jwt"},
		{.why = "typ is JWT", .typ = "JWT"},
		{.why = "aud is another issuer", .typ = typ, .claim = "aud", .value = "https://other.example.org"},
		{.why = "aud has a slash more", .typ = typ, .claim = "aud", .value = "https://id.example.org/"},
		{.why = "no aud", .typ = typ, .claim = "aud"},
		{.why = "htm is another", .typ = typ, .claim = "htm", .value = "DELETE"},
		{.why = "htu is another",
		 .typ = typ,
		 .claim = "htu",
		 .value = "https://id.example.org/device/v1/device"},
		{.why = "bh is another body's",
		 .typ = typ,
		 .claim = "bh",
		 .value = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"},
		{.why = "no bh beside a body", .typ = typ, .claim = "bh"},
		{.why = "no jti", .typ = typ, .claim = "jti"},
		{.why = "too old", .typ = typ, .iat_off = -61},
		{.why = "too early", .typ = typ, .iat_off = 61},
		{.why = "another's key", .typ = typ, .jwk = other_jwk},
		{.why = "an unknown device", .typ = typ, .kid = "c29tZS1vdGhlci1kZXZpY2"},
	};
	const json_t *claims = json_object_get(request, "claims");
	const char *jws = json_get_string(request, "authorization") + strlen("Symbolon ");

	for (size_t i = 0; i < ARRAY_COUNT(negatives); i++)
		negative_add(list, "request", "expect", claims, &negatives[i]);
	for (size_t part = 0; part < 3; part++)
		altered_add(list, "request", "expect", jws, part);
	unsigned_add(list, "request", "expect", typ, claims);
}

static void negatives_of_answer(json_t *list, const json_t *answer)
{
	static const char typ[] = "symbolon-answer+jwt";
	static const char against[] = "approve-choose";
	static const struct negative negatives[] = {
		{.why = "typ is a request's", .typ = "symbolon-request+jwt"},
		{.why = "typ is an enrolment's", .typ = "symbolon-enrol+jwt"},
		{.why = "aud is another issuer", .typ = typ, .claim = "aud", .value = "https://other.example.org"},
		{.why = "another challenge", .typ = typ, .claim = "challenge", .value = "Y29uZmlybS1jb25maXJtLQ"},
		{.why = "another nonce", .typ = typ, .claim = "nonce", .value = "bm9uY2Utbm9uY2Utbm9uY4"},
		{.why = "no nonce", .typ = typ, .claim = "nonce"},
		{.why = "shown is of other details",
		 .typ = typ,
		 .claim = "shown",
		 .value = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"},
		{.why = "no shown", .typ = typ, .claim = "shown"},
		{.why = "an unknown decision", .typ = typ, .claim = "decision", .value = "maybe"},
		{.why = "approved without the number", .typ = typ, .claim = "number"},
		{.why = "too old", .typ = typ, .iat_off = -61},
		{.why = "another's key", .typ = typ, .jwk = other_jwk},
		{.why = "an unknown device", .typ = typ, .kid = "c29tZS1vdGhlci1kZXZpY2"},
	};
	const json_t *claims = json_object_get(answer, "claims");

	for (size_t i = 0; i < ARRAY_COUNT(negatives); i++)
		negative_add(list, "answer", against, claims, &negatives[i]);
	for (size_t part = 0; part < 3; part++)
		altered_add(list, "answer", against, json_get_string(answer, "jws"), part);
	unsigned_add(list, "answer", against, typ, claims);
}

/* An enrolment carries its key: a stranger's may sign well and must fail by its proof. */
static void negatives_of_enrolment(json_t *list, const json_t *enrolment)
{
	const json_t *claims = json_object_get(enrolment, "claims");
	json_t *header = json_pack("{s:s, s:{s:s, s:s, s:s, s:s}}", "typ", "symbolon-enrol+jwt", "jwk", "kty", "EC",
				   "crv", "P-256", "x", "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y",
				   "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");
	char *jws = token_make(other_jwk, header, claims);

	json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "why", "the proof is for another key", "kind",
					      "enrolment", "against", "enrolment", "jws", jws));
	free(jws);
	json_decref(header);
	const struct negative no_key = {.why = "no key in the header", .typ = "symbolon-enrol+jwt"};
	negative_add(list, "enrolment", "enrolment", claims, &no_key);
	for (size_t part = 0; part < 3; part++)
		altered_add(list, "enrolment", "enrolment", json_get_string(enrolment, "jws"), part);
}

int main(int argc, char **argv)
{
	struct symbolon_device *device = NULL;
	json_t *negatives = json_array();

	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	must(symbolon_device_new(issuer, device_id, key_jwk, &device) == SYMBOLON_OK, "the device");
	json_t *enrolment = enrolment_make(device), *requests = requests_make(device), *answers = answers_make(device);
	negatives_of_enrolment(negatives, enrolment);
	negatives_of_request(negatives, json_array_get(requests, 1));
	negatives_of_answer(negatives, json_array_get(answers, 1));
	file_write(argv[1], "keys", keys_make(device));
	file_write(argv[1], "enrolment", enrolment);
	file_write(argv[1], "requests", requests);
	file_write(argv[1], "details", details_make());
	file_write(argv[1], "answers", answers);
	file_write(argv[1], "negatives", negatives);
	symbolon_device_free(&device);
	return 0;
}
