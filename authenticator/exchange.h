#ifndef AUTHENTICATOR_EXCHANGE_H
#define AUTHENTICATOR_EXCHANGE_H

#include "base/json.h"
#include "base/secret.h"
#include "terminal.h"

/* The file that carries codes from one authenticator to another: docs/authenticator-export.md. */

extern const char exchange_format[]; /* the value of "format" */

/* The plain document around these codes of a vault (borrowed); NULL when out of memory. */
json_t *exchange_new(const json_t *codes, int64_t now);

/* The document sealed by the passphrase, as a new one. E_NOMEM, or E_INVALID: too large. */
enum status must_check exchange_seal(const json_t *document, const char *passphrase, int64_t now, json_t **ret_sealed);

/* `sealed` is the member of that name. E_INVALID: damaged; E_REFUSED: wrong passphrase, or altered. */
enum status must_check exchange_unseal(const json_t *sealed, const char *passphrase, json_t **ret_document);

#endif
