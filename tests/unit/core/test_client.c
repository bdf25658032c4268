/* Clients: which addresses may be registered, and which then get an answer. RFC 9700 2.1, RFC 8252 7. */
#include "oidc_fixture.h"

#include "core/client.h"

static void what_may_be_registered(void **state)
{
	static const struct {
		const char *uri;
		bool confidential, public;
	} table[] = {
		{"https://app.example.org/cb", true, true},
		{"https://app.example.org", true, true},
		{"https://app.example.org:8443/cb?x=y", true, true},
		{"http://localhost/cb", true, true},
		{"http://localhost:3000/cb", true, true},
		{"http://127.0.0.1:3000/cb", true, true},
		{"http://[::1]:3000/cb", true, true},
		{"org.example.app:/cb", false, true},
		{"org.example.app://cb", false, true},
		{"", false, false},
		{"/cb", false, false},
		{"//app.example.org/cb", false, false},
		{"app.example.org/cb", false, false},
		{"https://", false, false},
		{"https:///cb", false, false},
		{"https://?x", false, false},
		{"https://demo@app.example.org/cb", false, false},
		{"https://app.example.org@192.0.2.1/cb", false, false},
		{"https://app.example.org\\@192.0.2.1/cb", false, false},
		{"https://app.example.org/\\cb", false, false},
		{"https://app.example.org/cb#fragment", false, false},
		{"https://app.example.org/cb#", false, false},
		{"https://app.example.org/c b", false, false},
		{"https://app.example.org/cb\r\nSet-Cookie: a=b", false, false},
		{"https://app.example.org/cb\x01", false, false},
		{"https://app.example.org/\xe2\x80\xae", false, false},
		{"https://app.example.org/\"><script>", false, false},
		{"http://app.example.org/cb", false, false},
		{"http://192.0.2.1/cb", false, false},
		{"http://localhost.example.org/cb", false, false},
		{"http://127.0.0.1.example.org/cb", false, false},
		{"http://127.0.0.1@192.0.2.1/cb", false, false},
		{"http://127.0.0.1:80@192.0.2.1/cb", false, false},
		{"http://127.0.0.2/cb", false, false},
		{"HTTPS://app.example.org/cb", false, false},
		{"javascript:alert(1)", false, false},
		{"data:text/html,x", false, false},
		{"file:///etc/passwd", false, false},
		{"app:/cb", false, false},
		{".example:/cb", false, false},
		{"1.example:/cb", false, false},
		{"org_example.app:/cb", false, false},
		{"*", false, false},
	};
	const char *problem;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		problem = NULL;
		if (redirect_uri_is_acceptable(table[i].uri, false, &problem) != table[i].confidential)
			fail_msg("confidential %s", table[i].uri);
		problem = NULL;
		if (redirect_uri_is_acceptable(table[i].uri, true, &problem) != table[i].public)
			fail_msg("public %s", table[i].uri);
		if (!table[i].public)
			assert_non_null(problem);
	}
}

static void an_overlong_address_is_refused(void **state)
{
	char uri[2100];
	const char *problem;

	(void)state;
	memset(uri, 'a', sizeof(uri));
	memcpy(uri, "https://", 8);
	uri[2000] = '\0';
	assert_true(redirect_uri_is_acceptable(uri, false, &problem));
	uri[2000] = 'a';
	uri[2001] = '\0';
	assert_false(redirect_uri_is_acceptable(uri, false, &problem));
}

