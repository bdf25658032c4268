/* Authorization requests and responses. RFC 6749 4.1.1, OpenID Connect Core 3.1.2, RFC 9207, RFC 9700. */
#include "oidc_fixture.h"

#include "core/authorize.h"

#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static struct authorize_raw raw_plain(void)
{
	return (struct authorize_raw){.client_id = "web",
				      .redirect_uri = WEB_CB,
				      .response_type = "code",
				      .scope = "openid",
				      .state = "xyz",
				      .code_challenge = CHALLENGE,
				      .code_challenge_method = "S256"};
}

static struct authorize_result check(const struct oidc *oidc, const struct authorize_raw *raw)
{
	struct authorize_result result;

	assert_int_equal(authorize_check(&oidc->core, oidc->arena, raw, &result), OK);
	assert_true((result.answer == AUTHORIZE_GO) == (result.error.code == NULL));
	return result;
}

static void a_plain_request_is_understood(void **state)
{
	struct oidc *oidc = *state;
	struct authorize_raw raw = raw_plain();
	struct authorize_result result;

	raw.scope = "email openid offline_access profile openid admin";
	raw.nonce = "n";
	raw.max_age = "0";
	raw.prompt = "login consent";
	raw.login_hint = "demo@example.org";
	raw.acr_values = "mfa swk";
	raw.ui_locales = "ar en";
	result = check(oidc, &raw);
	assert_int_equal(result.answer, AUTHORIZE_GO);
	assert_string_equal(result.client.id, "web");
	assert_string_equal(result.params.redirect_uri, WEB_CB);
	assert_string_equal(result.params.response_mode, "query");
	assert_string_equal(result.params.scope, "openid profile email");
	assert_string_equal(result.params.state, "xyz");
	assert_string_equal(result.params.nonce, "n");
	assert_string_equal(result.params.login_hint, "demo@example.org");
	assert_string_equal(result.params.acr_values, "mfa swk");
	assert_string_equal(result.params.ui_locales, "ar en");
	assert_string_equal(result.params.code_challenge, CHALLENGE);
	assert_int_equal(result.params.max_age, 0);
	assert_true(result.params.prompt_login && result.params.prompt_consent);
	assert_false(result.params.prompt_none || result.params.prompt_select_account);
}

/* One change to the plain request each. */
struct change {
	size_t member;
	const char *value;
	enum authorize_answer answer;
	const char *code;
};
#define WITH(member_, value_, answer_, code_)                                                                          \
	{                                                                                                              \
		offsetof(struct authorize_raw, member_), value_, answer_, code_                                        \
	}

