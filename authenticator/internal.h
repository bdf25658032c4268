#ifndef AUTHENTICATOR_INTERNAL_H
#define AUTHENTICATOR_INTERNAL_H

/* What the files of libsymbolon-device share. Nothing here is for its users. */

#include <stdatomic.h>

#include <curl/curl.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"
#include "base/text.h"
#include "crypto/jose.h"
#include "symbolon-device.h"

enum { REPLY_MAX = 64 * 1024, JSON_DEPTH_MAX = 8, ARENA_MAX = 512 * 1024, URL_SIZE_MAX = SYMBOLON_ISSUER_MAX + 256 };

/* The public functions speak symbolon_result; TRY is for status. */
#define TRY_RESULT(expr)                                                                                               \
	do {                                                                                                           \
		enum symbolon_result try_result_ = (expr);                                                             \
		if (try_result_ != SYMBOLON_OK)                                                                        \
			return try_result_;                                                                            \
	} while (0)

/* E_NOMEM stays what it is; every other trouble of base and crypto becomes `otherwise`. */
enum symbolon_result result_of(enum status status, enum symbolon_result otherwise);

struct symbolon_device {
	char issuer[SYMBOLON_ISSUER_MAX + 1];
	char id[SYMBOLON_ID_MAX + 1];
	char thumbprint[44];
	struct jose_key *key;
	CURL *curl; /* made when first needed; keeps its connection */
	atomic_llong skew_s;
};

bool issuer_is_valid(const char *issuer);
bool issuer_is_loopback(const char *issuer);
bool id_is_valid(const char *id); /* 1 to SYMBOLON_ID_MAX characters of base64url: safe inside a URL's path */

/* The claims of every token: aud, iat, jti. NULL when out of memory. */
json_t *claims_new(const struct symbolon_device *device, int64_t now);
/* Takes `claims` (NULL is SYMBOLON_NO_MEMORY). The header carries the public key when `with_jwk`, else the device's id.
 */
enum symbolon_result token_sign(const struct symbolon_device *device, const char *typ, json_t *claims, bool with_jwk,
				char **ret_jws);

/* ---- transport ---- */

struct call {
	const char *method;
	const char *path; /* below {issuer}/device/v1 */
	const char *body; /* JSON, or NULL */
	enum { CALL_SIGNED, CALL_UNSIGNED } kind;
};

struct reply {
	int http_status;
	struct text body; /* whole; text_done */
	int64_t retry_after_s;
};
static inline void reply_cleanup_(struct reply *reply)
{
	text_done(&reply->body);
}
#define scoped_reply __attribute__((cleanup(reply_cleanup_))) struct reply

/* One request and its answer; asks once more with the server's clock when the refusal says that ours is off. */
enum symbolon_result call_send(struct symbolon_device *device, const struct call *call, struct reply *ret_reply,
			       struct symbolon_error *ret_error);
/* The same, the answer being JSON. *ret_json is the caller's. */
enum symbolon_result call_json(struct symbolon_device *device, const struct call *call, json_t **ret_json,
			       struct symbolon_error *ret_error);

enum symbolon_result url_format(const struct symbolon_device *device, const char *path, char ret_url[URL_SIZE_MAX]);
/* Protocols, certificates, limits and name for a handle that talks to this issuer. */
CURL *handle_new(const struct symbolon_device *device);
/* What a status that is not 2xx means. */
enum symbolon_result http_result(int http_status);
/* Fills the error from a refusal's body. */
void error_read(const struct reply *reply, struct symbolon_error *ret_error);
/* A sentence of our own. */
void error_say(struct symbolon_error *ret_error, const char *message);
/* True when the refusal shows that our clock is off by more than a little; the device has learnt by how much. */
bool skew_learn(struct symbolon_device *device, const struct symbolon_error *error);

/* Copies into a fixed buffer; false, and nothing written, when it does not fit or `text` is NULL. */
bool text_copy(char *out, size_t out_size, const char *text);
#define TEXT_COPY(array, text) text_copy((array), sizeof(array), (text))

#endif
