#include "policy_fixture.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "core/settings.h"

#define FILE_PATH "/etc/symbolon/symbolon.yaml"
#define ISSUER    "issuer: https://id.example.org\n"

static const struct settings *settings_of(struct arena *arena, const char *yaml)
{
	const struct settings *settings = NULL;
	struct text errors;

	text_init(&errors, 65536);
	if (settings_parse(arena, FILE_PATH, yaml, strlen(yaml), &settings, &errors) != OK)
		fail_msg("%s\n%s", yaml, errors.data ? errors.data : "no line of error");
	assert_int_equal(errors.size, 0);
	text_done(&errors);
	return settings;
}

static char *mistakes_of(struct arena *arena, const char *yaml)
{
	const struct settings *settings = NULL;
	struct text errors;
	char *lines;
	enum status status;

	text_init(&errors, 65536);
	status = settings_parse(arena, FILE_PATH, yaml, strlen(yaml), &settings, &errors);
	lines = arena_strdup(arena, errors.data ? errors.data : "");
	text_done(&errors);
	assert_int_equal(status, *lines ? E_INVALID : OK);
	assert_int_equal(settings != NULL, status == OK);
	return lines;
}

static void every_default_is_filled_in(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	const struct settings *settings = settings_of(arena, ISSUER);

	assert_string_equal(settings->path, FILE_PATH);
	assert_string_equal(settings->issuer, "https://id.example.org");
	assert_string_equal(settings->issuer_host, "id.example.org");
	assert_true(settings->issuer_is_https);
	assert_string_equal(settings->organisation.name, "id.example.org");
	assert_null(settings->organisation.help_url);
	assert_null(settings->organisation.privacy_url);
	assert_int_equal(settings->listen_count, 1);
	assert_string_equal(settings->listen[0], "127.0.0.1:8080");
	assert_null(settings->metrics);
	assert_null(settings->tls_certificate);
	assert_null(settings->tls_key);
	assert_int_equal(settings->trusted_proxy_count, 0);
	assert_string_equal(settings->database, "sqlite:/etc/symbolon/symbolon.db");
	assert_string_equal(settings->kek, "/etc/symbolon/kek");
	assert_non_null(settings->web);
	assert_true(settings->loops >= 1 && settings->workers >= 16 && settings->hashers >= 1 &&
		    settings->hash_queue >= 32);
	assert_int_equal(settings->password.memory_kib, 19456);
	assert_int_equal(settings->password.passes, 2);
	assert_int_equal(settings->password.lanes, 1);
	assert_int_equal(settings->session.idle_s, 3600);
	assert_int_equal(settings->session.absolute_s, 43200);
	assert_int_equal(settings->life.login_s, 600);
	assert_int_equal(settings->life.challenge_s, 120);
	assert_int_equal(settings->life.code_s, 60);
	assert_int_equal(settings->life.access_token_s, 300);
	assert_int_equal(settings->life.id_token_s, 300);
	assert_int_equal(settings->life.enrolment_s, 600);
	assert_int_equal(settings->life.known_browser_s, 30 * 86400);
	assert_int_equal(settings->budget.window_pushes, 3);
	assert_int_equal(settings->budget.window_s, 600);
	assert_int_equal(settings->budget.pushes, 10);
	assert_int_equal(settings->budget.code_failures, 5);
	assert_int_equal(settings->budget.code_failures_s, 300);
	assert_int_equal(settings->budget.code_failures_month, 50);
	assert_int_equal(settings->budget.password_spray, 60);
	assert_int_equal(settings->totp_window, 1);
	assert_int_equal(settings->choose_digits, 2);
	assert_int_equal(settings->enter_digits, 6);
	assert_non_null(settings->policy);
	assert_string_equal(settings->log_level, "info");
}

