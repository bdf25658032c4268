#include "cmocka_all.h"

#include "base/network.h"

static void addresses_of_the_public_internet_are_public(void **state)
{
	static const char *const addresses[] = {
		"1.1.1.1",         "9.255.255.255",   "11.0.0.0",     "100.63.255.255", "100.128.0.0",
		"126.255.255.255", "128.0.0.0",       "169.253.0.1",  "169.255.0.1",    "172.15.255.255",
		"172.32.0.0",      "192.0.1.1",       "192.167.0.1",  "192.169.0.1",    "198.17.255.255",
		"198.20.0.0",      "223.255.255.255", "2606:4700::1", "2a00:1450::1",   "2001:200::1",
		"2001:db9::1",     "2003::1",         "3ffe::1",      "::ffff:1.1.1.1",
	};
	struct network address;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(addresses); i++) {
		assert_int_equal(address_parse(addresses[i], &address), OK);
		if (!address_is_public(&address))
			fail_msg("not public: %s", addresses[i]);
	}
}

/* Mutation: any row of the tables left out. */
static void special_addresses_are_not_whatever_shape_they_have(void **state)
{
	static const char *const addresses[] = {
		"0.0.0.0",
		"0.1.2.3",
		"10.0.0.1",
		"10.255.255.255",
		"100.64.0.1",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.255.254",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.255",
		"192.0.0.1",
		"192.0.2.1",
		"192.88.99.1",
		"192.168.1.1",
		"198.18.0.1",
		"198.19.255.255",
		"198.51.100.1",
		"203.0.113.1",
		"224.0.0.1",
		"239.255.255.255",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"::127.0.0.1",
		"::ffff:127.0.0.1",
		"::ffff:7f00:1",
		"::ffff:10.0.0.1",
		"::ffff:0:127.0.0.1",
		"64:ff9b::7f00:1",
		"64:ff9b:1::1",
		"100::1",
		"2001::1",
		"2001:2::1",
		"2001:1ff::1",
		"2001:db8::1",
		"2002:7f00:1::1",
		"3fff::1",
		"4000::1",
		"5f00::1",
		"fc00::1",
		"fd12:3456::1",
		"fe80::1",
		"fec0::1",
		"ff02::1",
	};
	struct network address;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(addresses); i++) {
		assert_int_equal(address_parse(addresses[i], &address), OK);
		if (address_is_public(&address))
			fail_msg("public: %s", addresses[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_the_public_internet_are_public),
		cmocka_unit_test(special_addresses_are_not_whatever_shape_they_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
