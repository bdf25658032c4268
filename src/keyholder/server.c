#include "keyholder/server_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "crypto/hash.h"

enum { ARENA_LIMIT = 1024 * 1024, IDENTITY_MAX = 128, KEK_SIZE = 32 };

static size_t pages_size(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (sizeof(struct keyholder_server) + page - 1) / page * page;
}

/* Pages of its own that are not swapped and not dumped. Where locking is not allowed it goes on, and says so. */
static struct keyholder_server *server_pages_new(void)
{
	struct keyholder_server *server = aligned_alloc((size_t)sysconf(_SC_PAGESIZE), pages_size());

	if (!server)
		return NULL;
	memset(server, 0, pages_size());
	if (mlock(server, pages_size()) != 0)
		log_warn("keyholder.not_locked", LOG_S("effect", "keys may be swapped"),
			 LOG_S("remedy", "raise LimitMEMLOCK"));
	if (madvise(server, pages_size(), MADV_DONTDUMP) != 0)
		log_warn("keyholder.dumpable", LOG_S("effect", "a core dump would hold keys"));
	return server;
}

static void server_pages_free(struct keyholder_server *server)
{
	secret_zero(server, pages_size());
	/* They stay locked: munlock is a call that a confined process has given up. */
	status_ignore(madvise(server, pages_size(), MADV_DODUMP) == 0 ? OK : E_IO, "harmless");
	free(server);
}

size_t keyholder_budget_size(void)
{
	return budget_memory_size();
}

enum status keyholder_server_new(const struct keyholder_server_options *options, struct keyholder_server **ret_server)
{
	struct keyholder_server *server = server_pages_new();

	if (!server)
		return E_NOMEM;
	if (key_cache_init(&server->cache) != OK || budget_new(options->budget_memory, &server->totp_budget) != OK) {
		server_pages_free(server);
		return E_NOMEM;
	}
	crypto_warm();
	hkdf_sha256(options->kek, KEK_SIZE, NULL, 0, "symbolon kek key v1", server->key_key, sizeof(server->key_key));
	hkdf_sha256(options->kek, KEK_SIZE, NULL, 0, "symbolon kek totp v1", server->totp_key,
		    sizeof(server->totp_key));
	hkdf_sha256(options->kek, KEK_SIZE, NULL, 0, "symbolon kek enrol v1", server->enrol_key,
		    sizeof(server->enrol_key));
	server->mono_ms = options->mono_ms ? options->mono_ms : clock_mono_ms;
	*ret_server = server;
	return OK;
}

void keyholder_server_free(struct keyholder_server **server)
{
	if (!*server)
		return;
	key_cache_done(&(*server)->cache);
	budget_free(&(*server)->totp_budget);
	server_pages_free(*server);
	*server = NULL;
}

const char *identity_format(struct call *call, const char *prefix, const char *id)
{
	if (!*id || strlen(id) > IDENTITY_MAX)
		return NULL;
	return arena_format(call->arena, "%s:%s", prefix, id);
}

static enum status handle_counters(struct call *call)
{
	struct keyholder_server *server = call->server;

	if (!message_is_done(call->request))
		return E_INVALID;
	message_add_number(call->reply, (int64_t)server->calls);
	message_add_number(call->reply, (int64_t)server->signatures);
	message_add_number(call->reply, (int64_t)server->totp_checks);
	message_add_number(call->reply, (int64_t)server->refusals);
	return OK;
}

/* What may be asked. What is not in the table is refused. */
static enum status (*const handlers[])(struct call *call) = {
	[MESSAGE_KEY_NEW] = handle_key_new,
	[MESSAGE_SIGN] = handle_sign,
	[MESSAGE_PEPPER] = handle_pepper,
	[MESSAGE_MAC] = handle_mac,
	[MESSAGE_TOTP_NEW] = handle_totp_new,
	[MESSAGE_TOTP_CHECK] = handle_totp_check,
	[MESSAGE_ENROLMENT_NEW] = handle_enrolment_new,
	[MESSAGE_ENROLMENT_REVEAL] = handle_enrolment_reveal,
	[MESSAGE_ENROLMENT_CHECK] = handle_enrolment_check,
	[MESSAGE_COUNTERS] = handle_counters,
};

static enum status request_handle(struct call *call, const uint8_t *in, size_t in_size)
{
	struct message_reader request = {0};

	TRY(message_open(in, in_size, &request));
	if (request.kind >= ARRAY_COUNT(handlers) || !handlers[request.kind])
		return E_INVALID;
	call->request = &request;
	TRY(handlers[request.kind](call));
	return call->reply->failed ? E_NOMEM : OK;
}

static void call_count(struct keyholder_server *server, enum status status)
{
	server->calls++;
	if (status == E_INVALID || status == E_REFUSED || status == E_BUSY)
		server->refusals++;
}

enum status keyholder_server_handle(struct keyholder_server *server, const uint8_t *in, size_t in_size, uint8_t *out,
				    size_t out_max, size_t *ret_size)
{
	scoped_arena *arena = arena_new(ARENA_LIMIT);
	struct text reply;
	struct call call = {.server = server, .reply = &reply, .arena = arena};

	message_begin(&reply, OK);
	enum status status = arena ? request_handle(&call, in, in_size) : E_NOMEM;
	call_count(server, status);
	if (status != OK) {
		text_done(&reply);
		message_begin(&reply, (uint8_t)status);
	}
	bool fits = !reply.failed && reply.size <= out_max;
	if (fits) {
		memcpy(out, reply.data, reply.size);
		*ret_size = reply.size;
	}
	text_done(&reply);
	return fits ? OK : E_NOMEM;
}