static void only_the_exact_address_matches(void **state)
{
	static const char *const hostile[] = {
		"https://app.example.org/cb/",
		"https://app.example.org/cb?x",
		"https://app.example.org/cb?",
		"https://app.example.org/cb#",
		"https://app.example.org/c",
		"https://app.example.org/CB",
		"https://app.example.org/%63b",
		"https://app.example.org/x/../cb",
		"https://app.example.org//cb",
		"https://app.example.org:443/cb",
		"https://app.example.org:8443/cb",
		"https://APP.example.org/cb",
		"https://app.example.org./cb",
		"https://app.example.org.example.net/cb",
		"https://app.example.org@192.0.2.1/cb",
		"https://192.0.2.1/https://app.example.org/cb",
		"http://app.example.org/cb",
		"//app.example.org/cb",
		" https://app.example.org/cb",
		"https://app.example.org/cb ",
		"https://app.example.org/cb\n",
		"https://app.example.org/cb\thttps://192.0.2.1",
		"",
		"javascript:alert(1)//https://app.example.org/cb",
		"[\"https://app.example.org/cb\"]",
	};
	const struct client_row client = {.redirect_uris = "[\"https://app.example.org/cb\"]",
					  .logout_uris = "[\"https://app.example.org/cb\"]"};
	struct client_row public = client;

	(void)state;
	public.is_public = true;
	assert_true(redirect_uri_matches(&client, "https://app.example.org/cb"));
	assert_true(redirect_uri_matches(&public, "https://app.example.org/cb"));
	assert_true(logout_uri_matches(&client, "https://app.example.org/cb"));
	assert_false(redirect_uri_matches(&client, NULL));
	assert_false(logout_uri_matches(&client, NULL));
	for (size_t i = 0; i < ARRAY_COUNT(hostile); i++)
		if (redirect_uri_matches(&client, hostile[i]) || redirect_uri_matches(&public, hostile[i]) ||
		    logout_uri_matches(&client, hostile[i]) || logout_uri_matches(&public, hostile[i]))
			fail_msg("%s", hostile[i]);
}

static void of_native_apps_only_the_loopback_port_may_vary(void **state)
{
	static const struct {
		const char *uri;
		bool matches;
	} table[] = {
		{"http://127.0.0.1/cb", true},
		{"http://127.0.0.1:49152/cb", true},
		{"http://[::1]:49152/cb", true},
		{"http://127.0.0.1:49152/other", false},
		{"http://127.0.0.1:49152/cb/", false},
		{"http://127.0.0.1:49152/cb?x=y", false},
		{"http://127.0.0.1:49152@192.0.2.1/cb", false},
		{"http://127.0.0.1:x/cb", false},
		{"http://127.0.0.1:+1/cb", false},
		{"http://127.0.0.1:1:2/cb", false},
		{"http://127.0.0.1:/cb", false},
		{"http://127.0.0.1:0/cb", false},
		{"http://127.0.0.1:65536/cb", false},
		{"http://127.0.0.1:99999999999999999999/cb", false},
		{"http://localhost:49152/cb", false}, /* another name than the registered */
		{"http://127.0.0.1.example.org:49152/cb", false},
		{"https://127.0.0.1:49152/cb", false},
		{"https://app.example.org:49152/cb", false},
	};
	const struct client_row native = {
		.is_public = true,
		.redirect_uris = "[\"http://127.0.0.1/cb\",\"http://[::1]/cb\",\"https://app.example.org/cb\"]",
		.logout_uris = "[\"http://127.0.0.1/cb\"]"};
	struct client_row web = native;

	(void)state;
	web.is_public = false;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		if (redirect_uri_matches(&native, table[i].uri) != table[i].matches)
			fail_msg("%s", table[i].uri);
	assert_false(redirect_uri_matches(&web, "http://127.0.0.1:49152/cb"));
	assert_false(logout_uri_matches(&native, "http://127.0.0.1:49152/cb"));
}

static void damaged_rows_match_nothing(void **state)
{
	static const char *const damaged[] = {"", "{}", "[", "[1]", "[null]", "[[\"https://app.example.org/cb\"]]"};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(damaged); i++) {
		const struct client_row client = {.redirect_uris = damaged[i], .logout_uris = damaged[i]};

		assert_false(redirect_uri_matches(&client, WEB_CB));
		assert_false(logout_uri_matches(&client, WEB_CB));
	}
}

struct finding {
	const char *id;
	struct client_row row;
};

static enum status client_read(struct store_tx *tx, void *ctx)
{
	struct finding *finding = ctx;

	return store_client_find(tx, finding->id, &finding->row);
}

