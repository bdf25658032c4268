/* An event stream, whole and byte by byte: both must hear the same, and events must be such as the command relies on.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "event_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
	size_t count;
	uint8_t hash[32]; /* of all before and this one */
};

static void hear(void *ctx, const char *name, const char *data, size_t size)
{
	struct heard *heard = ctx;
	struct symbolon_event event;
	uint8_t part[32];

	sha256(data, size, part);
	for (size_t i = 0; i < sizeof(part); i++)
		heard->hash[i] = (uint8_t)(heard->hash[i] * 31 + part[i]);
	heard->count++;
	if (!event_read(name, data, size, &event))
		return;
	if (event.kind != SYMBOLON_EVENT_DEVICE && !id_is_valid(event.id))
		abort();
	if (strnlen(event.state, sizeof(event.state)) == sizeof(event.state) || event.expires_at < 0)
		abort();
}

static bool feed(const char *bytes, size_t size, size_t step, struct heard *heard)
{
	struct event_stream stream;
	bool good = true;

	event_stream_init(&stream);
	for (size_t at = 0; good && at < size; at += step)
		good = event_stream_feed(&stream, bytes + at, size - at < step ? size - at : step, hear, heard);
	event_stream_done(&stream);
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard whole = {0}, pieces = {0};
	bool good = feed((const char *)data, size, size ? size : 1, &whole);

	if (feed((const char *)data, size, 1, &pieces) != good || memcmp(&whole, &pieces, sizeof(whole)) != 0)
		abort();
	return 0;
}
