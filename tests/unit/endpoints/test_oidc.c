/* OpenID Connect as browsers and services meet it: status, headers, bodies. */
#include "../core/oidc_fixture.h"

#include "base/encode.h"
#include "endpoints/oidc/oidc.h"

#define BROWSER_TOKEN "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define SESSION_TOKEN "SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS"
#define COOKIES       COOKIE_BROWSER "=" BROWSER_TOKEN "; " COOKIE_SESSION "=" SESSION_TOKEN
#define BYE           "https%3A%2F%2Fapp.example.org%2Fbye%3Fa%3Db"
#define FORM          "application/x-www-form-urlencoded"
#define AUTHORIZE                                                                                                      \
	"client_id=web&redirect_uri=https%3A%2F%2Fapp.example.org%2Fcb&response_type=code&scope=openid&state=a%20b"

typedef enum status (*endpoint_fn)(const struct app *app, const struct request *req, struct response *res);

/* One request, and what came back. */
struct exchange {
	const char *query, *body, *content_type, *authorization, *cookie;
	int64_t now;
	struct response *res;
	int status;
	const char *location;
	char *text; /* the body */
};

static struct app app_of(const struct oidc *oidc)
{
	const char *discovery = NULL;

	assert_int_equal(oidc_discovery_make(oidc->arena, oidc->core.settings->issuer, &discovery), OK);
	return (struct app){.core = oidc->core,
			    .discovery = discovery,
			    .signin_page = "<html><!--STATE--></html>",
			    .form_post_page = "<html><!--FORM--></html>"};
}

static void ask(const struct oidc *oidc, endpoint_fn endpoint, struct exchange *exchange)
{
	const struct app app = app_of(oidc);
	struct http_header headers[2];
	struct request req = {.arena = oidc->arena,
			      .method = exchange->body ? HTTP_POST : HTTP_GET,
			      .path = "/path",
			      .query = exchange->query ? exchange->query : "",
			      .body = exchange->body ? exchange->body : "",
			      .content_type = exchange->content_type ? exchange->content_type : "",
			      .host = "id.example.org",
			      .ip = "192.0.2.1",
			      .ip_trusted = true,
			      .now = exchange->now ? exchange->now : NOW,
			      .headers = headers};
	const void *bytes;
	size_t size;

	if (exchange->body && !exchange->content_type)
		req.content_type = FORM;
	if (exchange->authorization)
		headers[req.header_count++] = (struct http_header){"Authorization", exchange->authorization};
	if (exchange->cookie)
		headers[req.header_count++] = (struct http_header){"Cookie", exchange->cookie};
	req.body_size = strlen(req.body);
	exchange->res = response_new(oidc->arena, true);
	assert_int_equal(endpoint(&app, &req, exchange->res), OK);
	exchange->status = response_get_status(exchange->res);
	exchange->location = response_get_header(exchange->res, "Location");
	bytes = response_get_body(exchange->res, &size);
	exchange->text = arena_strndup(oidc->arena, size ? bytes : "", size);
	assert_null(response_get_header(exchange->res, "Access-Control-Allow-Origin"));
}

static json_t *json_of(const struct exchange *exchange)
{
	json_t *json = NULL;

	assert_int_equal(json_parse_limited(exchange->text, strlen(exchange->text), 6, &json), OK);
	return json;
}

static void error_is(const struct exchange *exchange, int status, const char *error)
{
	scoped_json *json = json_of(exchange);

	assert_int_equal(exchange->status, status);
	assert_string_equal(json_get_string(json, "error"), error);
	assert_null(json_object_get(json, "access_token"));
	assert_string_equal(response_get_header(exchange->res, "Cache-Control"), "no-store");
	assert_int_equal(response_get_header(exchange->res, "WWW-Authenticate") != NULL, status == 401);
}

/* An error page for people: no way on to anywhere. */
static void page_is(const struct exchange *exchange, int status, const char *code)
{
	assert_int_equal(exchange->status, status);
	assert_null(exchange->location);
	if (!strstr(exchange->text, code))
		fail_msg("%s in %s", code, exchange->text);
}

/* ---- discovery, keys ---- */

static bool has_word(const json_t *json, const char *list, const char *word)
{
	size_t i;
	json_t *item;

	json_array_foreach (json_object_get(json, list), i, item)
		if (strcmp(json_string_value(item), word) == 0)
			return true;
	return false;
}

