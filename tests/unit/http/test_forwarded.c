#include "cmocka_all.h"

#include <string.h>

#include "http/forwarded.h"

static struct network networks[3];

static int setup(void **state)
{
	static const char *const texts[] = {"127.0.0.1", "192.0.2.0/24", "2001:db8:1::/48"};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		if (network_parse(texts[i], &networks[i]) != OK)
			return -1;
	return 0;
}

static const struct row {
	const char *peer;
	enum http_forwarded kind;
	const char *lines[3]; /* of the chosen header */
	const char *ip;
	bool trusted;
} rows[] = {
	/* a stranger's header says nothing */
	{"198.51.100.7", FORWARDED_X_FORWARDED_FOR, {"203.0.113.9"}, "198.51.100.7", true},
	{"198.51.100.7", FORWARDED_X_FORWARDED_FOR, {NULL}, "198.51.100.7", true},
	{"198.51.100.7", FORWARDED_X_FORWARDED_FOR, {"garbage"}, "198.51.100.7", true},
	/* one proxy */
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"203.0.113.9"}, "203.0.113.9", true},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"203.0.113.9:4711"}, "203.0.113.9", true},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"2001:DB8::0:1"}, "2001:db8::1", true},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"[2001:db8::1]:443"}, "2001:db8::1", true},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"::ffff:203.0.113.9"}, "203.0.113.9", true},
	{"::ffff:127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"203.0.113.9"}, "203.0.113.9", true},
	{"2001:db8:1::5", FORWARDED_X_FORWARDED_FOR, {"203.0.113.9"}, "203.0.113.9", true},
	/* what the client wrote itself stands to the left and is not believed */
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"198.51.100.1, 203.0.113.9"}, "203.0.113.9", true},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"<script>, 203.0.113.9"}, "203.0.113.9", true},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"198.51.100.1", "203.0.113.9"}, "203.0.113.9", true},
	/* several proxies */
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"203.0.113.9, 192.0.2.5"}, "203.0.113.9", true},
	{"127.0.0.1",
	 FORWARDED_X_FORWARDED_FOR,
	 {"198.51.100.1, 203.0.113.9", "192.0.2.5, 192.0.2.6"},
	 "203.0.113.9",
	 true},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"192.0.2.5"}, "192.0.2.5", true},
	/* unparsable, or absent: the peer, not trusted */
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {NULL}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {""}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"203.0.113.9,"}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"unknown"}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"203.0.113.999"}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"203.0.113.9:99999"}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"203.0.113.9:"}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"[203.0.113.9]"}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"[2001:db8::1"}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"[2001:db8::1]x"}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"0x7f.1"}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, {"garbage, 192.0.2.5"}, "127.0.0.1", false},
	{"127.0.0.1",
	 FORWARDED_X_FORWARDED_FOR,
	 {"203.0.113.9, 192.0.2.1,192.0.2.1,192.0.2.1,192.0.2.1,192.0.2.1,192.0.2.1,192.0.2.1,192.0.2.1,"
	  "192.0.2.1,192.0.2.1,192.0.2.1,192.0.2.1,192.0.2.1,192.0.2.1,192.0.2.1,192.0.2.1"},
	 "127.0.0.1",
	 false},
	{"not an address", FORWARDED_X_FORWARDED_FOR, {"203.0.113.9"}, "::", false},
	{"fe80::1%eth0", FORWARDED_X_FORWARDED_FOR, {"203.0.113.9"}, "::", false},
	/* RFC 7239 */
	{"127.0.0.1", FORWARDED_RFC7239, {"for=203.0.113.9"}, "203.0.113.9", true},
	{"127.0.0.1", FORWARDED_RFC7239, {"FOR=203.0.113.9;proto=https;by=192.0.2.1"}, "203.0.113.9", true},
	{"127.0.0.1", FORWARDED_RFC7239, {"proto=https; for=\"[2001:db8::1]:4711\""}, "2001:db8::1", true},
	{"127.0.0.1", FORWARDED_RFC7239, {"for=\"evil, for=203.0.113.9"}, "203.0.113.9", true},
	{"127.0.0.1", FORWARDED_RFC7239, {"for=198.51.100.1, for=203.0.113.9, for=192.0.2.9"}, "203.0.113.9", true},
	{"127.0.0.1", FORWARDED_RFC7239, {"for=unknown"}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_RFC7239, {"for=_hidden"}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_RFC7239, {"by=203.0.113.9"}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_RFC7239, {"for=198.51.100.1;for=203.0.113.9"}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_RFC7239, {"for=\"x;for=203.0.113.9\""}, "127.0.0.1", false},
	{"127.0.0.1", FORWARDED_RFC7239, {"203.0.113.9"}, "127.0.0.1", false},
};

