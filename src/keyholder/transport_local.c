#include <stdio.h>

#include "base/secret.h"
#include "keyholder/client.h"
#include "keyholder/kek.h"
#include "keyholder/server.h"

static enum status local_call(void *transport, const uint8_t *in, size_t in_size, uint8_t *out, size_t out_max,
			      size_t *ret_size)
{
	return keyholder_server_handle(transport, in, in_size, out, out_max, ret_size);
}

static void local_close(void *transport)
{
	struct keyholder_server *server = transport;

	keyholder_server_free(&server);
}

enum status transport_local_new(const uint8_t kek[32], struct keyholder_transport *ret_transport)
{
	struct keyholder_server *server = NULL;

	TRY(keyholder_server_new(&(struct keyholder_server_options){.kek = kek}, &server));
	*ret_transport = (struct keyholder_transport){.call = local_call, .close = local_close, .transport = server};
	return OK;
}

enum status keyholder_open(const char *kek_path, struct keyholder **ret_keyholder, char problem[256])
{
	struct keyholder_transport transport;
	uint8_t kek[32];

	TRY(kek_load(kek_path, kek, problem));
	enum status status = transport_local_new(kek, &transport);
	secret_zero(kek, sizeof(kek));
	if (status == OK) {
		status = keyholder_connect(&transport, ret_keyholder);
		if (status != OK)
			transport.close(transport.transport);
	}
	if (status != OK)
		snprintf(problem, KEK_PROBLEM_SIZE, "The keyholder has no memory.");
	return status;
}
