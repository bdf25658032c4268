/*
 * The guard on a whole connection: requests one after another until one is refused. However the bytes are cut, the
 * verdicts, their reasons and where each request ends are the same. The first byte is the size of the pieces.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/guard.h"

#define ENDS_MAX 64

struct outcome {
	enum guard_reason reason;
	size_t count;
	size_t ends[ENDS_MAX];
	bool is_idle;
	bool is_in_body;
};

static const struct guard_limits limits = {64, 512, 8, 100};

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void feed_one(struct guard *guard, const uint8_t *bytes, size_t size, size_t *at, struct outcome *outcome)
{
	uint8_t *copy = malloc(size); /* exactly, so that a read past the piece is seen */
	size_t used = size + 1;
	enum guard_verdict verdict;

	demand(copy);
	memcpy(copy, bytes, size);
	verdict = guard_feed(guard, copy, size, &used);
	free(copy);
	demand(used <= size);
	demand(verdict != GUARD_MORE || used == size);
	*at += used;
	if (verdict == GUARD_COMPLETE) {
		demand(guard_is_idle(guard));
		if (outcome->count < ENDS_MAX)
			outcome->ends[outcome->count] = *at;
		outcome->count++;
	}
	outcome->reason = guard_reason_of(guard);
	demand((verdict == GUARD_REFUSE) == (outcome->reason != GUARD_OK));
}

static struct outcome run(const uint8_t *bytes, size_t size, size_t piece)
{
	struct outcome outcome = {0};
	struct guard guard;
	size_t at = 0;

	guard_init(&guard, &limits);
	while (at < size && outcome.reason == GUARD_OK)
		feed_one(&guard, bytes + at, piece < size - at ? piece : size - at, &at, &outcome);
	outcome.is_idle = guard_is_idle(&guard);
	outcome.is_in_body = guard_is_in_body(&guard);
	return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole;
	struct outcome pieces;

	if (size < 2)
		return 0;
	whole = run(data + 1, size - 1, size);
	pieces = run(data + 1, size - 1, (size_t)data[0] % 32 + 1);
	demand(whole.reason == pieces.reason);
	demand(whole.count == pieces.count);
	demand(memcmp(whole.ends, pieces.ends, sizeof(whole.ends)) == 0);
	demand(whole.is_idle == pieces.is_idle && whole.is_in_body == pieces.is_in_body);
	return 0;
}