static void the_client_is_the_last_hop_that_is_no_trusted_proxy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_xff = rows[i].kind == FORWARDED_X_FORWARDED_FOR;
		struct proxies proxies = {networks, 3, rows[i].kind};
		struct http_header headers[8];
		struct request req = {.headers = headers};

		/* The header that was not chosen is never looked at. */
		headers[req.header_count++] = (struct http_header){is_xff ? "Forwarded" : "X-Forwarded-For",
								   is_xff ? "for=198.51.100.66" : "198.51.100.66"};
		for (size_t k = 0; k < 3 && rows[i].lines[k]; k++)
			headers[req.header_count++] =
				(struct http_header){is_xff ? "x-forwarded-for" : "forwarded", rows[i].lines[k]};
		forwarded_apply(&proxies, rows[i].peer, &req);
		if (strcmp(req.ip, rows[i].ip) != 0 || req.ip_trusted != rows[i].trusted)
			fail_msg("row %zu: %s, %d", i, req.ip, req.ip_trusted);
	}
}

static void https_is_believed_from_a_trusted_proxy_only(void **state)
{
	static const struct {
		const char *peer;
		enum http_forwarded kind;
		const char *name;
		const char *value;
		bool is_tls;
	} cases[] = {
		{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, "X-Forwarded-Proto", "https", true},
		{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, "X-Forwarded-Proto", "HTTPS", true},
		{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, "X-Forwarded-Proto", "http", false},
		{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, "X-Forwarded-Proto", "https, http", false},
		{"127.0.0.1", FORWARDED_X_FORWARDED_FOR, "Forwarded", "for=203.0.113.9;proto=https", false},
		{"198.51.100.7", FORWARDED_X_FORWARDED_FOR, "X-Forwarded-Proto", "https", false},
		{"127.0.0.1", FORWARDED_RFC7239, "Forwarded", "for=203.0.113.9;proto=https", true},
		{"127.0.0.1", FORWARDED_RFC7239, "Forwarded", "proto=https, for=203.0.113.9;proto=http", false},
		{"198.51.100.7", FORWARDED_RFC7239, "Forwarded", "for=203.0.113.9;proto=https", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proxies proxies = {networks, 3, cases[i].kind};
		struct http_header header = {cases[i].name, cases[i].value};
		struct request req = {.headers = &header, .header_count = 1};

		forwarded_apply(&proxies, cases[i].peer, &req);
		if (req.is_tls != cases[i].is_tls)
			fail_msg("row %zu", i);
	}
}

static void networks_are_parsed_strictly(void **state)
{
	static const struct {
		const char *text;
		enum status status;
	} cases[] = {
		{"0.0.0.0/0", OK},
		{"192.0.2.1/32", OK},
		{"192.0.2.0/24", OK},
		{"2001:db8::/32", OK},
		{"::/0", OK},
		{"2001:db8::1/128", OK},
		{"192.0.2.1/24", E_INVALID},
		{"192.0.2.0/33", E_INVALID},
		{"2001:db8::/129", E_INVALID},
		{"192.0.2/24", E_INVALID},
		{"192.0.2.0/", E_INVALID},
		{"192.0.2.0/-1", E_INVALID},
		{"", E_INVALID},
		{"localhost", E_INVALID},
		{"192.0.2.0/24x", E_INVALID},
	};
	struct network network;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (network_parse(cases[i].text, &network) != cases[i].status)
			fail_msg("%s", cases[i].text);
}

static void a_network_has_what_lies_in_it(void **state)
{
	struct network network;
	struct network address;

	(void)state;
	assert_int_equal(network_parse("192.0.2.128/25", &network), OK);
	assert_int_equal(address_parse("192.0.2.128", &address), OK);
	assert_true(network_has(&network, &address));
	assert_int_equal(address_parse("192.0.2.127", &address), OK);
	assert_false(network_has(&network, &address));
	assert_int_equal(network_parse("0.0.0.0/0", &network), OK);
	assert_int_equal(address_parse("2001:db8::1", &address), OK);
	assert_false(network_has(&network, &address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_client_is_the_last_hop_that_is_no_trusted_proxy),
		cmocka_unit_test(https_is_believed_from_a_trusted_proxy_only),
		cmocka_unit_test(networks_are_parsed_strictly),
		cmocka_unit_test(a_network_has_what_lies_in_it),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