static void a_secret_fits_its_client_only(void **state)
{
	struct oidc *oidc = *state;
	struct finding web = {.id = "web"}, native = {.id = "native"};
	char wrong[TOKEN_SIZE];

	assert_int_equal(strlen(oidc->web_secret), TOKEN_SIZE - 1);
	assert_string_not_equal(oidc->web_secret, oidc->rsa_secret);
	assert_int_equal(store_read(oidc->core.store, oidc->arena, client_read, &web), OK);
	assert_int_equal(store_read(oidc->core.store, oidc->arena, client_read, &native), OK);
	assert_true(client_secret_matches(&web.row, oidc->web_secret));
	assert_false(client_secret_matches(&web.row, oidc->rsa_secret));
	assert_false(client_secret_matches(&web.row, ""));
	assert_false(client_secret_matches(&web.row, NULL));
	assert_false(client_secret_matches(&native.row, ""));
	assert_false(client_secret_matches(&native.row, NULL));
	memcpy(native.row.secret_hash, web.row.secret_hash, sizeof(native.row.secret_hash));
	assert_false(client_secret_matches(&native.row, oidc->web_secret)); /* public: whatever the row says */
	for (size_t i = 0; i < TOKEN_SIZE - 1; i++) {
		memcpy(wrong, oidc->web_secret, sizeof(wrong));
		wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
		assert_false(client_secret_matches(&web.row, wrong));
	}
}

static void a_bad_registration_is_refused_with_a_sentence(void **state)
{
	static const char *const good[] = {WEB_CB};
	static const char *const bad[] = {"http://app.example.org/cb"};
	static const struct client_new table[] = {
		{.id = "", .name = "A", .redirect_uris = good, .redirect_uri_count = 1},
		{.id = "a b", .name = "A", .redirect_uris = good, .redirect_uri_count = 1},
		{.id = "a:b", .name = "A", .redirect_uris = good, .redirect_uri_count = 1},
		{.id = "a", .name = "", .redirect_uris = good, .redirect_uri_count = 1},
		{.id = "a", .name = NULL, .redirect_uris = good, .redirect_uri_count = 1},
		{.id = "a", .name = "\t\r\n\001", .redirect_uris = good, .redirect_uri_count = 1},
		{.id = "a", .name = "A\xe2\x80\xae", .redirect_uris = good, .redirect_uri_count = 1},
		{.id = "a", .name = "A"},
		{.id = "a", .name = "A", .redirect_uris = bad, .redirect_uri_count = 1},
		{.id = "a",
		 .name = "A",
		 .redirect_uris = good,
		 .redirect_uri_count = 1,
		 .logout_uris = bad,
		 .logout_uri_count = 1},
		{.id = "a", .name = "A", .redirect_uris = good, .redirect_uri_count = 1, .alg = "none"},
		{.id = "a", .name = "A", .redirect_uris = good, .redirect_uri_count = 1, .alg = "HS256"},
	};
	struct oidc *oidc = *state;
	char secret[TOKEN_SIZE];

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		const char *problem = NULL;

		if (client_add(&oidc->core, oidc->arena, &table[i], NOW, secret, &problem) != E_INVALID || !problem)
			fail_msg("row %zu", i);
	}
}

static void an_id_is_taken_once(void **state)
{
	static const char *const good[] = {WEB_CB};
	struct oidc *oidc = *state;
	const struct client_new again = {.id = "web", .name = "A", .redirect_uris = good, .redirect_uri_count = 1};
	char secret[TOKEN_SIZE];
	const char *problem;

	assert_int_equal(client_add(&oidc->core, oidc->arena, &again, NOW, secret, &problem), E_CONFLICT);
}

static void the_host_is_for_people(void **state)
{
	static const struct {
		const char *uris, *host;
	} table[] = {
		{"[\"https://app.example.org/cb\"]", "app.example.org"},
		{"[\"https://app.example.org:8443?x\",\"https://other.example.org/\"]", "app.example.org:8443"},
		{"[\"http://127.0.0.1/cb\"]", "this device"},
		{"[\"org.example.app:/cb\"]", "this device"},
	};
	struct arena *arena = arena_new(4096);

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		assert_string_equal(client_host(arena, &(struct client_row){.redirect_uris = table[i].uris}),
				    table[i].host);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_be_registered),
		cmocka_unit_test(an_overlong_address_is_refused),
		cmocka_unit_test(only_the_exact_address_matches),
		cmocka_unit_test(of_native_apps_only_the_loopback_port_may_vary),
		cmocka_unit_test(damaged_rows_match_nothing),
		cmocka_unit_test(the_host_is_for_people),
		cmocka_unit_test_setup_teardown(a_secret_fits_its_client_only, oidc_setup, oidc_teardown),
		cmocka_unit_test_setup_teardown(a_bad_registration_is_refused_with_a_sentence, oidc_setup,
						oidc_teardown),
		cmocka_unit_test_setup_teardown(an_id_is_taken_once, oidc_setup, oidc_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
