/* Where a browser may ask us to send: what is an endpoint, and which hosts are on the list. */
#include "policy_fixture.h"

#include "core/push_endpoint.h"

static void an_endpoint_is_read_as_a_browser_writes_it(void **state)
{
	static const struct {
		const char *url, *host, *origin;
		unsigned port;
	} cases[] = {
		{"https://fcm.googleapis.com/fcm/send/abc:APA91b_-x", "fcm.googleapis.com",
		 "https://fcm.googleapis.com", 443},
		{"https://updates.push.services.mozilla.com/wpush/v2/gAAAAA", "updates.push.services.mozilla.com",
		 "https://updates.push.services.mozilla.com", 443},
		{"https://wns2-par02p.notify.windows.com/w/?token=BQYAAA%3d%3d", "wns2-par02p.notify.windows.com",
		 "https://wns2-par02p.notify.windows.com", 443},
		{"https://push.example.org:8443/1", "push.example.org", "https://push.example.org:8443", 8443},
		{"https://127.0.0.1/1", "127.0.0.1", "https://127.0.0.1", 443},
		{"https://a/", "a", "https://a", 443},
	};
	struct push_endpoint endpoint;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		assert_int_equal(push_endpoint_parse(cases[i].url, &endpoint), OK);
		assert_string_equal(endpoint.host, cases[i].host);
		assert_string_equal(endpoint.origin, cases[i].origin);
		assert_int_equal(endpoint.port, cases[i].port);
	}
}

static void whatever_else_is_no_endpoint(void **state)
{
	static const char *const urls[] = {
		NULL,
		"",
		"http://push.example.org/1",
		"HTTPS://push.example.org/1",
		"https:push.example.org/1",
		"https:/push.example.org/1",
		"https://",
		"https:///1",
		"https://push.example.org",
		"https://push.example.org?x=1",
		"https://user@push.example.org/1",
		"https://user:pass@push.example.org/1",
		"https://push.example.org@10.0.0.1/1",
		"https://push.example.org:443/1",
		"https://push.example.org:/1",
		"https://push.example.org:0/1",
		"https://push.example.org:08443/1",
		"https://push.example.org:65536/1",
		"https://push.example.org:4294967739/1",
		"https://push.example.org:+443/1",
		"https://push.example.org:8443x/1",
		"https://push.example.org:8443:1/1",
		"https://Push.example.org/1",
		"https://push..example.org/1",
		"https://.push.example.org/1",
		"https://push.example.org./1",
		"https://-push.example.org/1",
		"https://push_example.org/1",
		"https://push%2eexample.org/1",
		"https://push.example.org\\@10.0.0.1/1",
		"https://push.example.org/#1",
		"https://push.example.org/ 1",
		"https://push.example.org/\t1",
		"https://push.example.org/\r\nX: 1",
		"https://push.example.org/\x7f",
		"https://push.example.org/\xc3\xa9",
		"https://b\xc3\xbc"
		"cher.example/1",
		"https://[::1]/1",
		"https://[::ffff:127.0.0.1]/1",
		"https://*.push.apple.com/1",
		"file:///etc/passwd",
		"gopher://push.example.org/1",
		"javascript:alert(1)",
		" https://push.example.org/1",
	};
	struct push_endpoint endpoint = {.port = 7};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(urls); i++) {
		if (push_endpoint_parse(urls[i], &endpoint) != E_INVALID)
			fail_msg("taken: %s", urls[i] ? urls[i] : "(none)");
		assert_int_equal(endpoint.port, 7);
	}
}

static void an_endpoint_has_a_greatest_size(void **state)
{
	char url[PUSH_ENDPOINT_MAX + 2] = "https://a/", host[PUSH_HOST_MAX + 32] = "https://";
	struct push_endpoint endpoint;

	(void)state;
	memset(url + strlen(url), 'x', PUSH_ENDPOINT_MAX - strlen(url));
	assert_int_equal(push_endpoint_parse(url, &endpoint), OK);
	url[PUSH_ENDPOINT_MAX] = 'x';
	assert_int_equal(push_endpoint_parse(url, &endpoint), E_INVALID);
	memset(host + 8, 'h', PUSH_HOST_MAX);
	memcpy(host + 8 + PUSH_HOST_MAX, "/", 2);
	assert_int_equal(push_endpoint_parse(host, &endpoint), OK);
	memcpy(host + 8 + PUSH_HOST_MAX, "h/", 3);
	assert_int_equal(push_endpoint_parse(host, &endpoint), E_INVALID);
}

/* ---- the list ---- */

static const struct settings *settings_of(struct arena *arena, const char *push)
{
	const char *yaml = arena_format(arena, "issuer: https://id.example.org\npush: %s\n", push);
	const struct settings *settings = NULL;
	struct text errors;

	text_init(&errors, 4096);
	if (settings_parse(arena, "/t.yaml", yaml, strlen(yaml), &settings, &errors) != OK)
		fail_msg("%s: %s", push, errors.data);
	text_done(&errors);
	return settings;
}

