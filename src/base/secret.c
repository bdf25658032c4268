#include "base/secret.h"

#include <string.h>

void secret_zero(void *data, size_t size)
{
	if (size)
		explicit_bzero(data, size);
}

bool secret_equal(const void *a, const void *b, size_t size)
{
	/* volatile: the compiler may not leave the loop at the first difference */
	const volatile uint8_t *left = a;
	const volatile uint8_t *right = b;
	uint8_t difference = 0;

	for (size_t i = 0; i < size; i++)
		difference = (uint8_t)(difference | (left[i] ^ right[i]));
	return difference == 0;
}

bool secret_text_equal(const char *a, const char *b)
{
	size_t size;

	if (!a || !b)
		return false;
	size = strlen(a);
	return size == strlen(b) && secret_equal(a, b, size);
}