static void discovery_tells_the_truth(void **state)
{
	static const struct {
		const char *list;
		size_t count;
		const char *word;
	} lists[] = {
		{"response_types_supported", 1, "code"},
		{"response_modes_supported", 2, "form_post"},
		{"grant_types_supported", 1, "authorization_code"},
		{"subject_types_supported", 1, "public"},
		{"code_challenge_methods_supported", 1, "S256"},
		{"id_token_signing_alg_values_supported", 2, "RS256"},
		{"token_endpoint_auth_methods_supported", 3, "client_secret_basic"},
		{"scopes_supported", 3, "email"},
		{"prompt_values_supported", 4, "select_account"},
		{"ui_locales_supported", 2, "ar"},
	};
	struct oidc *oidc = *state;
	struct exchange exchange = {0};
	scoped_json *json = NULL;

	ask(oidc, oidc_discovery, &exchange);
	json = json_of(&exchange);
	assert_int_equal(exchange.status, 200);
	assert_string_equal(json_get_string(json, "issuer"), ISSUER);
	assert_string_equal(json_get_string(json, "authorization_endpoint"), ISSUER "/authorize");
	assert_string_equal(json_get_string(json, "token_endpoint"), ISSUER "/token");
	assert_string_equal(json_get_string(json, "userinfo_endpoint"), ISSUER "/userinfo");
	assert_string_equal(json_get_string(json, "jwks_uri"), ISSUER "/jwks");
	assert_string_equal(json_get_string(json, "end_session_endpoint"), ISSUER "/logout");
	for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
		assert_int_equal(json_array_size(json_object_get(json, lists[i].list)), lists[i].count);
		assert_true(has_word(json, lists[i].list, lists[i].word));
	}
	assert_true(json_get_bool(json, "authorization_response_iss_parameter_supported", false));
	assert_false(json_get_bool(json, "request_parameter_supported", true));
	assert_false(json_get_bool(json, "request_uri_parameter_supported", true)); /* absent would mean true */
	assert_null(json_object_get(json, "registration_endpoint"));
	assert_null(json_object_get(json, "introspection_endpoint"));
}

static void jwks_is_the_keyrings(void **state)
{
	struct oidc *oidc = *state;
	struct exchange exchange = {0};

	ask(oidc, oidc_jwks, &exchange);
	assert_int_equal(exchange.status, 200);
	assert_string_equal(exchange.text, keyring_view(oidc->core.keyring)->jwks);
	assert_string_equal(response_get_header(exchange.res, "Content-Type"), "application/json");
}

/* ---- /authorize ---- */

static void a_request_leads_to_the_page_of_a_new_login(void **state)
{
	struct oidc *oidc = *state;
	struct exchange exchange = {.query = AUTHORIZE};

	ask(oidc, oidc_authorize, &exchange);
	assert_int_equal(exchange.status, 303);
	assert_int_equal(strncmp(exchange.location, "/signin/?login=", 15), 0);
	assert_int_equal(strlen(exchange.location), 15 + ID_SIZE - 1);
	assert_non_null(strstr(response_get_header(exchange.res, "Set-Cookie"), COOKIE_BROWSER "="));
}

static void what_is_not_registered_gets_a_page(void **state)
{
	static const struct {
		const char *query, *code;
	} table[] = {
		{"", "unknown_client"},
		{"client_id=nobody&redirect_uri=https%3A%2F%2F192.0.2.1", "unknown_client"},
		{"client_id=web&redirect_uri=https%3A%2F%2F192.0.2.1", "bad_redirect_uri"},
		{"client_id=web", "bad_redirect_uri"},
		{AUTHORIZE "&client_id=native", "bad_request"},
		{AUTHORIZE "&scope=openid", "bad_request"},
		{AUTHORIZE "&x=%zz", "bad_request"},
		{AUTHORIZE "&x=%00", "bad_request"},
		{AUTHORIZE "&x=%ff", "bad_request"},
	};
	struct oidc *oidc = *state;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct exchange exchange = {.query = table[i].query};

		ask(oidc, oidc_authorize, &exchange);
		page_is(&exchange, 400, table[i].code);
	}
}

static void what_is_unknown_is_passed_over(void **state)
{
	struct oidc *oidc = *state;
	struct exchange exchange = {.query = AUTHORIZE "&unknown=1&claims=%7B%7D"};

	ask(oidc, oidc_authorize, &exchange);
	assert_int_equal(exchange.status, 303);
	assert_int_equal(strncmp(exchange.location, "/signin/", 8), 0);
}

