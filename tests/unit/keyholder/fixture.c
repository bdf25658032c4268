#include "cmocka_all.h"

#include "fixture.h"

const uint8_t test_kek[32] = {0x6b, 0x65, 0x6b};
_Atomic int64_t test_mono_ms = 1000000;

static int64_t mono_ms(void)
{
	return test_mono_ms;
}

static enum status call(void *transport, const uint8_t *in, size_t in_size, uint8_t *out, size_t out_max,
			size_t *ret_size)
{
	return keyholder_server_handle(transport, in, in_size, out, out_max, ret_size);
}

static void close_server(void *transport)
{
	struct keyholder_server *server = transport;

	keyholder_server_free(&server);
}

struct keyholder *keyholder_for_test(const uint8_t kek[32])
{
	struct keyholder_server_options options = {.kek = kek, .mono_ms = mono_ms};
	struct keyholder_server *server = NULL;
	struct keyholder *keyholder = NULL;

	assert_int_equal(keyholder_server_new(&options, &server), OK);
	struct keyholder_transport transport = {.call = call, .close = close_server, .transport = server};
	assert_int_equal(keyholder_connect(&transport, &keyholder), OK);
	return keyholder;
}
