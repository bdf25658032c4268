#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "base/status.h"

/*
 * Stored passwords. Ours:  "$symbolon$argon2id$v=19$m=19456,t=2,p=1$<salt>$<mac>"  where mac = pepper(argon2id output),
 * the pepper being a keyed hash that only the keyholder can compute; so this folder gives and takes the raw argon2
 * output. Imported:  anything crypt(3) verifies and we accept: $y$, $2a$/$2b$/$2y$, $6$, $5$, "$argon2id$…" (PHC). Weak
 * ones ($1$, DES) are refused, and so are costs that nobody chooses: a check may take about a second and 256 MiB at
 * most.
 */
struct password_params {
	uint32_t memory_kib; /* 19456; 8 per lane to 262144 */
	uint32_t passes;     /* 2; 1 to 64, and memory_kib * passes at most 1048576 */
	uint32_t lanes;      /* 1; 1 to 8 */
};
extern const struct password_params password_default;

/* What a stored text is, looked at as a whole: a form, a length or a cost that is not accepted is PASSWORD_UNKNOWN. */
enum password_kind { PASSWORD_UNKNOWN, PASSWORD_OURS, PASSWORD_CRYPT, PASSWORD_ARGON2_PHC };
enum password_kind password_kind(const char *stored);

/* For ours: parameters, salt and mac out of the stored text. E_INVALID when it is not exactly what password_format
 * writes. */
struct password_record {
	struct password_params params;
	uint8_t salt[16];
	uint8_t mac[32];
};
enum status must_check password_parse(const char *stored, struct password_record *ret_record);
#define PASSWORD_STORED_SIZE 160
void password_format(const struct password_record *record, char out[PASSWORD_STORED_SIZE]);

/*
 * argon2id(password, salt); 32 bytes, to be peppered. About 20 ms of CPU and params.memory_kib of memory.
 *
 * E_INVALID  parameters out of range
 * E_NOMEM    the memory is not to be had
 */
enum status must_check password_stretch(const char *password, const struct password_params *params,
					const uint8_t salt[16], uint8_t ret_raw[32]);
/*
 * For imported hashes: whether the password fits. A password longer than the scheme takes does not.
 *
 * E_INVALID  `stored` is neither PASSWORD_CRYPT nor PASSWORD_ARGON2_PHC
 */
enum status must_check password_verify_imported(const char *password, const char *stored, bool *ret_matches);

#define PASSWORD_SIZE_MIN 8
#define PASSWORD_SIZE_MAX 512

/*
 * 8 to 512 bytes of UTF-8, not all one character, not the name, not among the most common ones (either of them in any
 * case and with up to four digits or marks behind); `problem` says why not, as a sentence for the person.
 */
bool password_is_acceptable(const char *password, const char *username, const char **ret_problem);

#endif