static void errors_go_back_with_state_and_issuer(void **state)
{
	static const struct {
		const char *more, *error;
	} table[] = {
		{"&prompt=none", "login_required"},
		{"&prompt=none+login", "invalid_request"},
		{"&request=eyJ", "request_not_supported"},
		{"&request_uri=https%3A%2F%2Fapp.example.org", "request_uri_not_supported"},
		{"&prompt=none&id_token_hint=nonsense", "invalid_request"},
	};
	struct oidc *oidc = *state;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct exchange exchange = {.query = arena_format(oidc->arena, "%s%s", AUTHORIZE, table[i].more)};
		const char *start = arena_format(oidc->arena, WEB_CB "?error=%s&", table[i].error);

		ask(oidc, oidc_authorize, &exchange);
		assert_int_equal(exchange.status, 303);
		assert_int_equal(strncmp(exchange.location, start, strlen(start)), 0);
		assert_non_null(strstr(exchange.location, "&state=a%20b&iss=https%3A%2F%2Fid.example.org"));
	}
}

static void a_form_post_is_a_page(void **state)
{
	struct oidc *oidc = *state;
	struct exchange exchange = {
		.query = "client_id=web&redirect_uri=https%3A%2F%2Fapp.example.org%2Fcb&response_type=code&scope="
			 "openid&prompt=none&response_mode=form_post&state=%22%3E%3Cscript%3E"};

	ask(oidc, oidc_authorize, &exchange);
	assert_int_equal(exchange.status, 200);
	assert_null(exchange.location);
	assert_non_null(strstr(exchange.text, "action=\"https://app.example.org/cb\""));
	assert_non_null(strstr(exchange.text, "name=\"error\" value=\"login_required\""));
	assert_non_null(strstr(exchange.text, "name=\"iss\" value=\"" ISSUER "\""));
	assert_null(strstr(exchange.text, "<script"));
}

/* A POST from another site has no cookies: it comes back as a GET, which has. Nothing else happens. */
static void a_post_comes_back_as_the_same_get(void **state)
{
	struct oidc *oidc = *state;
	struct exchange exchange = {.body = "client_id=web&state=a+b%26%0d%0a%22&scope=openid%20email"};

	ask(oidc, oidc_authorize, &exchange);
	assert_int_equal(exchange.status, 303);
	assert_string_equal(exchange.location, "/path?client_id=web&state=a%20b%26%0D%0A%22&scope=openid%20email");
	assert_null(response_get_header(exchange.res, "Set-Cookie"));
}

static void a_post_too_long_for_a_get_is_refused(void **state)
{
	struct oidc *oidc = *state;
	char *body = arena_alloc(oidc->arena, 9000);
	struct exchange exchange = {.body = body};

	memset(body, 'a', 8999);
	memcpy(body, "state=", 6);
	ask(oidc, oidc_authorize, &exchange);
	page_is(&exchange, 400, "bad_request");
}

static void a_post_that_is_no_form_is_refused(void **state)
{
	struct oidc *oidc = *state;
	struct exchange json = {.body = "{}", .content_type = "application/json"};
	struct exchange repeated = {.body = "state=a&state=b"};

	ask(oidc, oidc_authorize, &json);
	page_is(&json, 400, "bad_request");
	ask(oidc, oidc_authorize, &repeated);
	page_is(&repeated, 400, "bad_request");
}

/* ---- /token ---- */

static const char *basic(const struct oidc *oidc, const char *pair)
{
	char encoded[1024];

	base64_format(pair, strlen(pair), encoded);
	return arena_format(oidc->arena, "Basic %s", encoded);
}

static const char *web_basic(const struct oidc *oidc)
{
	return basic(oidc, arena_format(oidc->arena, "web:%s", oidc->web_secret));
}

/* A fresh code in a body that is right but for the client's authentication and `more`. */
static const char *body_of(const struct oidc *oidc, const char *more)
{
	const struct grant_new grant = oidc_grant(oidc);

	oidc_issue(oidc, &grant, NOW);
	return arena_format(
		oidc->arena,
		"grant_type=authorization_code&redirect_uri=https%%3A%%2F%%2Fapp.example.org%%2Fcb&code=%s%s",
		grant.code, more);
}

