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

void address_from_bytes(const uint8_t *bytes, bool is_v4, struct network *ret_address)
{
	const bool is_mapped = !is_v4 && prefix_is_equal(bytes, v4_in_v6, 96);
	struct network address = {.is_v4 = is_v4 || is_mapped};

	address.bits = family_bits(&address);
	memcpy(address.bytes, is_mapped ? bytes + 12 : bytes, address.bits / 8);
	*ret_address = address;
}

enum status address_parse(const char *text, struct network *ret_address)
{
	uint8_t bytes[16];

	if (!text)
		return E_INVALID;
	if (inet_pton(AF_INET, text, bytes) == 1)
		address_from_bytes(bytes, true, ret_address);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		address_from_bytes(bytes, false, ret_address);
	else
		return E_INVALID;
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

/* IANA's registries of special-purpose addresses, as of 2024; of IPv6 only 2000::/3 is given out at all. */
static const struct special {
	uint8_t bytes[4];
	unsigned bits;
} special_v4[] =
	{
		{{0}, 8},         {{10}, 8},         {{100, 64}, 10}, /* carrier-grade NAT */
		{{127}, 8},       {{169, 254}, 16},                   /* link-local: metadata services of clouds */
		{{172, 16}, 12},  {{192, 0, 0}, 24}, {{192, 0, 2}, 24},    {{192, 88, 99}, 24},
		{{192, 168}, 16}, {{198, 18}, 15},   {{198, 51, 100}, 24}, {{203, 0, 113}, 24},
		{{224}, 4},       {{240}, 4},
},
  special_v6[] = {
	  {{0x20, 0x01, 0x00}, 23},       /* Teredo, benchmarks, ORCHID */
	  {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
	  {{0x20, 0x02}, 16},             /* 6to4 */
	  {{0x3f, 0xff, 0x00}, 20},       /* documentation */
};

static bool is_among(const struct network *address, const struct special *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (prefix_is_equal(address->bytes, list[i].bytes, list[i].bits))
			return true;
	return false;
}

bool address_is_public(const struct network *address)
{
	static const uint8_t global_v6[] = {0x20};

	if (address->is_v4)
		return !is_among(address, special_v4, ARRAY_COUNT(special_v4));
	return prefix_is_equal(address->bytes, global_v6, 3) && !is_among(address, special_v6, ARRAY_COUNT(special_v6));
}