static const struct change changes[] = {
	WITH(client_id, NULL, AUTHORIZE_PAGE, "unknown_client"),
	WITH(client_id, "nobody", AUTHORIZE_PAGE, "unknown_client"),
	WITH(client_id, "WEB", AUTHORIZE_PAGE, "unknown_client"),
	WITH(client_id, "web' OR '1'='1", AUTHORIZE_PAGE, "unknown_client"),
	WITH(client_id, "\"\t\r\n\001</script>", AUTHORIZE_PAGE, "unknown_client"),
	WITH(redirect_uri, NULL, AUTHORIZE_PAGE, "bad_redirect_uri"),
	WITH(redirect_uri, "https://192.0.2.1/cb", AUTHORIZE_PAGE, "bad_redirect_uri"),
	WITH(redirect_uri, WEB_CB "/", AUTHORIZE_PAGE, "bad_redirect_uri"),
	WITH(redirect_uri, WEB_CB "\r\nX: y", AUTHORIZE_PAGE, "bad_redirect_uri"),
	WITH(redirect_uri, "javascript:alert(1)", AUTHORIZE_PAGE, "bad_redirect_uri"),
	WITH(response_type, NULL, AUTHORIZE_REDIRECT, "invalid_request"),
	WITH(response_type, "token", AUTHORIZE_REDIRECT, "unsupported_response_type"),
	WITH(response_type, "id_token", AUTHORIZE_REDIRECT, "unsupported_response_type"),
	WITH(response_type, "code id_token", AUTHORIZE_REDIRECT, "unsupported_response_type"),
	WITH(response_type, "none", AUTHORIZE_REDIRECT, "unsupported_response_type"),
	WITH(response_mode, "fragment", AUTHORIZE_REDIRECT, "invalid_request"),
	WITH(response_mode, "query", AUTHORIZE_GO, NULL),
	WITH(response_mode, "form_post", AUTHORIZE_GO, NULL),
	WITH(request, "eyJ", AUTHORIZE_REDIRECT, "request_not_supported"),
	WITH(request_uri, "https://app.example.org/r", AUTHORIZE_REDIRECT, "request_uri_not_supported"),
	WITH(scope, NULL, AUTHORIZE_REDIRECT, "invalid_scope"),
	WITH(scope, "profile", AUTHORIZE_REDIRECT, "invalid_scope"),
	WITH(scope, "openidx", AUTHORIZE_REDIRECT, "invalid_scope"),
	WITH(code_challenge, NULL, AUTHORIZE_REDIRECT, "invalid_request"),
	WITH(code_challenge, "short", AUTHORIZE_REDIRECT, "invalid_request"),
	WITH(code_challenge, CHALLENGE "A", AUTHORIZE_REDIRECT, "invalid_request"),
	WITH(code_challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c=", AUTHORIZE_REDIRECT, "invalid_request"),
	WITH(code_challenge_method, NULL, AUTHORIZE_REDIRECT, "invalid_request"), /* RFC 7636 4.3: that is "plain" */
	WITH(code_challenge_method, "plain", AUTHORIZE_REDIRECT, "invalid_request"),
	WITH(code_challenge_method, "s256", AUTHORIZE_REDIRECT, "invalid_request"),
	WITH(prompt, "none", AUTHORIZE_GO, NULL),
	WITH(prompt, "none login", AUTHORIZE_REDIRECT, "invalid_request"),
	WITH(prompt, "select_account none", AUTHORIZE_REDIRECT, "invalid_request"),
	WITH(max_age, "3600", AUTHORIZE_GO, NULL),
	WITH(max_age, "-1", AUTHORIZE_REDIRECT, "invalid_request"),
	WITH(max_age, "1h", AUTHORIZE_REDIRECT, "invalid_request"),
	WITH(max_age, "99999999999999999999", AUTHORIZE_REDIRECT, "invalid_request"),
};

static void each_mistake_goes_where_it_may(void **state)
{
	struct oidc *oidc = *state;

	for (size_t i = 0; i < ARRAY_COUNT(changes); i++) {
		struct authorize_raw raw = raw_plain();
		struct authorize_result result;

		memcpy((char *)&raw + changes[i].member, &changes[i].value, sizeof(changes[i].value));
		result = check(oidc, &raw);
		if (result.answer != changes[i].answer ||
		    (changes[i].code && strcmp(result.error.code, changes[i].code) != 0))
			fail_msg("row %zu (%s): %d %s", i, changes[i].value ? changes[i].value : "NULL",
				 (int)result.answer, result.error.code ? result.error.code : "fine");
		if (result.answer == AUTHORIZE_PAGE)
			assert_null(result.params.redirect_uri);
		else
			assert_string_equal(result.params.redirect_uri, WEB_CB);
	}
}

static void values_have_a_limit(void **state)
{
	struct oidc *oidc = *state;
	struct authorize_raw raw = raw_plain();
	char value[2050];

	memset(value, 'a', sizeof(value));
	value[2048] = '\0';
	raw.state = value;
	assert_int_equal(check(oidc, &raw).answer, AUTHORIZE_GO);
	value[2048] = 'a';
	value[2049] = '\0';
	assert_string_equal(check(oidc, &raw).error.code, "invalid_request");
	assert_null(check(oidc, &raw).params.state);
	raw = raw_plain();
	raw.nonce = value;
	assert_string_equal(check(oidc, &raw).error.code, "invalid_request");
}

static void only_public_clients_must_use_pkce(void **state)
{
	struct oidc *oidc = *state;
	struct authorize_raw raw = raw_plain();

	raw.code_challenge = raw.code_challenge_method = NULL;
	assert_int_equal(check(oidc, &raw).answer, AUTHORIZE_GO);
	raw.client_id = "native";
	raw.redirect_uri = "http://127.0.0.1:49152/cb";
	assert_string_equal(check(oidc, &raw).error.code, "invalid_request");
	raw.code_challenge = CHALLENGE;
	raw.code_challenge_method = "S256";
	assert_int_equal(check(oidc, &raw).answer, AUTHORIZE_GO);
	assert_string_equal(check(oidc, &raw).params.redirect_uri, "http://127.0.0.1:49152/cb");
}

static void a_hint_that_cannot_be_shown_is_dropped(void **state)
{
	struct oidc *oidc = *state;
	struct authorize_raw raw = raw_plain();

	raw.login_hint = "demo\xe2\x80\xae";
	assert_null(check(oidc, &raw).params.login_hint);
}

static void a_disabled_client_is_unknown(void **state)
{
	struct oidc *oidc = *state;
	const struct authorize_raw raw = raw_plain();
	struct client_row client = {.id = "web", .redirect_uris = "[\"" WEB_CB "\"]", .alg = "ES256"};
	struct authorize_result result;

	assert_int_equal(authorize_judge(oidc->arena, &raw, &client, &result), OK);
	assert_int_equal(result.answer, AUTHORIZE_GO);
	client.disabled = true;
	assert_int_equal(authorize_judge(oidc->arena, &raw, &client, &result), OK);
	assert_int_equal(result.answer, AUTHORIZE_PAGE);
	assert_string_equal(result.error.code, "unknown_client");
}

static void an_app_scheme_gets_no_form(void **state)
{
	struct oidc *oidc = *state;
	struct authorize_raw raw = raw_plain();
	const struct client_row app = {.id = "app", .is_public = true, .redirect_uris = "[\"org.example.app:/cb\"]"};
	struct authorize_result result;

	raw.redirect_uri = "org.example.app:/cb";
	assert_int_equal(authorize_judge(oidc->arena, &raw, &app, &result), OK);
	assert_int_equal(result.answer, AUTHORIZE_GO);
	raw.response_mode = "form_post";
	assert_int_equal(authorize_judge(oidc->arena, &raw, &app, &result), OK);
	assert_string_equal(result.error.code, "invalid_request");
	assert_string_equal(result.params.response_mode, "query");
}

/*= RFC9207#2 */
static void every_response_names_the_issuer(void **state)
{
	struct oidc *oidc = *state;
	struct authorize_params params = {.redirect_uri = WEB_CB, .response_mode = "query", .scope = "openid"};
	const struct oauth_error error = {"login_required", "a & b"};
	struct authorize_response response;

	assert_int_equal(authorize_response_code(&oidc->core, oidc->arena, &params, "abc", &response), OK);
	assert_false(response.form_post);
	assert_string_equal(response.location, WEB_CB "?code=abc&iss=https%3A%2F%2Fid.example.org");
	params.state = "a b&c=d#e%\r\n\xc3\xa9";
	assert_int_equal(authorize_response_code(&oidc->core, oidc->arena, &params, "abc", &response), OK);
	assert_string_equal(response.location, WEB_CB "?code=abc&state=a%20b%26c%3Dd%23e%25%0D%0A%C3%A9"
						      "&iss=https%3A%2F%2Fid.example.org");
	params.redirect_uri = "https://app.example.org/other?a=b";
	assert_int_equal(authorize_response_error(&oidc->core, oidc->arena, &params, &error, &response), OK);
	assert_string_equal(response.location,
			    "https://app.example.org/other?a=b&error=login_required&error_description=a%20%26%20b"
			    "&state=a%20b%26c%3Dd%23e%25%0D%0A%C3%A9&iss=https%3A%2F%2Fid.example.org");
}

static void a_form_has_the_bare_address_and_raw_values(void **state)
{
	struct oidc *oidc = *state;
	const struct authorize_params params = {.redirect_uri = WEB_CB,
						.response_mode = "form_post",
						.scope = "openid",
						.state = "\"><script>"};
	struct authorize_response response;

	assert_int_equal(authorize_response_code(&oidc->core, oidc->arena, &params, "abc", &response), OK);
	assert_true(response.form_post);
	assert_string_equal(response.location, WEB_CB);
	assert_int_equal(response.field_count, 3);
	assert_string_equal(response.fields[0].name, "code");
	assert_string_equal(response.fields[0].value, "abc");
	assert_string_equal(response.fields[1].name, "state");
	assert_string_equal(response.fields[1].value, "\"><script>");
	assert_string_equal(response.fields[2].name, "iss");
	assert_string_equal(response.fields[2].value, ISSUER);
}

static void params_survive_storage(void **state)
{
	struct oidc *oidc = *state;
	const struct authorize_params params = {.redirect_uri = "https://app.example.org/\"\\",
						.response_mode = "form_post",
						.scope = "openid email",
						.state = "\"\t\r\n\001</script>\xf0\x9f\x98\x80",
						.nonce = "\\u0000",
						.prompt_login = true,
						.prompt_select_account = true,
						.max_age = -1};
	struct authorize_params back;

	assert_int_equal(authorize_params_parse(oidc->arena, authorize_params_format(oidc->arena, &params), &back), OK);
	assert_string_equal(back.redirect_uri, params.redirect_uri);
	assert_string_equal(back.response_mode, params.response_mode);
	assert_string_equal(back.scope, params.scope);
	assert_string_equal(back.state, params.state);
	assert_string_equal(back.nonce, params.nonce);
	assert_null(back.login_hint);
	assert_null(back.code_challenge);
	assert_true(back.prompt_login && back.prompt_select_account && !back.prompt_none && !back.prompt_consent);
	assert_int_equal(back.max_age, -1);
}

static void damaged_params_are_refused(void **state)
{
	static const char *const damaged[] = {
		"",
		"[]",
		"{}",
		"{\"redirect_uri\":\"https://app.example.org\",\"scope\":\"openid\",\"max_age\":-1}",
		"{\"redirect_uri\":1,\"response_mode\":\"query\",\"scope\":\"openid\",\"max_age\":-1}",
		"{\"redirect_uri\":\"x\",\"response_mode\":\"query\",\"scope\":\"openid\",\"max_age\":\"1\"}"};
	struct oidc *oidc = *state;
	struct authorize_params params;

	for (size_t i = 0; i < ARRAY_COUNT(damaged); i++)
		assert_int_not_equal(authorize_params_parse(oidc->arena, damaged[i], &params), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_request_is_understood),
		cmocka_unit_test(each_mistake_goes_where_it_may),
		cmocka_unit_test(values_have_a_limit),
		cmocka_unit_test(only_public_clients_must_use_pkce),
		cmocka_unit_test(a_hint_that_cannot_be_shown_is_dropped),
		cmocka_unit_test(a_disabled_client_is_unknown),
		cmocka_unit_test(an_app_scheme_gets_no_form),
		cmocka_unit_test(every_response_names_the_issuer),
		cmocka_unit_test(a_form_has_the_bare_address_and_raw_values),
		cmocka_unit_test(params_survive_storage),
		cmocka_unit_test(damaged_params_are_refused),
	};

	return cmocka_run_group_tests(tests, oidc_setup, oidc_teardown);
}