static void tokens_came(const struct exchange *exchange)
{
	scoped_json *json = json_of(exchange);

	if (exchange->status != 200)
		fail_msg("%d %s", exchange->status, exchange->text);
	assert_non_null(json_get_string(json, "access_token"));
	assert_non_null(json_get_string(json, "id_token"));
	assert_string_equal(json_get_string(json, "token_type"), "Bearer");
	assert_string_equal(json_get_string(json, "scope"), "openid profile email");
	assert_int_equal(json_integer_value(json_object_get(json, "expires_in")), 300);
	assert_null(json_object_get(json, "refresh_token"));
	assert_string_equal(response_get_header(exchange->res, "Cache-Control"), "no-store");
	assert_string_equal(response_get_header(exchange->res, "Pragma"), "no-cache");
}

static void each_way_of_authentication_works(void **state)
{
	struct oidc *oidc = *state;
	struct exchange by_basic = {.body = body_of(oidc, ""), .authorization = web_basic(oidc)};
	struct exchange named = {.body = body_of(oidc, "&client_id=web"), .authorization = web_basic(oidc)};
	struct exchange by_post = {
		.body = body_of(oidc, arena_format(oidc->arena, "&client_id=web&client_secret=%s", oidc->web_secret))};
	struct exchange lower = {.body = body_of(oidc, "")};

	ask(oidc, oidc_token, &by_basic);
	tokens_came(&by_basic);
	ask(oidc, oidc_token, &named);
	tokens_came(&named);
	ask(oidc, oidc_token, &by_post);
	tokens_came(&by_post);
	lower.authorization = arena_format(oidc->arena, "bAsIc  %s", web_basic(oidc) + 6);
	ask(oidc, oidc_token, &lower);
	tokens_came(&lower);
}

/*= RFC6749#2.3.1  both halves are form-encoded before they are joined */
static void basic_is_percent_decoded(void **state)
{
	struct oidc *oidc = *state;
	struct exchange exchange = {.body = body_of(oidc, "")};

	exchange.authorization =
		basic(oidc, arena_format(oidc->arena, "%%77e%%62:%%%02x%s", oidc->web_secret[0], oidc->web_secret + 1));
	ask(oidc, oidc_token, &exchange);
	tokens_came(&exchange);
}

static void two_ways_at_once_are_refused(void **state)
{
	static const char *const more[] = {"&client_secret=x", "&client_secret=", "&client_assertion=x",
					   "&client_id=native"};
	struct oidc *oidc = *state;

	for (size_t i = 0; i < ARRAY_COUNT(more); i++) {
		struct exchange exchange = {.body = body_of(oidc, more[i]), .authorization = web_basic(oidc)};

		ask(oidc, oidc_token, &exchange);
		error_is(&exchange, 400, "invalid_request");
	}
}

static void odd_headers_are_refused_with_401(void **state)
{
	struct oidc *oidc = *state;
	const char *const headers[] = {
		"",
		"Basic",
		"Basic ",
		"Basic !!!!",
		"Basic d2Vi", /* no colon */
		"Bearer d2ViOng=",
		"Basicd2ViOng=",
		basic(oidc, "web:"),
		basic(oidc, ":secret"),
		basic(oidc, "web:%zz"),
		basic(oidc, "web:%00"),
		basic(oidc, "web:wrong"),
		basic(oidc, "nobody:wrong"),
		basic(oidc, "web:\xff\xfe"),
		basic(oidc, "native:"),
	};

	for (size_t i = 0; i < ARRAY_COUNT(headers); i++) {
		struct exchange exchange = {.body = body_of(oidc, ""), .authorization = headers[i]};

		ask(oidc, oidc_token, &exchange);
		error_is(&exchange, 401, "invalid_client");
		assert_string_equal(response_get_header(exchange.res, "WWW-Authenticate"),
				    "Basic realm=\"" ISSUER "\"");
	}
}

static void odd_bodies_are_refused(void **state)
{
	static const struct {
		const char *body, *content_type;
	} table[] = {
		{"grant_type=authorization_code&code=a&code=b&redirect_uri=x", FORM},
		{"grant_type=authorization_code&grant_type=authorization_code", FORM},
		{"{\"grant_type\":\"authorization_code\"}", "application/json"},
		{"grant_type=%zz", FORM},
		{"grant_type=authorization_code", "text/plain"},
		{"", FORM},
	};
	struct oidc *oidc = *state;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct exchange exchange = {.body = table[i].body,
					    .content_type = table[i].content_type,
					    .authorization = web_basic(oidc)};

		ask(oidc, oidc_token, &exchange);
		error_is(&exchange, 400, "invalid_request");
	}
}

