/* What a broken, lying or dead keyholder says is trouble, never a yes. And what a broken client says is refused. */
#include "cmocka_all.h"

#include <string.h>

#include "base/log.h"
#include "fixture.h"
#include "keyholder/message.h"

struct script {
	enum status status;
	uint8_t reply[64];
	size_t size;
	int closed;
};

static enum status scripted_call(void *transport, const uint8_t *in, size_t in_size, uint8_t *out, size_t out_max,
				 size_t *ret_size)
{
	struct script *script = transport;

	memcpy(out, script->reply, script->size < sizeof(script->reply) ? script->size : sizeof(script->reply));
	*ret_size = script->size;
	return script->status;
}

static void scripted_close(void *transport)
{
	((struct script *)transport)->closed++;
}

static const struct sealed_key key = {"kid", "HS256", (const uint8_t *)"x", 1};
static const struct sealed_blob blob = {(uint8_t *)"x", 1};

/* Every function against one reply; each must give `expected`. */
static void assert_all(struct script script, enum status expected)
{
	struct keyholder_transport transport = {scripted_call, scripted_close, &script};
	scoped_arena *arena = arena_new(1 << 20);
	struct keyholder *keyholder = NULL;
	struct new_key new_key;
	struct sealed_blob sealed;
	struct sign_job jobs[2] = {{&key, "JWT", "{}"}, {&key, "JWT", "{}"}};
	struct totp_request request = {"1", "SHA1", 6, 30, "", "demo"};
	struct totp_check check = {"1", "SHA1", 6, 30, blob.bytes, 1, "123456", 1, 1, 1};
	uint8_t bytes[32] = {0};
	char *texts[2];
	int64_t step;

	assert_int_equal(keyholder_connect(&transport, &keyholder), OK);
	assert_int_equal(keyholder_key_new(keyholder, arena, "HS256", &new_key), expected);
	assert_int_equal(keyholder_sign(keyholder, arena, jobs, 2, texts), expected);
	assert_int_equal(keyholder_pepper(keyholder, &key, bytes, bytes), expected);
	assert_int_equal(keyholder_mac(keyholder, &key, "x", "", 0, bytes), expected);
	assert_int_equal(keyholder_totp_new(keyholder, arena, &request, &sealed, texts), expected);
	assert_int_equal(keyholder_totp_check(keyholder, &check, &step), expected);
	assert_int_equal(keyholder_enrolment_new(keyholder, arena, "1", bytes, &sealed), expected);
	assert_int_equal(keyholder_enrolment_reveal(keyholder, "1", &blob, bytes), expected);
	assert_int_equal(keyholder_enrolment_check(keyholder, "1", &blob, "", 0, bytes), expected);
	keyholder_close(&keyholder);
	assert_int_equal(script.closed, 1);
}

static void unreachable_keyholder_is_trouble(void **state)
{
	assert_all((struct script){.status = E_IO}, E_IO);
	assert_all((struct script){.status = E_BUSY, .reply = {1, OK}, .size = 2}, E_IO);
	assert_all((struct script){.status = E_NOMEM}, E_IO);
}

static void replies_without_sense_are_trouble(void **state)
{
	assert_all((struct script){.size = 0}, E_IO);
	assert_all((struct script){.reply = {1}, .size = 1}, E_IO);
	assert_all((struct script){.reply = {2, OK}, .size = 2}, E_IO); /* another version */
	assert_all((struct script){.reply = {1, E_STORE}, .size = 2}, E_IO);
	assert_all((struct script){.reply = {1, E_EXPIRED}, .size = 2}, E_IO);
	assert_all((struct script){.reply = {1, 255}, .size = 2}, E_IO);
	assert_all((struct script){.reply = {1, OK, 'x', 0, 0, 0, 0}, .size = 7}, E_IO);
	assert_all((struct script){.reply = {1, OK}, .size = MESSAGE_SIZE_MAX + 1}, E_IO);
	assert_all((struct script){.reply = {1, OK, 'b', 0xff, 0xff, 0xff, 0xff}, .size = 7}, E_IO);
}

/* An OK without its fields; only enrolment_check has none, so it is not among those. */
static void ok_without_fields_is_trouble(void **state)
{
	struct script script = {.reply = {1, OK}, .size = 2};
	struct keyholder_transport transport = {scripted_call, scripted_close, &script};
	scoped_arena *arena = arena_new(1 << 20);
	struct keyholder *keyholder = NULL;
	struct sign_job job = {&key, "JWT", "{}"};
	uint8_t mac[32] = {7};
	char *jws = NULL;

	assert_int_equal(keyholder_connect(&transport, &keyholder), OK);
	assert_int_equal(keyholder_sign(keyholder, arena, &job, 1, &jws), E_IO);
	assert_null(jws);
	assert_int_equal(keyholder_pepper(keyholder, &key, mac, mac), E_IO);
	assert_int_equal(mac[0], 7);
	keyholder_close(&keyholder);
}

