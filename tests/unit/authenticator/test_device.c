/* The pure functions of libsymbolon-device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"

#include "base/arena.h"
#include "base/json.h"
#include "crypto/jose.h"
#include "symbolon-device.h"

#define ID     "ZGV2aWNlLWRldmljZS1kZQ"
#define SECRET "c2VjcmV0LXNlY3JldC1zZQ"
#define LINK   "https://id.example.org/a/#e1." ID "." SECRET

static struct symbolon_device *device_make(void)
{
	struct symbolon_device *device = NULL;
	char *jwk = NULL;

	assert_int_equal(symbolon_key_generate(&jwk), SYMBOLON_OK);
	assert_int_equal(symbolon_device_new("https://id.example.org", ID, jwk, &device), SYMBOLON_OK);
	symbolon_text_free(&jwk);
	assert_null(jwk);
	return device;
}

static void only_https_and_loopback_are_issuers(void **state)
{
	static const struct {
		const char *issuer;
		enum symbolon_result wanted;
	} rows[] = {
		{"https://id.example.org", SYMBOLON_OK},
		{"https://id.example.org:8443/sub/path", SYMBOLON_OK},
		{"https://[2001:db8::1]", SYMBOLON_OK},
		{"http://localhost:8080", SYMBOLON_OK},
		{"http://127.0.0.1:8080", SYMBOLON_OK},
		{"http://127.9.9.9", SYMBOLON_OK},
		{"http://[::1]:80", SYMBOLON_OK},
		{"http://id.example.org", SYMBOLON_INVALID},
		{"http://127.0.0.1.example.org", SYMBOLON_INVALID},
		{"http://localhost.example.org", SYMBOLON_INVALID},
		{"http://128.0.0.1", SYMBOLON_INVALID},
		{"http://[::2]", SYMBOLON_INVALID},
		{"http://localhost@id.example.org", SYMBOLON_INVALID},
		{"https://demo@id.example.org", SYMBOLON_INVALID},
		{"https://demo:demo@id.example.org", SYMBOLON_INVALID},
		{"https://:@id.example.org", SYMBOLON_INVALID},
		{"https://id.example.org/", SYMBOLON_INVALID},
		{"https://id.example.org?x", SYMBOLON_INVALID},
		{"https://id.example.org#x", SYMBOLON_INVALID},
		{"https://id.example.org/a b", SYMBOLON_INVALID},
		{"https://id.example.org\r\nX: y", SYMBOLON_INVALID},
		{"https://id.example.org\\@evil.example.org", SYMBOLON_INVALID},
		{"https://", SYMBOLON_INVALID},
		{"ftp://id.example.org", SYMBOLON_INVALID},
		{"file:///etc/passwd", SYMBOLON_INVALID},
		{"id.example.org", SYMBOLON_INVALID},
		{"", SYMBOLON_INVALID},
		{NULL, SYMBOLON_INVALID},
	};
	char *jwk = NULL;

	(void)state;
	assert_int_equal(symbolon_key_generate(&jwk), SYMBOLON_OK);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct symbolon_device *device = NULL;
		if (symbolon_device_new(rows[i].issuer, NULL, jwk, &device) != rows[i].wanted)
			fail_msg("%s", rows[i].issuer);
		symbolon_device_free(&device);
	}
	symbolon_text_free(&jwk);
}

static void only_a_private_p256_key_makes_a_device(void **state)
{
	static const char *const bad[] = {
		NULL,
		"",
		"{}",
		"[]",
		"not json",
		/* public only */
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
		/* not on the curve */
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		"\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-"
		"E9LI\"}",
		"{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}",
	};
	struct symbolon_device *device = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		assert_int_equal(symbolon_device_new("https://id.example.org", ID, bad[i], &device), SYMBOLON_INVALID);
	assert_null(device);
}