static void a_code_in_the_query_does_not_count(void **state)
{
	struct oidc *oidc = *state;
	struct exchange exchange = {.query = body_of(oidc, ""), .body = "", .authorization = web_basic(oidc)};

	ask(oidc, oidc_token, &exchange);
	error_is(&exchange, 400, "invalid_request");
}

/* ---- /userinfo ---- */

static struct token_set tokens_of(const struct oidc *oidc, const char *sid)
{
	struct grant_new grant = oidc_grant(oidc);
	const struct token_request request = oidc_request(oidc, grant.code);
	struct token_set tokens;

	grant.sid = sid;
	oidc_issue(oidc, &grant, NOW);
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "");
	return tokens;
}

static void userinfo_answers_its_token(void **state)
{
	struct oidc *oidc = *state;
	const struct token_set tokens = tokens_of(oidc, "session");
	struct exchange get = {.authorization = arena_format(oidc->arena, "Bearer %s", tokens.access_token)};
	struct exchange post = {.body = "", .authorization = get.authorization};
	scoped_json *json = NULL;

	ask(oidc, oidc_userinfo, &get);
	ask(oidc, oidc_userinfo, &post);
	assert_int_equal(get.status, 200);
	assert_int_equal(post.status, 200);
	assert_string_equal(get.text, post.text);
	assert_string_equal(response_get_header(get.res, "Content-Type"), "application/json");
	assert_string_equal(response_get_header(get.res, "Cache-Control"), "no-store");
	json = json_of(&get);
	assert_string_equal(json_get_string(json, "sub"), "demo");
}