static void everything_said_is_taken(void **state)
{
	static const char yaml[] =
		"issuer: http://localhost:8080\n"
		"organisation: { name: Example, help_url: \"mailto:help@example.org\", privacy_url: "
		"https://example.org/privacy }\n"
		"listen: [\"127.0.0.1:0\", \"[::1]:8443\"]\n"
		"metrics: 127.0.0.1:9464\n"
		"tls: { certificate: tls/cert.pem, key: /run/key.pem }\n"
		"trusted_proxies: [127.0.0.1, \"2001:db8::/32\"]\n"
		"database: sqlite:/var/lib/symbolon/db\n"
		"keys: { kek: ../kek }\n"
		"web: pages\n"
		"threads: { loops: 1, workers: 2, hashers: 3, hash_queue: 4 }\n"
		"password: { memory_kib: 65536, passes: 3, lanes: 4 }\n"
		"session: { idle: 10m, absolute: 1d }\n"
		"life: { login: 5m, challenge: 90, code: 30s, access_token: 10m, id_token: 15m, enrolment: 20m, "
		"known_browser: 7d }\n"
		"budget: { window_pushes: 2, window: 20m, pushes: 5, code_failures: 4, code_failures_window: 1h,\n"
		"          code_failures_month: 20, password_spray: 30 }\n"
		"totp: { window: 0 }\n"
		"push: { choose_digits: 3, enter_digits: 8 }\n"
		"policy: { default: { ask: [password, \"push:enter | totp\"] } }\n"
		"log: { level: debug }\n";
	scoped_arena *arena = arena_new(1 << 20);
	const struct settings *settings;
	struct policy_input input = input_plain();
	struct decision decision;

	settings = settings_of(arena, yaml);
	assert_string_equal(settings->issuer_host, "localhost:8080");
	assert_false(settings->issuer_is_https);
	assert_string_equal(settings->organisation.name, "Example");
	assert_string_equal(settings->organisation.help_url, "mailto:help@example.org");
	assert_string_equal(settings->organisation.privacy_url, "https://example.org/privacy");
	assert_int_equal(settings->listen_count, 2);
	assert_string_equal(settings->listen[1], "[::1]:8443");
	assert_string_equal(settings->metrics, "127.0.0.1:9464");
	assert_string_equal(settings->tls_certificate, "/etc/symbolon/tls/cert.pem");
	assert_string_equal(settings->tls_key, "/run/key.pem");
	assert_int_equal(settings->trusted_proxy_count, 2);
	assert_string_equal(settings->trusted_proxies[1], "2001:db8::/32");
	assert_string_equal(settings->database, "sqlite:/var/lib/symbolon/db");
	assert_string_equal(settings->kek, "/etc/symbolon/../kek");
	assert_string_equal(settings->web, "/etc/symbolon/pages");
	assert_int_equal(settings->loops, 1);
	assert_int_equal(settings->workers, 2);
	assert_int_equal(settings->hashers, 3);
	assert_int_equal(settings->hash_queue, 4);
	assert_int_equal(settings->password.memory_kib, 65536);
	assert_int_equal(settings->password.passes, 3);
	assert_int_equal(settings->password.lanes, 4);
	assert_int_equal(settings->session.idle_s, 600);
	assert_int_equal(settings->session.absolute_s, 86400);
	assert_int_equal(settings->life.login_s, 300);
	assert_int_equal(settings->life.challenge_s, 90);
	assert_int_equal(settings->life.code_s, 30);
	assert_int_equal(settings->life.access_token_s, 600);
	assert_int_equal(settings->life.id_token_s, 900);
	assert_int_equal(settings->life.enrolment_s, 1200);
	assert_int_equal(settings->life.known_browser_s, 7 * 86400);
	assert_int_equal(settings->budget.window_pushes, 2);
	assert_int_equal(settings->budget.window_s, 1200);
	assert_int_equal(settings->budget.pushes, 5);
	assert_int_equal(settings->budget.code_failures, 4);
	assert_int_equal(settings->budget.code_failures_s, 3600);
	assert_int_equal(settings->budget.code_failures_month, 20);
	assert_int_equal(settings->budget.password_spray, 30);
	assert_int_equal(settings->totp_window, 0);
	assert_int_equal(settings->choose_digits, 3);
	assert_int_equal(settings->enter_digits, 8);
	assert_string_equal(settings->log_level, "debug");
	decision = decide(arena, settings->policy, &input);
	assert_string_equal(decision_words(arena, &decision), "password > push:enter:8 | totp");
}