static void ids_that_do_not_fit_a_path_are_refused(void **state)
{
	static const char *const bad[] = {
		"",    "..",    "a/b",      "a?b",
		"a b", "a%2fb", "\xc3\xa9", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
	struct symbolon_device *device = NULL;
	char *jwk = NULL;

	(void)state;
	assert_int_equal(symbolon_key_generate(&jwk), SYMBOLON_OK);
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		assert_int_equal(symbolon_device_new("https://id.example.org", bad[i], jwk, &device), SYMBOLON_INVALID);
	symbolon_text_free(&jwk);
}

static void links_are_taken_apart(void **state)
{
	struct symbolon_link link;

	(void)state;
	assert_int_equal(symbolon_link_parse(LINK, &link), SYMBOLON_OK);
	assert_string_equal(link.issuer, "https://id.example.org");
	assert_string_equal(link.id, ID);
	assert_string_equal(link.secret, SECRET);
	assert_int_equal(symbolon_link_parse("http://localhost:1/p/a/#e1." ID "." SECRET, &link), SYMBOLON_OK);
	assert_string_equal(link.issuer, "http://localhost:1/p");
}

static void what_is_no_link_is_refused(void **state)
{
	static const char *const bad[] = {
		NULL,
		"",
		"https://id.example.org/a/",
		"https://id.example.org/a/#c." ID,
		"https://id.example.org/a/#e2." ID "." SECRET,
		"https://id.example.org/a/#e1." ID,
		"https://id.example.org/a/#e1." ID "." SECRET "x",
		"https://id.example.org/a/#e1." ID "." SECRET "." SECRET,
		"https://id.example.org/a/#e1." ID "-" SECRET,
		"https://id.example.org/a/#e1.ZGV2aWNlLWRldmljZS1kZ!." SECRET,
		"https://id.example.org/a/#e1.ZGV2aWNlLWRldmljZS1kZR." SECRET, /* stray bits */
		"https://id.example.org/a/#e1." ID ". c2VjcmV0LXNlY3JldC1z",
		"http://id.example.org/a/#e1." ID "." SECRET,
		"/a/#e1." ID "." SECRET,
		"https://id.example.org?x=/a/#e1." ID "." SECRET,
	};
	struct symbolon_link link = {.id = "untouched"};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		if (symbolon_link_parse(bad[i], &link) != SYMBOLON_INVALID)
			fail_msg("%s", bad[i]);
	assert_string_equal(link.id, "untouched");
}

static void proof_depends_on_each_of_its_parts(void **state)
{
	struct symbolon_link link, other;
	char proof[44], again[44], changed[44];
	static const char thumbprint[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

	(void)state;
	assert_int_equal(symbolon_link_parse(LINK, &link), SYMBOLON_OK);
	assert_int_equal(symbolon_enrol_proof(&link, thumbprint, proof), SYMBOLON_OK);
	assert_int_equal(symbolon_enrol_proof(&link, thumbprint, again), SYMBOLON_OK);
	assert_string_equal(proof, again);
	other = link;
	memcpy(other.id, "AGV2aWNlLWRldmljZS1kZQ", 23);
	assert_int_equal(symbolon_enrol_proof(&other, thumbprint, changed), SYMBOLON_OK);
	assert_string_not_equal(proof, changed);
	other = link;
	memcpy(other.secret, "A2VjcmV0LXNlY3JldC1zZQ", 23);
	assert_int_equal(symbolon_enrol_proof(&other, thumbprint, changed), SYMBOLON_OK);
	assert_string_not_equal(proof, changed);
	other = link;
	memcpy(other.issuer, "https://ie", 10);
	assert_int_equal(symbolon_enrol_proof(&other, thumbprint, changed), SYMBOLON_OK);
	assert_string_not_equal(proof, changed);
	assert_int_equal(symbolon_enrol_proof(&link, "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", changed),
			 SYMBOLON_OK);
	assert_string_not_equal(proof, changed);
}

static void an_enrolment_for_another_issuer_is_not_signed(void **state)
{
	struct symbolon_device *device = device_make();
	struct symbolon_link link;
	char *jws = NULL;

	(void)state;
	assert_int_equal(symbolon_link_parse("https://other.example.org/a/#e1." ID "." SECRET, &link), SYMBOLON_OK);
	assert_int_equal(symbolon_enrol_token(device, &link, "n", "p", 1, &jws), SYMBOLON_INVALID);
	assert_null(jws);
	symbolon_device_free(&device);
}

static void a_request_leaves_query_and_fragment_out(void **state)
{
	struct symbolon_device *device = device_make();
	char *value = NULL;
	struct jose_parts parts;
	struct arena *arena = arena_new(1 << 20);

	(void)state;
	assert_int_equal(symbolon_request_authorization(device, "GET", "https://id.example.org/x?a=b#c", NULL, 0, 7,
							&value),
			 SYMBOLON_OK);
	assert_int_equal(jose_parse(arena, value + 9, strlen(value + 9), 4096, &parts), OK);
	assert_string_equal(json_get_string(parts.payload, "htu"), "https://id.example.org/x");
	assert_int_equal(json_integer_value(json_object_get(parts.payload, "iat")), 7);
	assert_null(json_object_get(parts.payload, "bh"));
	assert_string_equal(parts.kid, ID);
	assert_string_equal(parts.alg, "ES256");
	symbolon_text_free(&value);
	arena_free(arena);
	symbolon_device_free(&device);
}

static void a_device_without_an_id_signs_no_request(void **state)
{
	struct symbolon_device *device = NULL;
	char *jwk = NULL, *value = NULL;

	(void)state;
	assert_int_equal(symbolon_key_generate(&jwk), SYMBOLON_OK);
	assert_int_equal(symbolon_device_new("https://id.example.org", NULL, jwk, &device), SYMBOLON_OK);
	assert_int_equal(symbolon_request_authorization(device, "GET", "https://id.example.org/x", NULL, 0, 7, &value),
			 SYMBOLON_INVALID);
	symbolon_text_free(&jwk);
	symbolon_device_free(&device);
}

/* ---- details ---- */

#define DETAILS(id, nonce, question, account, client, request, tail)                                                   \
	"{\"id\":" id ",\"nonce\":" nonce "," question ",\"account\":" account ",\"client\":" client                   \
	",\"request\":" request tail "}"
#define ACCOUNT        "{\"username\":\"demo\",\"organisation\":\"Example\"}"
#define CLIENT         "{\"id\":\"payroll\",\"name\":\"Payroll\",\"host\":null}"
#define REQUEST        "{\"ip\":\"203.0.113.7\",\"known\":false,\"at\":5}"
#define TAIL           ",\"expires_at\":9"
#define CONFIRM        "\"mode\":\"confirm\",\"code\":\"UIMYQ\""
#define CHOOSE         "\"mode\":\"choose\",\"choices\":[\"17\",\"42\",\"86\"]"
#define ENTER          "\"mode\":\"enter\",\"digits\":2"
#define GOOD(question) DETAILS("\"" ID "\"", "\"n\"", question, ACCOUNT, CLIENT, REQUEST, TAIL)

static struct symbolon_challenge *challenge_make(const char *text)
{
	struct symbolon_challenge *challenge = NULL;

	if (symbolon_details_parse(text, strlen(text), &challenge) != SYMBOLON_OK)
		fail_msg("refused: %s", text);
	return challenge;
}

static void details_are_read(void **state)
{
	struct symbolon_challenge *challenge = challenge_make(GOOD(ENTER));

	(void)state;
	assert_string_equal(challenge->id, ID);
	assert_int_equal(challenge->mode, SYMBOLON_ENTER);
	assert_int_equal(challenge->digits, 2);
	assert_string_equal(challenge->username, "demo");
	assert_string_equal(challenge->client_name, "Payroll");
	assert_null(challenge->client_host);
	assert_null(challenge->place);
	assert_null(challenge->message);
	assert_false(challenge->known);
	assert_int_equal(challenge->expires_at, 9);
	assert_memory_equal(challenge->details, GOOD(ENTER), strlen(GOOD(ENTER)));
	symbolon_challenge_free(&challenge);
	assert_null(challenge);
}

static void a_browser_counts_as_new_unless_it_is_said_to_be_known(void **state)
{
	static const struct {
		const char *request;
		bool known;
	} rows[] = {
		{"{\"known\":true}", true}, {"{\"known\":false}", false},    {"{}", false},
		{"{\"known\":1}", false},   {"{\"known\":\"true\"}", false}, {"{\"known\":null}", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char text[1024];
		snprintf(text, sizeof(text), DETAILS("\"" ID "\"", "\"n\"", CONFIRM, ACCOUNT, CLIENT, "%s", TAIL),
			 rows[i].request);
		struct symbolon_challenge *challenge = challenge_make(text);
		assert_int_equal(challenge->known, rows[i].known);
		symbolon_challenge_free(&challenge);
	}
}

static void details_outside_the_protocol_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"null",
		"{\"id\":",
		DETAILS("\"../x\"", "\"n\"", CONFIRM, ACCOUNT, CLIENT, REQUEST, TAIL),
		DETAILS("7", "\"n\"", CONFIRM, ACCOUNT, CLIENT, REQUEST, TAIL),
		DETAILS("\"" ID "\"", "\"\"", CONFIRM, ACCOUNT, CLIENT, REQUEST, TAIL),
		DETAILS("\"" ID "\"", "null", CONFIRM, ACCOUNT, CLIENT, REQUEST, TAIL),
		DETAILS("\"" ID "\"", "\"n\"", CONFIRM, "null", CLIENT, REQUEST, TAIL),
		DETAILS("\"" ID "\"", "\"n\"", CONFIRM, "{}", CLIENT, REQUEST, TAIL),
		DETAILS("\"" ID "\"", "\"n\"", CONFIRM, ACCOUNT, "{}", REQUEST, TAIL),
		DETAILS("\"" ID "\"", "\"n\"", CONFIRM, ACCOUNT, CLIENT, "null", TAIL),
		DETAILS("\"" ID "\"", "\"n\"", CONFIRM, ACCOUNT, CLIENT, "{\"at\":-1}", TAIL),
		DETAILS("\"" ID "\"", "\"n\"", CONFIRM, ACCOUNT, CLIENT, REQUEST, ""),
		DETAILS("\"" ID "\"", "\"n\"", CONFIRM, ACCOUNT, CLIENT, REQUEST, ",\"expires_at\":\"9\""),
		DETAILS("\"" ID "\"", "\"n\"", CONFIRM, ACCOUNT, CLIENT, REQUEST,
			TAIL ",\"mode\":\"enter\",\"digits\":2"),
		GOOD("\"mode\":\"confirm\""),
		GOOD("\"mode\":\"confirm\",\"code\":\"uimyq\""),
		GOOD("\"mode\":\"confirm\",\"code\":\"UIMY\""),
		GOOD("\"mode\":\"confirm\",\"code\":\"UIMYQQ\""),
		GOOD("\"mode\":\"choose\",\"choices\":[]"),
		GOOD("\"mode\":\"choose\",\"choices\":[\"17\",\"42\"]"),
		GOOD("\"mode\":\"choose\",\"choices\":[\"17\",\"42\",\"86\",\"99\"]"),
		GOOD("\"mode\":\"choose\",\"choices\":[\"17\",\"42\",\"42\"]"),
		GOOD("\"mode\":\"choose\",\"choices\":[\"17\",\"42\",\"a6\"]"),
		GOOD("\"mode\":\"choose\",\"choices\":[\"17\",\"42\",\"6\"]"),
		GOOD("\"mode\":\"choose\",\"choices\":[17,42,86]"),
		GOOD("\"mode\":\"enter\""),
		GOOD("\"mode\":\"enter\",\"digits\":1"),
		GOOD("\"mode\":\"enter\",\"digits\":9"),
		GOOD("\"mode\":\"enter\",\"digits\":\"2\""),
		GOOD("\"mode\":\"verify\",\"digits\":2"),
		GOOD("\"mode\":null"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		struct symbolon_challenge *challenge = NULL;
		if (symbolon_details_parse(bad[i], strlen(bad[i]), &challenge) != SYMBOLON_BAD_ANSWER)
			fail_msg("%s", bad[i]);
		assert_null(challenge);
	}
}

static void too_long_details_are_refused(void **state)
{
	static char text[SYMBOLON_BODY_MAX + 2];
	struct symbolon_challenge *challenge = NULL;

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, GOOD(CONFIRM), sizeof(GOOD(CONFIRM)) - 1);
	assert_int_equal(symbolon_details_parse(text, SYMBOLON_BODY_MAX, &challenge), SYMBOLON_OK);
	symbolon_challenge_free(&challenge);
	assert_int_equal(symbolon_details_parse(text, SYMBOLON_BODY_MAX + 1, &challenge), SYMBOLON_BAD_ANSWER);
}

/* ---- answers ---- */

static void an_answer_has_a_number_exactly_where_it_belongs(void **state)
{
	static const struct {
		const char *details;
		enum symbolon_decision decision;
		const char *number;
		enum symbolon_result wanted;
	} rows[] = {
		{GOOD(CONFIRM), SYMBOLON_APPROVE, NULL, SYMBOLON_OK},
		{GOOD(CONFIRM), SYMBOLON_APPROVE, "42", SYMBOLON_INVALID},
		{GOOD(CONFIRM), SYMBOLON_DENY, NULL, SYMBOLON_OK},
		{GOOD(CONFIRM), SYMBOLON_REPORT, NULL, SYMBOLON_OK},
		{GOOD(CHOOSE), SYMBOLON_APPROVE, "42", SYMBOLON_OK},
		{GOOD(CHOOSE), SYMBOLON_APPROVE, "43", SYMBOLON_INVALID},
		{GOOD(CHOOSE), SYMBOLON_APPROVE, "042", SYMBOLON_INVALID},
		{GOOD(CHOOSE), SYMBOLON_APPROVE, "", SYMBOLON_INVALID},
		{GOOD(CHOOSE), SYMBOLON_APPROVE, NULL, SYMBOLON_INVALID},
		{GOOD(CHOOSE), SYMBOLON_DENY, "42", SYMBOLON_INVALID},
		{GOOD(CHOOSE), SYMBOLON_DENY, NULL, SYMBOLON_OK},
		{GOOD(ENTER), SYMBOLON_APPROVE, "07", SYMBOLON_OK},
		{GOOD(ENTER), SYMBOLON_APPROVE, "7", SYMBOLON_INVALID},
		{GOOD(ENTER), SYMBOLON_APPROVE, "007", SYMBOLON_INVALID},
		{GOOD(ENTER), SYMBOLON_APPROVE, " 7", SYMBOLON_INVALID},
		{GOOD(ENTER), SYMBOLON_APPROVE, "+7", SYMBOLON_INVALID},
		{GOOD(ENTER), SYMBOLON_APPROVE, NULL, SYMBOLON_INVALID},
		{GOOD(ENTER), SYMBOLON_REPORT, "07", SYMBOLON_INVALID},
		{GOOD(ENTER), (enum symbolon_decision)3, NULL, SYMBOLON_INVALID},
	};
	struct symbolon_device *device = device_make();

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct symbolon_challenge *challenge = challenge_make(rows[i].details);
		char *jws = NULL;
		if (symbolon_answer_make(device, challenge, rows[i].decision, rows[i].number, 1, &jws) !=
		    rows[i].wanted)
			fail_msg("row %zu", i);
		assert_int_equal(jws != NULL, rows[i].wanted == SYMBOLON_OK);
		symbolon_text_free(&jws);
		symbolon_challenge_free(&challenge);
	}
	symbolon_device_free(&device);
}

