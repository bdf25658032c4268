#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include <stdbool.h>

#include "base/status.h"

struct bufferevent;
struct event_base;

/*
 * The certificate in use. Connections keep the one they began with; tls_reload() changes it for those to come.
 * TLS 1.2 and 1.3 only, no renegotiation, no compression, no session cache, ALPN "http/1.1".
 *
 * This file and bufferevent_openssl are the one place outside src/crypto that sees OpenSSL: libevent takes an SSL.
 */
struct tls;

/* E_IO: a file cannot be read; E_INVALID: not PEM, or the key is not the certificate's. Logged with the file's name. */
enum status must_check tls_new(const char *certificate, const char *key, struct tls **ret_tls);
enum status must_check tls_reload(struct tls *tls); /* on failure the old one stays */
void tls_free(struct tls **tls);

/* The server side of a connection; NULL when out of memory. Any thread. */
struct bufferevent *tls_bufferevent(struct tls *tls, struct event_base *base);

/* Whether the handshake was completed, whatever came after. */
bool tls_is_open(struct bufferevent *bev);

#endif
