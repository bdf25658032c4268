#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that must not be printed, are compared in constant time and are zeroed when done. */
struct secret {
	size_t size;
	uint8_t bytes[64];
};

void secret_zero(void *data, size_t size); /* not optimised away */
bool secret_equal(const void *a, const void *b, size_t size);
/* Constant time in the content; the lengths may show. */
bool secret_text_equal(const char *a, const char *b);

static inline void secret_cleanup_(struct secret *secret)
{
	secret_zero(secret, sizeof(*secret));
}
#define scoped_secret __attribute__((cleanup(secret_cleanup_))) struct secret

#endif
