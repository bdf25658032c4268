#ifndef KEYHOLDER_KEK_H
#define KEYHOLDER_KEK_H

#include <stdint.h>

#include "base/status.h"

#define KEK_PROBLEM_SIZE 256

/*
 * Reads the key-encryption key: 43 characters of base64url and a newline in a regular file (or a link to one) that is
 * ours and that nobody else may read; or the same in a credential that systemd gave to this service
 * ("credential:NAME" is $CREDENTIALS_DIRECTORY/NAME). `problem` gets a sentence when it is not OK.
 *
 * E_NOT_FOUND  no such file
 * E_REFUSED    not a regular file, not ours, or open to others
 * E_INVALID    something else is in it
 * E_IO         cannot be read
 */
enum status must_check kek_load(const char *place, uint8_t ret_kek[32], char problem[KEK_PROBLEM_SIZE]);

#endif
