#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/log.h"
#include "wire.h"

#define HOST " HTTP/1.1\r\nHost: id.example.org\r\n"

static char directory[] = "/tmp/symbolon-tls-XXXXXX";
static char certificate[64];
static char key[64];

static void silent(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

static X509 *certificate_make(EVP_PKEY *pkey, long serial)
{
	X509 *cert = X509_new();

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
				   (const unsigned char *)"id.example.org", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_set_pubkey(cert, pkey);
	X509_sign(cert, pkey, EVP_sha256());
	return cert;
}

/* A fresh key and a self-signed certificate with this serial number. */
static void write_pair(long serial, bool with_key)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *cert = certificate_make(pkey, serial);
	FILE *file = fopen(certificate, "w");

	PEM_write_X509(file, cert);
	fclose(file);
	if (with_key) {
		file = fopen(key, "w");
		PEM_write_PrivateKey(file, pkey, NULL, NULL, 0, NULL, NULL);
		fclose(file);
	}
	X509_free(cert);
	EVP_PKEY_free(pkey);
}

static int setup(void **state)
{
	(void)state;
	log_sink_set(silent, NULL);
	if (!mkdtemp(directory))
		return -1;
	snprintf(certificate, sizeof(certificate), "%s/cert.pem", directory);
	snprintf(key, sizeof(key), "%s/key.pem", directory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(certificate);
	unlink(key);
	return rmdir(directory);
}

static struct http_settings settings(void)
{
	return (struct http_settings){.tls_certificate = certificate, .tls_key = key, .header_ms = 400, .https = true};
}

struct client {
	SSL_CTX *context;
	SSL *ssl;
	int fd;
};

static bool client_open(struct client *client, const struct wire *wire, int version, const char *alpn)
{
	client->context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(client->context, version);
	SSL_CTX_set_max_proto_version(client->context, version);
	SSL_CTX_set_security_level(client->context, 0);
	client->ssl = SSL_new(client->context);
	if (alpn)
		SSL_set_alpn_protos(client->ssl, (const unsigned char *)alpn, (unsigned)strlen(alpn));
	client->fd = wire_connect(wire);
	SSL_set_fd(client->ssl, client->fd);
	return SSL_connect(client->ssl) == 1;
}

static void client_close(struct client *client)
{
	SSL_free(client->ssl);
	SSL_CTX_free(client->context);
	close(client->fd);
}

static long client_serial(const struct client *client)
{
	X509 *cert = SSL_get1_peer_certificate(client->ssl);
	long serial = ASN1_INTEGER_get(X509_get0_serialNumber(cert));

	X509_free(cert);
	return serial;
}

/* Asks and reads until the text comes. */
static bool client_asks(struct client *client, const char *request, const char *text)
{
	char out[8192];
	size_t got = 0;

	SSL_write(client->ssl, request, (int)strlen(request));
	out[0] = '\0';
	while (!strstr(out, text) && got + 1 < sizeof(out)) {
		int count = SSL_read(client->ssl, out + got, (int)(sizeof(out) - got - 1));

		if (count <= 0)
			return false;
		got += (size_t)count;
		out[got] = '\0';
	}
	return strstr(out, text) != NULL;
}

static void both_versions_are_served(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct wire wire;

	(void)state;
	write_pair(1, true);
	wire_start(&wire, settings());
	for (size_t i = 0; i < 2; i++) {
		struct client client;

		assert_true(client_open(&client, &wire, versions[i], "\x02h2\x08http/1.1"));
		assert_true(client_asks(&client, "GET /hello" HOST "\r\n", "\r\n\r\nhello"));
		assert_true(client_asks(&client, "GET /worker" HOST "\r\n", "\r\n\r\nfrom a worker"));
		assert_true(client_asks(&client, "GET /where" HOST "\r\n", "127.0.0.1 1 1 /where"));
		assert_true(client_asks(&client, "GET /stream" HOST "\r\n", "data: two\n\n"));
		client_close(&client);
	}
	assert_true(wire_wait(&wire.closed, 2));
	assert_int_equal(wire_counters(&wire).tls_failed, 0);
	wire_stop(&wire);
}

static void older_versions_and_other_protocols_are_not(void **state)
{
	struct wire wire;
	struct client client;

	(void)state;
	write_pair(1, true);
	wire_start(&wire, settings());
	assert_false(client_open(&client, &wire, TLS1_1_VERSION, NULL));
	client_close(&client);
	assert_false(client_open(&client, &wire, TLS1_3_VERSION, "\x02h2"));
	client_close(&client);
	while (wire_counters(&wire).tls_failed < 2)
		usleep(1000);
	wire_stop(&wire);
}

static void the_guard_stands_behind_tls_too(void **state)
{
	struct wire wire;
	struct client client;

	(void)state;
	write_pair(1, true);
	wire_start(&wire, settings());
	assert_true(client_open(&client, &wire, TLS1_3_VERSION, NULL));
	assert_true(client_asks(&client, "GET /hello" HOST "A: b\nC: d\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"));
	client_close(&client);
	assert_int_equal(wire_counters(&wire).requests, 0);
	assert_int_equal(wire_counters(&wire).refused[GUARD_BARE_LF], 1);
	wire_stop(&wire);
}

static void a_client_that_never_shakes_hands_is_cut_off(void **state)
{
	struct wire wire;
	int fd;
	char byte;

	(void)state;
	write_pair(1, true);
	wire_start(&wire, settings());
	fd = wire_connect(&wire);
	wire_say(fd, "\026\003\001");
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	assert_int_equal(wire_counters(&wire).timed_out, 1);
	close(fd);
	fd = wire_connect(&wire);
	wire_say(fd, "GET /hello" HOST "\r\n");
	assert_true(wire_is_closed(fd, 5000));
	close(fd);
	wire_stop(&wire);
}

static void a_new_certificate_serves_new_connections(void **state)
{
	struct wire wire;
	struct client before;
	struct client after;

	(void)state;
	write_pair(1, true);
	wire_start(&wire, settings());
	assert_true(client_open(&before, &wire, TLS1_3_VERSION, NULL));
	assert_int_equal(client_serial(&before), 1);
	write_pair(2, true);
	assert_int_equal(http_server_reload_tls(wire.server), OK);
	assert_true(client_open(&after, &wire, TLS1_3_VERSION, NULL));
	assert_int_equal(client_serial(&after), 2);
	assert_true(client_asks(&before, "GET /hello" HOST "\r\n", "\r\n\r\nhello"));
	assert_true(client_asks(&after, "GET /hello" HOST "\r\n", "\r\n\r\nhello"));
	client_close(&before);
	client_close(&after);
	wire_stop(&wire);
}

static void a_broken_certificate_leaves_the_old_one_in_use(void **state)
{
	struct wire wire;
	struct client client;
	FILE *file;

	(void)state;
	write_pair(3, true);
	wire_start(&wire, settings());
	write_pair(4, false);
	assert_int_equal(http_server_reload_tls(wire.server), E_INVALID); /* the key is another's */
	file = fopen(certificate, "w");
	fputs("no certificate\n", file);
	fclose(file);
	assert_int_equal(http_server_reload_tls(wire.server), E_INVALID);
	unlink(certificate);
	assert_int_equal(http_server_reload_tls(wire.server), E_IO);
	assert_true(client_open(&client, &wire, TLS1_3_VERSION, NULL));
	assert_int_equal(client_serial(&client), 3);
	client_close(&client);
	wire_stop(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_versions_are_served),
		cmocka_unit_test(older_versions_and_other_protocols_are_not),
		cmocka_unit_test(the_guard_stands_behind_tls_too),
		cmocka_unit_test(a_client_that_never_shakes_hands_is_cut_off),
		cmocka_unit_test(a_new_certificate_serves_new_connections),
		cmocka_unit_test(a_broken_certificate_leaves_the_old_one_in_use),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
