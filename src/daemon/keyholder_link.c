#include "daemon/keyholder_link.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/process.h"
#include "daemon/serve.h"
#include "daemon/settings_file.h"

struct keyholder_link {
	struct transport_socket *pool; /* the keyholder's */
	pthread_t thread;
	atomic_bool closing;
};

static enum status lines_await(struct keyholder_link *link)
{
	struct control_message message;

	TRY(control_receive(PROCESS_CONTROL, &message));
	while (message.word == CONTROL_SETTINGS) {
		settings_file_arrived(&message);
		TRY(control_receive(PROCESS_CONTROL, &message));
	}
	transport_socket_connect(link->pool, message.fds, message.fd_count);
	return OK;
}

static void *lines_follow(void *arg)
{
	struct keyholder_link *link = arg;

	while (lines_await(link) == OK)
		log_warn("keyholder.reconnected", LOG_S("what", "the keyholder was started anew"));
	if (!link->closing)
		_exit(SERVE_TROUBLE); /* what was acknowledged is on disk */
	return NULL;
}

/* The supervisor kills it, and new lines come. */
static void stalled_tell(void *ctx)
{
	(void)ctx;
	log_error("keyholder.stalled", LOG_S("what", "it answers nobody; the supervisor replaces it"));
	status_ignore(control_send(PROCESS_CONTROL, &(struct control_message){.word = CONTROL_STALLED}),
		      "without a supervisor this process ends");
}

#ifdef SYMBOLON_TESTING
/* In milliseconds; the usual limit when it is not set. */
static int answer_limit(void)
{
	const char *limit = getenv("SYMBOLON_TEST_ANSWER_MS");

	return limit ? (int)strtol(limit, NULL, 10) : 0;
}
#else
static int answer_limit(void)
{
	return 0;
}
#endif

static enum status transport_make(struct keyholder_link *link, struct keyholder **ret_keyholder)
{
	const struct transport_socket_options options = {.answer_ms = answer_limit(), .stalled = stalled_tell};
	struct keyholder_transport transport;
	enum status status;

	TRY(transport_socket_new(&options, &link->pool));
	transport = transport_socket_transport(link->pool);
	status = keyholder_connect(&transport, ret_keyholder);
	if (status != OK)
		transport_socket_free(&link->pool);
	return status;
}

enum status keyholder_link_open(struct keyholder_link **ret_link, struct keyholder **ret_keyholder)
{
	struct keyholder_link *link = calloc(1, sizeof(*link));
	struct keyholder *keyholder = NULL;
	enum status status = link ? transport_make(link, &keyholder) : E_NOMEM;

	if (status == OK)
		status = lines_await(link);
	if (status == OK && pthread_create(&link->thread, NULL, lines_follow, link) != 0)
		status = E_NOMEM;
	if (status != OK) {
		keyholder_close(&keyholder);
		free(link);
		return status == E_NOMEM ? E_NOMEM : E_IO;
	}
	*ret_link = link;
	*ret_keyholder = keyholder;
	return OK;
}

void keyholder_link_close(struct keyholder_link **link)
{
	if (!*link)
		return;
	(*link)->closing = true;
	shutdown(PROCESS_CONTROL, SHUT_RD);
	pthread_join((*link)->thread, NULL);
	free(*link);
	*link = NULL;
}