static void an_issuer_is_an_origin(void **state)
{
	static const char *const good[] = {
		"https://id.example.org",
		"https://id.example.org:8443",
		"https://192.0.2.7",
		"https://[2001:db8::1]:8443",
		"http://localhost",
		"http://localhost:8080",
		"http://127.0.0.1:8080",
		"http://[::1]:8080",
		"https://xn--bcher-kva.example",
	};
	static const char *const bad[] = {
		"",
		"id.example.org",
		"https://",
		"https:///",
		"https://id.example.org/",
		"https://id.example.org/idp",
		"https://id.example.org?x=1",
		"https://id.example.org#x",
		"https://demo@id.example.org",
		"https://id.example.org:443",
		"http://localhost:80",
		"https://id.example.org:0",
		"https://id.example.org:08443",
		"https://id.example.org:65536",
		"https://id.example.org:",
		"https://id.example.org:https",
		"https://ID.example.org",
		"HTTPS://id.example.org",
		"https://id..example.org",
		"https://.example.org",
		"https://-example.org",
		"https://example.org.",
		"https://id example.org",
		"https://id.example.org\\\\evil.example.org",
		"https://[2001:db8::1",
		"https://[id.example.org]",
		"https://2001:db8::1",
		"https://b\\u00fccher.example",
		"http://id.example.org",
		"http://127.0.0.2:8080",
		"http://localhost.example.org",
		"http://[::2]:8080",
		"http://192.0.2.7",
		"ftp://id.example.org",
		"javascript:alert(1)",
	};

	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		scoped_arena *arena = arena_new(1 << 20);

		settings_of(arena, arena_format(arena, "issuer: \"%s\"\n", good[i]));
	}
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		scoped_arena *arena = arena_new(1 << 20);

		if (!strstr(mistakes_of(arena, arena_format(arena, "issuer: \"%s\"\n", bad[i])),
			    "symbolon.yaml:1:9: issuer: must "))
			fail_msg("accepted: %s", bad[i]);
	}
}

struct mistake {
	const char *yaml; /* after the issuer */
	const char *line;
};

static void check_all(const struct mistake *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		scoped_arena *arena = arena_new(1 << 20);
		char *lines = mistakes_of(arena, arena_format(arena, ISSUER "%s", cases[i].yaml));

		if (!strstr(lines, cases[i].line))
			fail_msg("%s\nexpected: %s\ngot: %s", cases[i].yaml, cases[i].line, lines);
	}
}

