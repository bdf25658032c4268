#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/postgres.h"

/* ---- what went wrong ---- */

static bool is_one_of(const char *code, const char *const *codes)
{
	for (; *codes; codes++)
		if (strncmp(code, *codes, strlen(*codes)) == 0)
			return true;
	return false;
}

/* https://www.postgresql.org/docs/15/errcodes-appendix.html; the whole transaction is void after any of them. */
static enum status code_status(const char *code)
{
	static const char *const invalid[] = {"23502", "23514", "22", NULL};

	if (strcmp(code, "23505") == 0)
		return E_CONFLICT;
	if (strcmp(code, "23503") == 0)
		return E_NOT_FOUND;
	return is_one_of(code, invalid) ? E_INVALID : E_STORE;
}

/* Serialization failure, deadlock, lock timeout; and a server that shuts down or a connection that is gone. */
static bool may_work_again(struct postgres *postgres, const char *code)
{
	static const char *const again[] = {"40001", "40P01", "55P03", NULL};
	static const char *const gone[] = {"57P", "08", NULL};

	if (is_one_of(code, again))
		return true;
	if (strcmp(code, "25006") == 0) { /* a standby: the next connection finds who writes now */
		postgres->is_useless = true;
		return true;
	}
	/* While it committed, nobody knows whether it did. */
	return !postgres->is_committing &&
	       (is_one_of(code, gone) || postgres->is_useless || PQstatus(postgres->link) == CONNECTION_BAD);
}

enum status postgres_trouble(struct postgres *postgres, const PGresult *result)
{
	const char *field = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *code = field ? field : "";
	enum status status = code_status(code);

	if (status != E_STORE)
		return status;
	postgres->base.state = may_work_again(postgres, code) ? TX_AGAIN : TX_LOST;
	if (postgres->base.state == TX_AGAIN)
		log_debug("store.again", LOG_S("code", code));
	else
		log_error("store.failed", LOG_S("code", code), LOG_S("message", PQerrorMessage(postgres->link)));
	return E_STORE;
}

bool postgres_is_fine(const PGresult *result)
{
	const ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Whether the answer comes in time; a server that stands still must not stop a node. */
static bool answer_await(struct postgres *postgres)
{
	const int64_t until = clock_mono_ms() + postgres->patience_ms;
	struct pollfd wanted = {.fd = PQsocket(postgres->link), .events = POLLIN};

	while (PQisBusy(postgres->link)) {
		const int64_t left = until - clock_mono_ms();

		if (postgres->patience_ms && left <= 0) {
			postgres->is_useless = true;
			return false;
		}
		if (poll(&wanted, 1, postgres->patience_ms ? (int)left : -1) > 0 && !PQconsumeInput(postgres->link))
			return true; /* broken: the result says so */
	}
	return true;
}

/* The last result of what was sent; NULL: it could not be sent, or no answer came in time. */
PGresult *postgres_answer(struct postgres *postgres, int was_sent)
{
	PGresult *last = NULL, *next = NULL;

	if (!was_sent)
		return NULL;
	while (answer_await(postgres) && (next = PQgetResult(postgres->link))) {
		PQclear(last);
		last = next;
	}
	if (!postgres->is_useless)
		return last;
	PQclear(last);
	return NULL;
}

enum status postgres_run(struct postgres *postgres, const char *text)
{
	PGresult *result = postgres_answer(postgres, PQsendQuery(postgres->link, text));
	enum status status = postgres_is_fine(result) ? OK : postgres_trouble(postgres, result);

	PQclear(result);
	return status;
}

/* ---- connections ---- */

/* libpq says nothing of a notice; ours would be noise. */
static void notice_ignore(void *ctx, const PGresult *result)
{
}

enum status postgres_problem(const PGconn *link, char problem[256])
{
	const char *message = link ? PQerrorMessage(link) : "out of memory";
	size_t size = strcspn(message, "\n");

	snprintf(problem, 256, "PostgreSQL: %.*s", size < 230 ? (int)size : 230, message);
	return E_STORE;
}

/* What is before dbname gives way to what the URL says; what is behind it does not. */
enum status postgres_connect(const char *url, const char *name, PGconn **ret_link, char problem[256])
{
	const char *const keys[] = {"connect_timeout",
				    "tcp_user_timeout",
				    "keepalives_idle",
				    "keepalives_interval",
				    "keepalives_count",
				    "target_session_attrs",
				    "sslmode",
				    "dbname",
				    "client_encoding",
				    "application_name",
				    NULL};
	PQconninfoOption *parsed = PQconninfoParse(url, NULL);
	const char *const sslmode = parsed ? postgres_tls_default(parsed) : NULL;
	const char *const values[] = {"5", "10000", "10", "3", "2", "read-write", sslmode, url, "UTF8", name, NULL};

	if (!parsed) { /* libpq would tell the part that it does not understand, which may be the password */
		snprintf(problem, 256,
			 "PostgreSQL: the URL of the database cannot be understood; is every special "
			 "character of the password written as %%XX?");
		return E_STORE;
	}
	PQconninfoFree(parsed);
	PGconn *link = PQconnectdbParams(keys, values, 1);

	if (!link || PQstatus(link) != CONNECTION_OK) {
		enum status status = postgres_problem(link, problem);

		PQfinish(link);
		return status;
	}
	PQsetNoticeReceiver(link, notice_ignore, NULL);
	*ret_link = link;
	return OK;
}
