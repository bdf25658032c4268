/*
 * Bytes as a request to the keyholder. A fuzzer cannot forge a sealed blob, so it may ask for real ones: a bytes field
 * of one byte below BLOBS stands for that blob, a text "K0" or "K1" for the kid that goes with it. Every request gets a
 * reply that is a message.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "keyholder/client.h"
#include "keyholder/message.h"
#include "keyholder/server.h"

enum { ES256_KEY, HS256_KEY, TOTP_SEED, ENROLMENT, BLOBS, FIELD_HEAD = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct keyholder_server *server;
static struct sealed_blob blobs[BLOBS];
static struct new_key keys[2];

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void silence(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

static enum status call(void *transport, const uint8_t *in, size_t in_size, uint8_t *out, size_t out_max,
			size_t *ret_size)
{
	return keyholder_server_handle(transport, in, in_size, out, out_max, ret_size);
}

static void do_not_close(void *transport)
{
	(void)transport;
}

static void world_make(void)
{
	static const uint8_t kek[32];
	static struct arena *arena;
	const struct totp_request wanted = {"row", "SHA1", 6, 30, "Example", "demo"};
	struct keyholder *keyholder = NULL;
	uint8_t secret[16];
	char *uri = NULL;

	log_sink_set(silence, NULL);
	arena = arena_new(1 << 20);
	must(keyholder_server_new(&(struct keyholder_server_options){.kek = kek}, &server) == OK);
	struct keyholder_transport transport = {call, do_not_close, server};
	must(keyholder_connect(&transport, &keyholder) == OK);
	must(keyholder_key_new(keyholder, arena, "ES256", &keys[ES256_KEY]) == OK);
	must(keyholder_key_new(keyholder, arena, "HS256", &keys[HS256_KEY]) == OK);
	must(keyholder_totp_new(keyholder, arena, &wanted, &blobs[TOTP_SEED], &uri) == OK);
	must(keyholder_enrolment_new(keyholder, arena, "id", secret, &blobs[ENROLMENT]) == OK);
	for (int i = 0; i < 2; i++)
		blobs[i] = (struct sealed_blob){keys[i].sealed, keys[i].sealed_size};
	keyholder_close(&keyholder);
}

/* One field, or what it stands for. */
static void field_copy(struct text *request, const uint8_t *field, size_t size)
{
	const uint8_t *bytes = field + FIELD_HEAD;

	if (field[0] == 'b' && size == 1 && bytes[0] < BLOBS)
		message_add_bytes(request, blobs[bytes[0]].bytes, blobs[bytes[0]].size);
	else if (field[0] == 't' && size == 3 && bytes[0] == 'K' && (bytes[1] == '0' || bytes[1] == '1') && !bytes[2])
		message_add_text(request, keys[bytes[1] - '0'].kid);
	else
		text_add_bytes(request, field, FIELD_HEAD + size);
}

static void request_copy(struct text *request, const uint8_t *data, size_t size)
{
	size_t at = size < 2 ? size : 2;

	text_init(request, MESSAGE_SIZE_MAX);
	text_add_bytes(request, data, at);
	while (size - at >= FIELD_HEAD) {
		size_t field = (size_t)data[at + 1] << 24 | (size_t)data[at + 2] << 16 | (size_t)data[at + 3] << 8 |
			       data[at + 4];
		if (field > size - at - FIELD_HEAD)
			break;
		field_copy(request, data + at, field);
		at += FIELD_HEAD + field;
	}
	text_add_bytes(request, data + at, size - at);
}

static void request_try(const uint8_t *data, size_t size)
{
	static uint8_t out[MESSAGE_SIZE_MAX];
	struct message_reader reply;
	size_t out_size = 0;

	enum status status = keyholder_server_handle(server, data, size, out, sizeof(out), &out_size);
	must(status == OK && message_open(out, out_size, &reply) == OK);
	must(reply.kind == OK || out_size == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text request;

	if (!server)
		world_make();
	if (size > 2 && data[1] == MESSAGE_KEY_NEW && memmem(data, size, "RS256", 5))
		return 0; /* a tenth of a second each */
	request_try(data, size);
	request_copy(&request, data, size);
	if (!request.failed)
		request_try((const uint8_t *)request.data, request.size);
	text_done(&request);
	return 0;
}