static bool is_listed(const struct settings *settings, const char *url)
{
	struct push_endpoint endpoint;

	assert_int_equal(push_endpoint_parse(url, &endpoint), OK);
	return push_host_find(settings, &endpoint) != NULL;
}

static void makers_of_browsers_are_listed_and_nobody_else(void **state)
{
	static const char *const listed[] = {
		"https://fcm.googleapis.com/x",
		"https://jmt17.google.com/x",
		"https://updates.push.services.mozilla.com/x",
		"https://web.push.apple.com/x",
		"https://api.push.apple.com/x",
		"https://wns2-par02p.notify.windows.com/x",
		"https://a.b.notify.windows.com/x",
	};
	static const char *const others[] = {
		"https://push.example.org/x",
		"https://googleapis.com/x",
		"https://x.fcm.googleapis.com/x",
		"https://fcm.googleapis.com.example.org/x",
		"https://fcm.googleapis.com:8443/x",
		"https://push.apple.com/x",
		"https://evilpush.apple.com/x",
		"https://notify.windows.com/x",
		"https://notify.windows.com.example.org/x",
		"https://127.0.0.1/x",
		"https://localhost/x",
		"https://2130706433/x",
		"https://0x7f.1/x",
		"https://169.254.169.254/latest/meta-data/",
	};
	scoped_arena *arena = arena_new(1 << 20);
	const struct settings *settings = settings_of(arena, "{}");

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(listed); i++)
		assert_true(is_listed(settings, listed[i]));
	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		if (is_listed(settings, others[i]))
			fail_msg("listed: %s", others[i]);
	for (size_t i = 0; i < settings->push.host_count; i++)
		assert_false(settings->push.hosts[i].is_private);
	assert_null(settings->push.subject);
}

static void the_operators_list_replaces_the_default(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	const struct settings *settings = settings_of(
		arena,
		"{subject: 'mailto:ops@example.org', endpoints: [{host: 'push.example.internal:8443', private: true, "
		"connect: '127.0.0.1:9000'}, {host: '*.example.org'}]}");

	(void)state;
	assert_false(is_listed(settings, "https://fcm.googleapis.com/x"));
	assert_false(is_listed(settings, "https://push.example.internal/x"));
	assert_true(is_listed(settings, "https://push.example.internal:8443/x"));
	assert_true(is_listed(settings, "https://a.example.org/x"));
	assert_false(is_listed(settings, "https://example.org/x"));
	assert_true(settings->push.hosts[0].is_private);
	assert_string_equal(settings->push.hosts[0].connect, "127.0.0.1:9000");
	assert_false(settings->push.hosts[1].is_private);
	assert_string_equal(settings->push.subject, "mailto:ops@example.org");
	assert_false(is_listed(settings_of(arena, "{endpoints: []}"), "https://fcm.googleapis.com/x"));
}

static void what_is_wrong_in_the_list_is_told(void **state)
{
	static const struct {
		const char *push, *told;
	} cases[] = {
		{"{endpoints: [{host: 'Push.example.org'}]}", "push.endpoints: \"Push.example.org\" must be a host"},
		{"{endpoints: [{host: '*'}]}", "must be a host"},
		{"{endpoints: [{host: '*.com'}]}", "must be a host"},
		{"{endpoints: [{host: 'a.*.org'}]}", "must be a host"},
		{"{endpoints: [{host: 'https://a.org'}]}", "must be a host"},
		{"{endpoints: [{host: 'a.org/x'}]}", "must be a host"},
		{"{endpoints: [{host: 'a.org:0'}]}", "must be a host"},
		{"{endpoints: [{host: '[::1]'}]}", "must be a host"},
		{"{endpoints: [{private: true}]}", "host"},
		{"{endpoints: [{host: a.org, connect: 'b.org:1'}]}", "connect \"b.org:1\" must be a numeric address"},
		{"{endpoints: [{host: a.org, hots: b}]}", "unknown key \"hots\""},
		{"{subject: 'ops@example.org'}", "push.subject: must be mailto:"},
		{"{subject: 'mailto:ops'}", "push.subject: must be mailto:"},
		{"{subject: 'http://example.org'}", "push.subject: must be mailto:"},
		{"{subject: 'https://example.org/ x'}", "push.subject: must be mailto:"},
	};
	scoped_arena *arena = arena_new(4 << 20);

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const char *yaml = arena_format(arena, "issuer: https://id.example.org\npush: %s\n", cases[i].push);
		const struct settings *settings = NULL;
		struct text errors;

		text_init(&errors, 4096);
		assert_int_equal(settings_parse(arena, "/t.yaml", yaml, strlen(yaml), &settings, &errors), E_INVALID);
		if (!strstr(errors.data, cases[i].told))
			fail_msg("%s: %s", cases[i].push, errors.data);
		text_done(&errors);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_endpoint_is_read_as_a_browser_writes_it),
		cmocka_unit_test(whatever_else_is_no_endpoint),
		cmocka_unit_test(an_endpoint_has_a_greatest_size),
		cmocka_unit_test(makers_of_browsers_are_listed_and_nobody_else),
		cmocka_unit_test(the_operators_list_replaces_the_default),
		cmocka_unit_test(what_is_wrong_in_the_list_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
