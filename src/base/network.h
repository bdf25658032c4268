#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/*
 * An IP address, or a block of them in CIDR form. An IPv4 address written inside IPv6 (::ffff:192.0.2.1) is the IPv4
 * address; beyond that the two families never contain each other.
 */
struct network {
	bool is_v4;
	unsigned bits; /* of the prefix; 32 or 128 for one address */
	uint8_t bytes[16];
};

/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/32". E_INVALID: anything else, also bits set beyond the prefix. */
enum status must_check network_parse(const char *text, struct network *ret_network);
/* One address only. */
enum status must_check address_parse(const char *text, struct network *ret_address);
/* The address as text, IPv4 where it is one. */
#define ADDRESS_TEXT_SIZE 46
void address_format(const struct network *address, char out[ADDRESS_TEXT_SIZE]);
/* Whether all of `inner` lies in `outer`. */
bool network_has(const struct network *outer, const struct network *inner);

/* From the 4 or 16 bytes of an address, as a socket has them. */
void address_from_bytes(const uint8_t *bytes, bool is_v4, struct network *ret_address);
/*
 * Whether an address may be one of the public internet's: not loopback, private, link-local, carrier-grade NAT,
 * documentation, multicast or otherwise special (IANA's registries of special-purpose addresses, RFC 6890), and not an
 * IPv4 address in another shape (NAT64, 6to4, Teredo).
 */
bool address_is_public(const struct network *address);

#endif
