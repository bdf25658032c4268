#include "push/message.h"

#include <inttypes.h>
#include <string.h>

#include "base/encode.h"
#include "crypto/hash.h"

/*= RFC8030#5.4 no more than 32 characters from the URL and filename safe Base 64 alphabet */
#define TOPIC_BYTES 16

static const struct kind {
	const char *name, *title, *body;
	char mark; /* what the app finds behind the # */
} kinds[] = {
	{"challenge", "Sign-in request", "Open to review", 'c'},
	{"test", "Test message", "Notifications work", 't'},
};

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

/* Issuer and ids are made of letters that JSON takes as they are: an origin, and base64url. */
enum status push_message_format(struct arena *arena, const char *issuer, const struct outbox_row *row, char **ret_text)
{
	const struct kind *kind = kind_of(row->kind);

	if (!kind)
		return E_INVALID;
	*ret_text = arena_format(arena,
				 "{\"web_push\":8030,\"notification\":{\"title\":\"%s\",\"body\":\"%s\","
				 "\"navigate\":\"%s/a/#%c.%s\"},\"mutable\":true}",
				 kind->title, kind->body, issuer, kind->mark, row->subject_id);
	return *ret_text ? OK : E_NOMEM;
}

static const char *topic_of(struct arena *arena, const struct outbox_row *row)
{
	const char *input = arena_format(arena, "symbolon topic %s %s", row->device_id, row->kind);
	uint8_t hash[32];

	if (!input)
		return NULL;
	sha256(input, strlen(input), hash);
	return base64url_dup(arena, hash, TOPIC_BYTES);
}

enum status push_headers_make(struct arena *arena, const struct outbox_row *row, const char *authorization, int64_t now,
			      struct push_headers *ret_headers)
{
	const int64_t ttl = row->expires_at > now ? row->expires_at - now : 0;
	const char *topic = topic_of(arena, row);
	const struct push_headers headers = {{
		arena_format(arena, "TTL: %" PRId64, ttl),
		"Urgency: high",
		topic ? arena_format(arena, "Topic: %s", topic) : NULL,
		"Content-Encoding: aes128gcm",
		"Content-Type: application/octet-stream",
		arena_format(arena, "Authorization: %s", authorization),
	}};

	for (size_t i = 0; i < PUSH_HEADERS; i++)
		if (!headers.lines[i])
			return E_NOMEM;
	*ret_headers = headers;
	return OK;
}