static void every_mistake_is_told_with_its_place(void **state)
{
	static const struct mistake cases[] = {
		{"organization: {}\n", FILE_PATH ":2:1: unknown key \"organization\"; did you mean \"organisation\"?"},
		{"organisation: { name: \"a\\u202eb\" }\n",
		 FILE_PATH ":2:23: organisation.name: must be a name that can be shown"},
		{"organisation: { help_url: \"javascript:alert(1)\" }\n",
		 ":2:27: organisation.help_url: must begin with https://"},
		{"organisation: { privacy_url: \"data:text/html,x\" }\n",
		 "organisation.privacy_url: must begin with https://"},
		{"listen: 8080\n", ":2:9: listen: must be"},
		{"listen: \"8080\"\n", "listen: \"8080\" must be a numeric address and a port"},
		{"listen: \"127.0.0.1\"\n", "must be a numeric address and a port"},
		{"listen: [\"localhost:8080\"]\n", "must be a numeric address and a port"},
		{"listen: [\"[127.0.0.1]:8080\"]\n", "must be a numeric address and a port"},
		{"listen: [\"::1:8080\"]\n", "must be a numeric address and a port"},
		{"listen: []\n", "listen: "},
		{"metrics: everywhere\n", ":2:10: metrics: must be a numeric address"},
		{"tls: { certificate: a.pem }\n", "tls: \"key\" is missing"},
		{"tls: { key: a.pem }\n", "tls: \"certificate\" is missing"},
		{"trusted_proxies: [10.0.0.0/8, proxy]\n", "trusted_proxies: \"proxy\" must be an address"},
		{"trusted_proxies: [10.0.0.1/8]\n", "trusted_proxies: \"10.0.0.1/8\" must be an address"},
		{"database: mysql://x\n", ":2:11: database: must be sqlite: and a file"},
		{"database: \"sqlite:\"\n", "database: must be sqlite: and a file"},
		{"keys: { kek: \"\" }\n", "keys.kek: must not be empty"},
		{"session: { idle: 2h, absolute: 1h }\n",
		 ":2:32: session.absolute: must not be shorter than session.idle"},
		{"session: { idle: soon }\n", ":2:18: session.idle: must be a duration such as 90s, 10m, 12h or 30d"},
		{"session: { idle: -5 }\n", "session.idle: must be"},
		{"session: { idle: 1.5 }\n", "session.idle: must be"},
		{"life: { login: 1m }\n", "life.challenge: must not be longer than life.login"},
		{"budget: { window_pushes: 5, pushes: 4 }\n",
		 "budget.pushes: must not be less than budget.window_pushes"},
		{"budget: { code_failures: 9, code_failures_month: 8 }\n",
		 "budget.code_failures_month: must not be less than"},
		{"budget: { window_pushes: -1 }\n", "budget.window_pushes: must be at "},
		{"budget: { pushes: 99999999999 }\n", "budget.pushes: must be at "},
		{"totp: { window: 2 }\n", "totp.window: must be at most 1"},
		{"push: { enter_digits: 9 }\n", "push.enter_digits: must be at most 8"},
		{"push: { choose_digits: 1 }\n", "push.choose_digits: must be at least 2"},
		{"log: { level: loud }\n", "log.level: must be one of: debug, info, warn, error"},
		{"policy: { rules: [ { name: A, ask: [fingerprint] } ] }\n",
		 "policy.rules[0].ask: \"fingerprint\" must be password"},
		{"policy: { rules: [ { name: A, when: { clients: a }, deny: true } ] }\n", "did you mean \"client\"?"},
		{"issuer: https://id.example.org\n", "issuer"},
	};

	check_all(cases, ARRAY_COUNT(cases));
}

static void mistakes_of_all_kinds_are_told_at_once(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	char *lines = mistakes_of(arena, "issuer: http://id.example.org\nmetrics: x\ndatabase: y\n"
					 "policy: { default: { ask: [\"push:enter:1\"] } }\n");
	static const char *const keys[] = {":1:9: issuer:", ":2:10: metrics:", ":3:11: database:",
					   "policy.default.ask:"};

	for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
		assert_non_null(strstr(lines, keys[i]));
	assert_non_null(strstr(mistakes_of(arena, "{}\n"), "\"issuer\" is missing"));
	assert_non_null(strstr(mistakes_of(arena, ""), "symbolon.yaml"));
}

