#include "http/tls.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/log.h"

struct tls {
	pthread_mutex_t lock;
	SSL_CTX *context;
	char *certificate;
	char *key;
};

/* RFC 7301: we speak one protocol; a client that offers others only is told so. */
static int alpn_choose(SSL *ssl, const unsigned char **out, unsigned char *out_size, const unsigned char *in,
		       unsigned int in_size, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_size, ours, sizeof(ours) - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* Remembers that it was: after an error OpenSSL no longer says so. */
static void on_info(const SSL *ssl, int where, int value)
{
	static char done;

	(void)value;
	if (where & SSL_CB_HANDSHAKE_DONE)
		SSL_set_app_data((SSL *)(uintptr_t)ssl, &done);
}

static void context_configure(SSL_CTX *context)
{
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
					     SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(context, 0);
	/* A waiting page holds no record buffers. */
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_alpn_select_cb(context, alpn_choose, NULL);
	SSL_CTX_set_info_callback(context, on_info);
}

static enum status file_trouble(const char *what, const char *path)
{
	bool is_readable = access(path, R_OK) == 0;
	const char *why = is_readable ? ERR_reason_error_string(ERR_peek_last_error()) : "cannot be read";

	log_error("tls.load", LOG_S("what", what), LOG_S("file", path), LOG_S("why", why ? why : "not understood"));
	ERR_clear_error();
	return is_readable ? E_INVALID : E_IO;
}

static enum status context_fill(SSL_CTX *context, const char *certificate, const char *key)
{
	if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
		return file_trouble("certificate", certificate);
	if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
		return file_trouble("key", key);
	if (SSL_CTX_check_private_key(context) != 1)
		return file_trouble("key of another certificate", key);
	return OK;
}

static enum status context_new(const char *certificate, const char *key, SSL_CTX **ret_context)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	enum status status;

	if (!context)
		return E_NOMEM;
	context_configure(context);
	status = context_fill(context, certificate, key);
	if (status == OK)
		*ret_context = context;
	else
		SSL_CTX_free(context);
	return status;
}

enum status tls_new(const char *certificate, const char *key, struct tls **ret_tls)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	enum status status = E_NOMEM;

	if (!tls)
		return E_NOMEM;
	pthread_mutex_init(&tls->lock, NULL);
	tls->certificate = strdup(certificate);
	tls->key = strdup(key);
	if (tls->certificate && tls->key)
		status = context_new(certificate, key, &tls->context);
	if (status == OK)
		*ret_tls = tls;
	else
		tls_free(&tls);
	return status;
}

enum status tls_reload(struct tls *tls)
{
	SSL_CTX *fresh = NULL;
	SSL_CTX *old;

	TRY(context_new(tls->certificate, tls->key, &fresh));
	pthread_mutex_lock(&tls->lock);
	old = tls->context;
	tls->context = fresh;
	pthread_mutex_unlock(&tls->lock);
	SSL_CTX_free(old); /* lives on while connections use it */
	return OK;
}

void tls_free(struct tls **tls)
{
	if (!*tls)
		return;
	SSL_CTX_free((*tls)->context);
	free((*tls)->certificate);
	free((*tls)->key);
	pthread_mutex_destroy(&(*tls)->lock);
	free(*tls);
	*tls = NULL;
}

struct bufferevent *tls_bufferevent(struct tls *tls, struct event_base *base)
{
	struct bufferevent *bev;
	SSL *ssl;

	pthread_mutex_lock(&tls->lock);
	ssl = SSL_new(tls->context);
	pthread_mutex_unlock(&tls->lock);
	if (!ssl)
		return NULL;
	bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (!bev) {
		SSL_free(ssl);
		return NULL;
	}
	bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

bool tls_is_open(struct bufferevent *bev)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);

	return ssl && SSL_get_app_data(ssl);
}
