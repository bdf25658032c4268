#include "base/network.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"

#define TEXT_MAX 64

static const uint8_t v4_in_v6[12] = {[10] = 0xff, [11] = 0xff};

static unsigned family_bits(const struct network *network)
{
	return network->is_v4 ? 32 : 128;
}

static bool prefix_is_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff00u >> (bits % 8));

	return memcmp(a, b, whole) == 0 && (bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

enum status address_parse(const char *text, struct network *ret_address)
{
	struct network address = {.bits = 128};

	if (!text)
		return E_INVALID;
	if (inet_pton(AF_INET, text, address.bytes) == 1) {
		address.is_v4 = true;
		address.bits = 32;
	} else if (inet_pton(AF_INET6, text, address.bytes) != 1) {
		return E_INVALID;
	} else if (prefix_is_equal(address.bytes, v4_in_v6, 96)) {
		address.is_v4 = true;
		address.bits = 32;
		memmove(address.bytes, address.bytes + 12, 4);
		memset(address.bytes + 4, 0, 12);
	}
	*ret_address = address;
	return OK;
}

void address_format(const struct network *address, char out[ADDRESS_TEXT_SIZE])
{
	inet_ntop(address->is_v4 ? AF_INET : AF_INET6, address->bytes, out, ADDRESS_TEXT_SIZE);
}

/* What lies beyond the prefix is zero, else the person meant something else than they wrote. */
static bool is_exact(const struct network *network)
{
	struct network cut = *network;

	for (unsigned bit = network->bits; bit < family_bits(network); bit++)
		cut.bytes[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
	return memcmp(cut.bytes, network->bytes, sizeof(cut.bytes)) == 0;
}

enum status network_parse(const char *text, struct network *ret_network)
{
	const char *slash = text ? strchr(text, '/') : NULL;
	char address[TEXT_MAX];
	struct network network;
	int64_t bits;

	if (!slash)
		return address_parse(text, ret_network);
	if ((size_t)(slash - text) >= sizeof(address))
		return E_INVALID;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	TRY(address_parse(address, &network));
	if (network.is_v4 && strchr(address, ':'))
		return E_INVALID; /* a prefix over both forms has no one meaning */
	TRY(text_parse_int(slash + 1, 0, family_bits(&network), &bits));
	network.bits = (unsigned)bits;
	if (!is_exact(&network))
		return E_INVALID;
	*ret_network = network;
	return OK;
}

bool network_has(const struct network *outer, const struct network *inner)
{
	return outer->is_v4 == inner->is_v4 && outer->bits <= inner->bits &&
	       prefix_is_equal(outer->bytes, inner->bytes, outer->bits);
}