/* Test builds size these; a shipped build keeps to the schema's bounds. */
static void budgets_and_lives_keep_to_sane_bounds(void **state)
{
	static const struct mistake cases[] = {
		{"life: { challenge: 11m, login: 1h }\n",
		 ":2:20: life.challenge: must be at least 30s and at most 10m"},
		{"life: { challenge: 601, login: 1h }\n", "life.challenge: must be at most 600"},
		{"life: { challenge: 1s }\n", "life.challenge: must be at least 30s"},
		{"life: { code: 2m }\n", "life.code: must be at least 10s and at most 1m"},
		{"life: { known_browser: 91d }\n", "life.known_browser: must be at least 1h and at most 90d"},
		{"session: { idle: 2d, absolute: 3d }\n", "session.idle: must be at least 1m and at most 1d"},
		{"budget: { window_pushes: 11, pushes: 50 }\n", "budget.window_pushes: must be at most 10"},
		{"budget: { window_pushes: 0 }\n", "budget.window_pushes: must be at least 1"},
		{"budget: { code_failures_month: 101 }\n", "budget.code_failures_month: must be at most 100"},
		{"password: { memory_kib: 64 }\n", "password.memory_kib: must be at least 7168"},
	};

#ifdef SYMBOLON_TESTING
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		scoped_arena *arena = arena_new(1 << 20);

		settings_of(arena, arena_format(arena, ISSUER "%s", cases[i].yaml));
	}
#else
	check_all(cases, ARRAY_COUNT(cases));
#endif
}

static void the_template_is_accepted_as_it_is(void **state)
{
	static const char *const names[] = {NULL, "",    "Example", "Bäckerei \"Schön\" & Söhne: #1 \\ {x}",
					    "'",  "- a", "yes",     "\xf0\x9f\x92\xa9"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		scoped_arena *arena = arena_new(1 << 20);
		const char *yaml = settings_template(arena, "https://id.example.org", names[i]);
		const struct settings *settings = settings_of(arena, yaml);
		struct policy_input input = input_plain();
		struct decision decision = decide(arena, settings->policy, &input);

		assert_string_equal(settings->organisation.name, names[i] && *names[i] ? names[i] : "id.example.org");
		assert_string_equal(decision_words(arena, &decision), "password > push:enter:6 | totp | recovery");
	}
}

/* What the template shows in comments must work when its '#' goes. */
static void what_the_template_comments_out_is_accepted_too(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	char *yaml = settings_template(arena, "https://id.example.org", "Example");
	struct text active;

	text_init(&active, 65536);
	for (char *line; (line = strsep(&yaml, "\n"));) {
		size_t indent = strspn(line, " ");
		const char *rest = line + indent + 1;
		bool is_prose = indent == 0 && rest[-1] && *rest == ' ' && rest[1] != ' ';

		if (strcmp(line, "  rules: []") == 0)
			continue;
		if (line[indent] == '#' && !is_prose)
			text_add_format(&active, "%.*s%s\n", (int)indent, line, rest + (indent > 0 && *rest == ' '));
		else
			text_add_format(&active, "%s\n", line);
	}
	assert_non_null(strstr(active.data, "\ntls:\n  certificate: tls/fullchain.pem\n"));
	assert_non_null(strstr(active.data, "\n  rules:\n    - name: The wiki"));
	settings_of(arena, active.data);
	text_done(&active);
}