/*= RFC6750#3.1 */
static void userinfo_says_what_is_wrong(void **state)
{
	struct oidc *oidc = *state;
	const struct token_set tokens = tokens_of(oidc, "session");
	const struct {
		const char *authorization;
		int status;
		const char *error;
	} table[] = {
		{NULL, 401, NULL},
		{"", 400, "invalid_request"},
		{"Bearer", 400, "invalid_request"},
		{"Bearer ", 400, "invalid_request"},
		{"Bearer a b", 400, "invalid_request"},
		{"Bearer \"x\"", 400, "invalid_request"},
		{web_basic(oidc), 400, "invalid_request"},
		{"DPoP abc", 400, "invalid_request"},
		{"Bearer abc", 401, "invalid_token"},
		{arena_format(oidc->arena, "Bearer %s", tokens.id_token), 401, "invalid_token"},
		{arena_format(oidc->arena, "Bearer %s.", tokens.access_token), 401, "invalid_token"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct exchange exchange = {.authorization = table[i].authorization,
					    .query = arena_format(oidc->arena, "access_token=%s", tokens.access_token)};
		const char *told;

		ask(oidc, oidc_userinfo, &exchange);
		told = response_get_header(exchange.res, "WWW-Authenticate");
		assert_int_equal(exchange.status, table[i].status);
		assert_string_equal(exchange.text, "");
		assert_int_equal(strncmp(told, "Bearer realm=\"" ISSUER "\"", 36), 0);
		if (!table[i].error)
			assert_null(strstr(told, "error"));
		else
			assert_non_null(strstr(told, arena_format(oidc->arena, "error=\"%s\"", table[i].error)));
	}
}

/* ---- /logout ---- */

static enum status mine_insert(struct store_tx *tx, void *ctx)
{
	struct session_row row = session_row_of("mine", "demo");

	(void)ctx;
	token_hash(BROWSER_TOKEN, row.browser_hash);
	token_hash(SESSION_TOKEN, row.token_hash);
	return store_session_insert(tx, &row);
}

static enum status mine_read(struct store_tx *tx, void *ctx)
{
	struct session_row row;

	TRY(store_session_find_sid(tx, "mine", &row));
	*(bool *)ctx = !row.ended_at;
	return OK;
}

static bool is_signed_in(const struct oidc *oidc)
{
	bool signed_in = false;

	read_ok(oidc->core.store, mine_read, &signed_in);
	return signed_in;
}

static int logout_setup(void **state)
{
	struct oidc *oidc;

	oidc_setup(state);
	oidc = *state;
	write_ok(oidc->core.store, mine_insert, NULL);
	return 0;
}

static const char *hint_of(const struct oidc *oidc, const char *sid, const char *more)
{
	return arena_format(oidc->arena, "id_token_hint=%s%s", tokens_of(oidc, sid).id_token, more);
}

static void the_hint_of_this_session_ends_it(void **state)
{
	struct oidc *oidc = *state;
	struct exchange exchange = {.query = hint_of(oidc, "mine",
						     "&client_id=web&state=a%26b&post_logout_redirect_uri=" BYE),
				    .cookie = COOKIES,
				    .now = NOW + 1000}; /* the token has expired, and still says whose session it was */

	ask(oidc, oidc_logout, &exchange);
	assert_int_equal(exchange.status, 303);
	assert_string_equal(exchange.location, "https://app.example.org/bye?a=b&state=a%26b");
	assert_non_null(strstr(response_get_header(exchange.res, "Set-Cookie"), COOKIE_SESSION "=;"));
	assert_false(is_signed_in(oidc));
	ask(oidc, oidc_logout, &exchange); /* again, with nobody signed in */
	assert_string_equal(exchange.location, "https://app.example.org/bye?a=b&state=a%26b");
}

static void without_a_proven_hint_the_person_is_asked(void **state)
{
	struct oidc *oidc = *state;
	const char *const queries[] = {
		"",
		"done=1",
		"client_id=web&post_logout_redirect_uri=" BYE,
		"id_token_hint=nonsense&post_logout_redirect_uri=" BYE,
		hint_of(oidc, "session", "&post_logout_redirect_uri=" BYE), /* of another session */
		hint_of(oidc, "mine", "&client_id=native&post_logout_redirect_uri=" BYE),
		arena_format(oidc->arena, "id_token_hint=%s&post_logout_redirect_uri=%s",
			     tokens_of(oidc, "mine").access_token, BYE),
	};

	for (size_t i = 0; i < ARRAY_COUNT(queries); i++) {
		struct exchange exchange = {.query = queries[i], .cookie = COOKIES};

		ask(oidc, oidc_logout, &exchange);
		page_is(&exchange, 200, "confirm_sign_out");
		assert_null(response_get_header(exchange.res, "Set-Cookie"));
		assert_true(is_signed_in(oidc));
	}
}

/* RP-Initiated Logout 3, and no open redirector. */
static void nobody_is_sent_to_an_unregistered_address(void **state)
{
	static const char *const uris[] = {
		"https%3A%2F%2F192.0.2.1%2F",
		"https%3A%2F%2Fapp.example.org%2Fbye",
		"https%3A%2F%2Fapp.example.org%2Fbye%3Fa%3Db%26c",
		"https%3A%2F%2Fapp.example.org%2Fcb", /* a redirect URI, and not for this */
		"https%3A%2F%2Fapp.example.org%2Fbye%3Fa%3Db%0D%0AX%3Ay",
		"%2F%2F192.0.2.1",
		"javascript%3Aalert(1)",
		"",
	};
	struct oidc *oidc = *state;

	for (size_t i = 0; i < ARRAY_COUNT(uris); i++) {
		struct exchange exchange = {.query = arena_format(oidc->arena, "%s&post_logout_redirect_uri=%s",
								  hint_of(oidc, "session", ""), uris[i])};

		ask(oidc, oidc_logout, &exchange); /* nobody is signed in in this browser */
		page_is(&exchange, 200, "signed_out");
	}
}

static void without_a_hint_nobody_is_sent_anywhere(void **state)
{
	struct oidc *oidc = *state;
	struct exchange none = {.query = "client_id=web&post_logout_redirect_uri=" BYE};
	struct exchange others = {.query = hint_of(oidc, "session", "&client_id=native&post_logout_redirect_uri=" BYE)};

	ask(oidc, oidc_logout, &none);
	page_is(&none, 200, "signed_out");
	ask(oidc, oidc_logout, &others);
	page_is(&others, 200, "signed_out");
}

static void a_stolen_session_cookie_without_its_browser_ends_nothing(void **state)
{
	struct oidc *oidc = *state;
	struct exchange exchange = {.query = hint_of(oidc, "mine", ""), .cookie = COOKIE_SESSION "=" SESSION_TOKEN};

	ask(oidc, oidc_logout, &exchange);
	page_is(&exchange, 200, "signed_out");
	assert_true(is_signed_in(oidc));
}

static void a_logout_by_post_comes_back_as_a_get(void **state)
{
	struct oidc *oidc = *state;
	struct exchange exchange = {.body = hint_of(oidc, "mine", "&state=x"), .cookie = COOKIES};
	struct exchange again = {.cookie = COOKIES};

	ask(oidc, oidc_logout, &exchange);
	assert_int_equal(exchange.status, 303);
	assert_int_equal(strncmp(exchange.location, "/path?id_token_hint=ey", 22), 0);
	assert_true(is_signed_in(oidc));
	again.query = exchange.location + 6;
	ask(oidc, oidc_logout, &again);
	page_is(&again, 200, "signed_out");
	assert_false(is_signed_in(oidc));
}

/* OpenID Connect Core 3.1.2.1: a silent request answers for the person of the hint only. */
static void a_silent_request_is_for_the_person_of_its_hint(void **state)
{
	struct oidc *oidc = *state;
	struct grant_new grant = oidc_grant(oidc);
	const struct token_request request = oidc_request(oidc, grant.code);
	struct exchange same = {.cookie = COOKIES}, other = {.cookie = COOKIES};
	struct token_set tokens;

	same.query = arena_format(oidc->arena, "%s&prompt=none&%s", AUTHORIZE, hint_of(oidc, "mine", ""));
	ask(oidc, oidc_authorize, &same);
	assert_non_null(strstr(same.location, "error_description=Policy%20does%20not%20allow")); /* it has no factor */
	grant.user_id = "other";
	oidc_issue(oidc, &grant, NOW);
	assert_string_equal(oidc_redeem(oidc, &request, NOW, &tokens), "");
	other.query = arena_format(oidc->arena, "%s&prompt=none&id_token_hint=%s", AUTHORIZE, tokens.id_token);
	ask(oidc, oidc_authorize, &other);
	assert_non_null(strstr(other.location, "error=login_required&error_description=The%20person%20of"));
}

int main(void)
{
	const struct CMUnitTest shared[] = {
		cmocka_unit_test(discovery_tells_the_truth),
		cmocka_unit_test(jwks_is_the_keyrings),
		cmocka_unit_test(a_request_leads_to_the_page_of_a_new_login),
		cmocka_unit_test(what_is_not_registered_gets_a_page),
		cmocka_unit_test(what_is_unknown_is_passed_over),
		cmocka_unit_test(errors_go_back_with_state_and_issuer),
		cmocka_unit_test(a_form_post_is_a_page),
		cmocka_unit_test(a_post_comes_back_as_the_same_get),
		cmocka_unit_test(a_post_too_long_for_a_get_is_refused),
		cmocka_unit_test(a_post_that_is_no_form_is_refused),
		cmocka_unit_test(each_way_of_authentication_works),
		cmocka_unit_test(basic_is_percent_decoded),
		cmocka_unit_test(two_ways_at_once_are_refused),
		cmocka_unit_test(odd_headers_are_refused_with_401),
		cmocka_unit_test(odd_bodies_are_refused),
		cmocka_unit_test(a_code_in_the_query_does_not_count),
		cmocka_unit_test(userinfo_answers_its_token),
		cmocka_unit_test(userinfo_says_what_is_wrong),
		cmocka_unit_test(nobody_is_sent_to_an_unregistered_address),
		cmocka_unit_test(without_a_hint_nobody_is_sent_anywhere),
	};
	const struct CMUnitTest signed_in[] = {
		cmocka_unit_test_setup_teardown(the_hint_of_this_session_ends_it, logout_setup, oidc_teardown),
		cmocka_unit_test_setup_teardown(without_a_proven_hint_the_person_is_asked, logout_setup, oidc_teardown),
		cmocka_unit_test_setup_teardown(a_stolen_session_cookie_without_its_browser_ends_nothing, logout_setup,
						oidc_teardown),
		cmocka_unit_test_setup_teardown(a_logout_by_post_comes_back_as_a_get, logout_setup, oidc_teardown),
		cmocka_unit_test_setup_teardown(a_silent_request_is_for_the_person_of_its_hint, logout_setup,
						oidc_teardown),
	};

	return cmocka_run_group_tests(shared, oidc_setup, oidc_teardown) +
	       cmocka_run_group_tests(signed_in, NULL, NULL);
}
