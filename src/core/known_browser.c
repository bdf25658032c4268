#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "core/session.h"

#define PAIRS_MAX      4
#define BROWSERS_MAX   10
#define ROTATE_GRACE_S 60 /* two tabs may send the token just rotated */
#define PAIR_SIZE      (ID_SIZE - 1 + 1 + TOKEN_SIZE - 1)

/* One "id.token" of the cookie; both parts have a fixed length. */
static bool pair_read(const char *at, size_t size, char id[ID_SIZE], char token[TOKEN_SIZE])
{
	if (size != PAIR_SIZE || at[ID_SIZE - 1] != '.')
		return false;
	memcpy(id, at, ID_SIZE - 1);
	id[ID_SIZE - 1] = '\0';
	memcpy(token, at + ID_SIZE, TOKEN_SIZE - 1);
	token[TOKEN_SIZE - 1] = '\0';
	return true;
}

static const char *pair_next(const char *cookie, size_t *ret_size)
{
	*ret_size = strcspn(cookie, "~");
	return cookie[*ret_size] ? cookie + *ret_size + 1 : NULL;
}

static enum status pair_check(struct store_tx *tx, const char *id, const char *token, const char *user_id, int64_t now,
			      int64_t life_s, struct known_browser *known)
{
	struct browser_row row;
	enum status status = store_browser_find(tx, id, &row);
	uint8_t hash[32];

	if (status == E_NOT_FOUND)
		return OK;
	TRY(status);
	if (strcmp(row.user_id, user_id) != 0 || now >= row.used_at + life_s)
		return OK;
	token_hash(token, hash);
	snprintf(known->id, sizeof(known->id), "%s", row.id);
	memcpy(known->token_hash, hash, sizeof(known->token_hash)); /* what came: of one token there is one successor */
	if (secret_equal(hash, row.token_hash, sizeof(hash)))
		known->known = true;
	else if (row.rotated_at && secret_equal(hash, row.previous_hash, sizeof(hash))) {
		known->known = now <= row.rotated_at + ROTATE_GRACE_S;
		known->theft = !known->known;
	}
	return OK;
}

enum status known_browser_find(struct store_tx *tx, const char *cookie, const char *user_id, int64_t now,
			       int64_t life_s, struct known_browser *ret_known)
{
	struct known_browser known = {0};
	char id[ID_SIZE], token[TOKEN_SIZE];

	for (int i = 0; cookie && i < PAIRS_MAX && !known.known && !known.theft; i++) {
		size_t size;
		const char *next = pair_next(cookie, &size);

		if (pair_read(cookie, size, id, token))
			TRY(pair_check(tx, id, token, user_id, now, life_s, &known));
		cookie = next;
	}
	*ret_known = known;
	return OK;
}

void known_cookie_set(const char *cookie, const char *old_id, const char *id, const char *token,
		      char out[KNOWN_COOKIE_SIZE])
{
	size_t used = (size_t)snprintf(out, KNOWN_COOKIE_SIZE, "%s.%s", id, token);

	for (int kept = 1; cookie && kept < PAIRS_MAX;) {
		char other[ID_SIZE], value[TOKEN_SIZE];
		size_t size;
		const char *next = pair_next(cookie, &size);

		if (pair_read(cookie, size, other, value) && strcmp(other, id) != 0 &&
		    (!old_id || strcmp(other, old_id) != 0)) {
			used += (size_t)snprintf(out + used, KNOWN_COOKIE_SIZE - used, "~%s.%s", other, value);
			kept++;
		}
		cookie = next;
	}
}

enum status known_browser_renew(struct store_tx *tx, const struct known_browser *known, const struct browser_row *row,
				int64_t now)
{
	struct browser_row *rows;
	size_t count;

	if (known->known) {
		enum status status = store_browser_rotate(tx, known->id, known->token_hash, row->token_hash, now);

		/* Another tab rotated this very token a moment ago: this one gets a pair of its own. */
		if (status != E_CONFLICT)
			return status;
	}
	TRY(store_browser_list(tx, row->user_id, &rows, &count));
	for (size_t i = 0; count - i >= BROWSERS_MAX; i++)
		TRY(store_browser_remove(tx, rows[i].id));
	return store_browser_insert(tx, row);
}