static void refusals_come_through(void **state)
{
	static const enum status all[] = {E_NOMEM, E_INVALID, E_NOT_FOUND, E_CONFLICT, E_BUSY, E_REFUSED};

	for (size_t i = 0; i < ARRAY_COUNT(all); i++)
		assert_all((struct script){.reply = {1, (uint8_t)all[i]}, .size = 2}, all[i]);
}

static struct keyholder_server *server_make(void)
{
	struct keyholder_server_options options = {.kek = test_kek};
	struct keyholder_server *server = NULL;

	assert_int_equal(keyholder_server_new(&options, &server), OK);
	return server;
}

/* The kind of the server's reply to these bytes. */
static int reply_kind(struct keyholder_server *server, const void *bytes, size_t size)
{
	static uint8_t out[MESSAGE_SIZE_MAX];
	size_t out_size = 0;

	assert_int_equal(keyholder_server_handle(server, bytes, size, out, sizeof(out), &out_size), OK);
	assert_true(out_size >= 2 && out[0] == MESSAGE_VERSION);
	return out[1];
}

static void requests_without_sense_are_refused(void **state)
{
	struct keyholder_server *server = server_make();

	assert_int_equal(reply_kind(server, "", 0), E_INVALID);
	assert_int_equal(reply_kind(server, "\1", 1), E_INVALID);
	for (int kind = 0; kind < 256; kind++) {
		uint8_t request[2] = {1, (uint8_t)kind};
		assert_int_equal(reply_kind(server, request, 2), kind == MESSAGE_COUNTERS ? OK : E_INVALID);
	}
	assert_int_equal(reply_kind(server, "\2\n", 2), E_INVALID);  /* another version */
	assert_int_equal(reply_kind(server, "\1\nx", 3), E_INVALID); /* something behind */
	keyholder_server_free(&server);
	assert_null(server);
}

/* A request of each kind, valid; cut at each byte it must be refused, and so with a byte more. */
static void cut_requests_are_refused(void **state)
{
	struct keyholder_server *server = server_make();
	struct text request;

	message_begin(&request, MESSAGE_ENROLMENT_CHECK);
	message_add_text(&request, "id");
	message_add_bytes(&request, "0123456789012345678901234567890123456789abcde", 45);
	message_add_bytes(&request, "m", 1);
	message_add_bytes(&request, "01234567890123456789012345678901", 32);
	for (size_t size = 0; size < request.size; size++)
		assert_int_equal(reply_kind(server, request.data, size), E_INVALID);
	assert_int_equal(reply_kind(server, request.data, request.size), E_REFUSED);
	text_add_bytes(&request, "", 1);
	assert_int_equal(reply_kind(server, request.data, request.size), E_INVALID);
	text_done(&request);

	message_begin(&request, MESSAGE_TOTP_NEW);
	message_add_text(&request, "id");
	message_add_text(&request, "SHA1");
	message_add_number(&request, 6);
	message_add_number(&request, 30);
	message_add_text(&request, "Example");
	message_add_text(&request, "demo");
	for (size_t size = 0; size < request.size; size++)
		assert_int_equal(reply_kind(server, request.data, size), E_INVALID);
	assert_int_equal(reply_kind(server, request.data, request.size), OK);
	text_done(&request);
	keyholder_server_free(&server);
}

static void reply_that_does_not_fit_is_not_cut(void **state)
{
	struct keyholder_server *server = server_make();
	uint8_t request[2] = {1, MESSAGE_COUNTERS}, out[100];
	size_t size = 7;

	memset(out, 0xee, sizeof(out));
	assert_int_equal(keyholder_server_handle(server, request, 2, out, 53, &size), E_NOMEM);
	assert_int_equal(size, 7);
	assert_int_equal(out[0], 0xee);
	assert_int_equal(keyholder_server_handle(server, request, 2, out, 54, &size), OK);
	assert_int_equal(size, 54);
	keyholder_server_free(&server);
}

static void silence(void *ctx, const char *line)
{
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unreachable_keyholder_is_trouble),
		cmocka_unit_test(replies_without_sense_are_trouble),
		cmocka_unit_test(ok_without_fields_is_trouble),
		cmocka_unit_test(refusals_come_through),
		cmocka_unit_test(requests_without_sense_are_refused),
		cmocka_unit_test(cut_requests_are_refused),
		cmocka_unit_test(reply_that_does_not_fit_is_not_cut),
	};

	log_sink_set(silence, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
