#include "core/core.h"

#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "crypto/hash.h"

void core_wake(const struct core *core, const char *kind, const char *id)
{
	char topic[128];

	if (!core->wake)
		return;
	snprintf(topic, sizeof(topic), "%s:%s", kind, id);
	core->wake(core->wake_ctx, topic);
}

/* People type ids after a command's name, where a dash would begin an option. */
void id_new(const struct random *random, char out[ID_SIZE])
{
	do
		random_token(random, 16, out);
	while (out[0] == '-');
}

void token_new(const struct random *random, char out[TOKEN_SIZE])
{
	random_token(random, 32, out);
}

void token_hash(const char *token, uint8_t out[32])
{
	sha256(token, strlen(token), out);
}

enum status absent_is_fine(enum status status, bool *ret_found)
{
	*ret_found = status == OK;
	return status == E_NOT_FOUND ? OK : status;
}