static void frees_accept_nothing(void **state)
{
	struct symbolon_device *device = NULL;
	struct symbolon_challenge *challenge = NULL;
	struct symbolon_events *events = NULL;
	char *text = NULL;

	(void)state;
	symbolon_device_free(&device);
	symbolon_device_free(NULL);
	symbolon_challenge_free(&challenge);
	symbolon_challenge_free(NULL);
	symbolon_events_free(&events);
	symbolon_events_free(NULL);
	symbolon_text_free(&text);
	symbolon_text_free(NULL);
	assert_string_equal(symbolon_result_name((enum symbolon_result)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_https_and_loopback_are_issuers),
		cmocka_unit_test(only_a_private_p256_key_makes_a_device),
		cmocka_unit_test(ids_that_do_not_fit_a_path_are_refused),
		cmocka_unit_test(links_are_taken_apart),
		cmocka_unit_test(what_is_no_link_is_refused),
		cmocka_unit_test(proof_depends_on_each_of_its_parts),
		cmocka_unit_test(an_enrolment_for_another_issuer_is_not_signed),
		cmocka_unit_test(a_request_leaves_query_and_fragment_out),
		cmocka_unit_test(a_device_without_an_id_signs_no_request),
		cmocka_unit_test(details_are_read),
		cmocka_unit_test(a_browser_counts_as_new_unless_it_is_said_to_be_known),
		cmocka_unit_test(details_outside_the_protocol_are_refused),
		cmocka_unit_test(too_long_details_are_refused),
		cmocka_unit_test(an_answer_has_a_number_exactly_where_it_belongs),
		cmocka_unit_test(frees_accept_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