static void a_file_is_loaded_and_its_folder_counts(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	char folder[] = "/tmp/symbolon-settings-XXXXXX", expected[128];
	const struct settings *settings = NULL;
	struct text errors;
	char *path;
	FILE *file;

	assert_non_null(mkdtemp(folder));
	path = arena_format(arena, "%s/symbolon.yaml", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(ISSUER, file);
	fclose(file);
	text_init(&errors, 65536);
	assert_int_equal(settings_load(arena, path, &settings, &errors), OK);
	snprintf(expected, sizeof(expected), "sqlite:%s/symbolon.db", folder);
	assert_string_equal(settings->database, expected);
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(settings_load(arena, "symbolon.yaml", &settings, &errors), OK);
	assert_string_equal(settings->database, expected);
	assert_int_equal(errors.size, 0);
	unlink(path);
	settings = NULL;
	assert_int_equal(settings_load(arena, path, &settings, &errors), E_NOT_FOUND);
	assert_null(settings);
	assert_non_null(strstr(errors.data, "cannot be read"));
	text_done(&errors);
	assert_int_equal(chdir("/"), 0);
	rmdir(folder);
}

static void too_little_memory_is_no_settings(void **state)
{
	static const char yaml[] = ISSUER "listen: [\"127.0.0.1:1\", \"127.0.0.1:2\"]\ntrusted_proxies: [127.0.0.1]\n";

	for (size_t limit = 16; limit < 65536; limit += 16) {
		scoped_arena *arena = arena_new(limit);
		const struct settings *settings = NULL;
		enum status status = settings_parse(arena, FILE_PATH, yaml, strlen(yaml), &settings, NULL);

		assert_int_equal(settings != NULL, status == OK);
		if (status == OK)
			return;
		assert_int_equal(status, E_NOMEM);
	}
	fail_msg("64 KiB did not suffice");
}

/* ---- docs/configuration.md ---- */

static char *manual_read(struct arena *arena)
{
	FILE *file = fopen(SOURCE_ROOT "/docs/configuration.md", "r");
	char *manual = arena_alloc(arena, 1 << 18);
	size_t size;

	assert_non_null(file);
	assert_non_null(manual);
	size = fread(manual, 1, (1 << 18) - 1, file);
	assert_true(size > 0 && feof(file));
	fclose(file);
	return manual;
}

/* "| `life.challenge` | … | `2m` |": the line of a key, which must tell its default. */
static void row_check(const char *manual, const char *key, const json_t *property)
{
	const json_t *standard = json_object_get(property, "default");
	const json_t *shown = json_is_array(standard) ? json_array_get(standard, 0) : standard;
	char row[160], wanted[128] = "";
	const char *at, *end;

	snprintf(row, sizeof(row), "\n| `%s` |", key);
	at = strstr(manual, row);
	if (!at) {
		fail_msg("docs/configuration.md has no row for %s", key);
		return;
	}
	if (json_is_string(shown))
		snprintf(wanted, sizeof(wanted), "`%s`", json_string_value(shown));
	else if (json_is_integer(shown))
		snprintf(wanted, sizeof(wanted), "| %lld |", (long long)json_integer_value(shown));
	end = strchr(at + 1, '\n');
	at = strstr(at, wanted);
	if (!at || at > end)
		fail_msg("docs/configuration.md: the row of %s does not tell its default %s", key, wanted);
}

static size_t rows_check(const char *manual, const char *prefix, const json_t *schema)
{
	const char *key;
	json_t *property;
	size_t count = 0;

	json_object_foreach (json_object_get(schema, "properties"), key, property) {
		char path[128];

		snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix ? "." : "", key);
		if (json_object_get(property, "properties")) {
			count += rows_check(manual, path, property);
		} else {
			row_check(manual, path, property);
			count++;
		}
	}
	return count;
}

static void the_manual_has_every_key_with_its_default(void **state)
{
	scoped_arena *arena = arena_new(1 << 20);
	scoped_json *schema = NULL;
	char *manual = manual_read(arena);

	assert_int_equal(json_parse_limited(settings_schema, strlen(settings_schema), 16, &schema), OK);
	assert_true(rows_check(manual, "", schema) >= 40);
	assert_true(rows_check(manual, "policy.rules[]", json_object_get(json_object_get(schema, "$defs"), "rule")) >=
		    7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_default_is_filled_in),
		cmocka_unit_test(everything_said_is_taken),
		cmocka_unit_test(an_issuer_is_an_origin),
		cmocka_unit_test(every_mistake_is_told_with_its_place),
		cmocka_unit_test(mistakes_of_all_kinds_are_told_at_once),
		cmocka_unit_test(budgets_and_lives_keep_to_sane_bounds),
		cmocka_unit_test(the_template_is_accepted_as_it_is),
		cmocka_unit_test(what_the_template_comments_out_is_accepted_too),
		cmocka_unit_test(a_file_is_loaded_and_its_folder_counts),
		cmocka_unit_test(too_little_memory_is_no_settings),
		cmocka_unit_test(the_manual_has_every_key_with_its_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
