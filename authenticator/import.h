#ifndef AUTHENTICATOR_IMPORT_H
#define AUTHENTICATOR_IMPORT_H

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"

/*
 * Files of other authenticators, and our own exports. What a file is shows from its content, never from its name; each
 * kind has a reader in a file of its own (import_*.c) and a row in the table of import.c.
 *
 * Every code is taken or refused by itself: a reader goes on behind one that it cannot use and says which it was.
 */

enum { IMPORT_SIZE_MAX = 8 * 1024 * 1024, IMPORT_CODES_MAX = 2000, IMPORT_DEPTH_MAX = 16 };

struct import_source {
	const char *bytes;
	size_t size;
	const json_t *json; /* the same, when it is an object of JSON; NULL otherwise. Readers of JSON need it. */
	/* Asks for the file's passphrase (PASSPHRASE_MAX + 1 bytes); not OK: there is none. NULL: nobody can be asked.
	 */
	enum status (*passphrase)(void *ctx, const char *prompt, char *ret_passphrase);
	void *ctx;
};

struct imported {
	struct arena *arena;
	const char *format; /* "Aegis", for people */
	json_t *entries;    /* as the vault's codes: {"uri": canonical, "added_at"?, "group"?, "pinned"?, …} */
	json_t *problems;   /* [{"where": …, "reason": sentence}]; raw text from the file: show it with care */
};

/* E_NOMEM only. imported_done also after a failure. */
enum status must_check imported_init(struct arena *arena, struct imported *imported);
void imported_done(struct imported *imported);

/*
 * Recognizes and reads. Anything but OK comes with a sentence in *ret_problem, and nothing of the file counts.
 *
 * E_INVALID    of no known kind, damaged, too large, or of a kind that cannot be read (the sentence says which)
 * E_REFUSED    the passphrase is wrong, or the file was altered
 * E_NOT_FOUND  it is sealed and there is no passphrase
 */
enum status must_check import_read(const struct import_source *source, struct imported *imported,
				   const char **ret_problem);

/* ---- for the readers ---- */

struct import_format {
	const char *name;
	bool (*recognizes)(const struct import_source *source);
	enum status (*read)(const struct import_source *source, struct imported *imported, const char **ret_problem);
};
extern const struct import_format import_exchange, import_aegis, import_2fas, import_ente, import_bitwarden,
	import_bitwarden_csv, import_list;

/* One code as such files have it. NULL and 0 stand for what is absent. */
struct import_fields {
	const char *issuer;
	const char *account;
	const char *secret; /* base32 */
	const char *hash;   /* NULL: SHA1 */
	int64_t digits;     /* 0: 6 */
	int64_t period;     /* 0: 30 */
	const char *group;
	bool pinned;
};

/* All of these return E_NOMEM, or E_INVALID with more than IMPORT_CODES_MAX codes; a bad code is a problem, and OK. */
enum status must_check imported_add(struct imported *imported, const char *where, const struct import_fields *fields);
/* `more`: members to keep beside the address; NULL, or borrowed. */
enum status must_check imported_add_uri(struct imported *imported, const char *where, const char *uri,
					const json_t *more);
enum status must_check imported_refuse(struct imported *imported, const char *where, const char *reason);
/* "code 3 (Issuer, account)" */
const char *import_where(struct arena *arena, size_t index, const char *issuer, const char *account);

/* {"algorithm": …} and the like: the member as a string, or NULL; as a number, or 0 (also when it is not one). */
const char *import_text(const json_t *object, const char *key);
int64_t import_number(const json_t *object, const char *key);

/* The member's bytes in the arena, of base64 with padding or of hex; NULL when absent, wrong, or longer than `max`. */
uint8_t *import_base64(struct arena *arena, const json_t *object, const char *key, size_t max, size_t *ret_size);
uint8_t *import_hex(struct arena *arena, const json_t *object, const char *key, size_t max, size_t *ret_size);

/* Each line of text with an otpauth:// or otpauth-migration:// address; blank lines and those with # do not count. */
enum status must_check import_lines(const char *bytes, size_t size, struct imported *imported,
				    const char **ret_problem);

/*
 * What Ente adds to an address: codeDisplay={"pinned", "tags", "trashed", …}, percent-encoded. *ret_more is a new
 * object with what is kept of it, or NULL. false: the code lies in the bin and is not taken.
 */
bool ente_display(const char *uri, json_t **ret_more);

/* ---- otpauth-migration://offline?data=…, import_migration.c ---- */

/* Which parts of which batches were seen; zero it before the first. */
struct migration_batches {
	struct {
		uint32_t id, size, seen; /* seen: a bit for each part */
	} list[16];
	size_t count;
};
enum status must_check migration_add(struct imported *imported, struct migration_batches *batches, const char *where,
				     const char *uri);
/* Tells of the parts that are missing. */
enum status must_check migration_end(struct imported *imported, const struct migration_batches *batches);

#endif
