#ifndef STORE_POSTGRES_H
#define STORE_POSTGRES_H

#include <libpq-fe.h>

#include "store/statement_cache.h"

/*
 * What the files of the PostgreSQL driver share: postgres_link.c (libpq's connection, answers and errors), postgres.c
 * (connections and transactions of ours), postgres_statement.c (statements and columns), and news.c.
 */
struct postgres {
	struct connection base;
	PGconn *link;
	unsigned prepared; /* statements named so far */
	bool is_committing;
	bool is_useless;     /* read-only, or it has not answered in time */
	int64_t patience_ms; /* of one answer; 0: no limit */
	char name[64];       /* what this store's connections call themselves */
	struct statement_cache cache;
};

static inline struct postgres *postgres_of(struct connection *connection)
{
	return (struct postgres *)connection;
}

/* ---- postgres_link.c ---- */

/* A connection of libpq as every use of ours wants it; E_STORE with one sentence, which never has the password. */
enum status must_check postgres_connect(const char *url, const char *name, PGconn **ret_link, char problem[256]);
/*
 * postgres_tls.c: the sslmode for what this URL, as libpq has read it, says. libpq's own default takes a connection
 * without TLS when the other side, or whoever is between, says that it has none. So a host that is neither a socket nor
 * this machine gets "require"; NULL: nothing to add, or the operator has said what they want (sslmode in the URL,
 * PGSSLMODE, a service).
 */
const char *postgres_tls_default(const PQconninfoOption *options);
/* E_STORE, with what libpq says last. */
enum status must_check postgres_problem(const PGconn *link, char problem[256]);
/* The last result of what was sent; NULL: it could not be sent, or no answer came within the connection's patience. */
PGresult *postgres_answer(struct postgres *postgres, int was_sent);
bool postgres_is_fine(const PGresult *result);
/* What is wrong, as driver.h says it, never OK; sets the transaction's state. */
enum status must_check postgres_trouble(struct postgres *postgres, const PGresult *result);
/* Text without parameters. */
enum status must_check postgres_run(struct postgres *postgres, const char *text);

/* ---- postgres_statement.c: what driver.h says of each ---- */

enum status must_check postgres_take(struct connection *connection, const struct sql_key *key,
				     void (*build)(const struct sql_key *key, struct text *ret_text),
				     struct statement *ret_statement);
enum status must_check postgres_bind(struct statement *statement, const struct sql_arg *args, size_t count);
enum status must_check postgres_step(struct statement *statement, bool *ret_row);
int64_t postgres_changed(const struct statement *statement);
void postgres_again(struct statement *statement);
void postgres_done(struct statement *statement);
bool postgres_is_null(const struct statement *statement, int column);
int64_t postgres_int(const struct statement *statement, int column);
enum status must_check postgres_text(const struct statement *statement, int column, struct arena *arena,
				     const char **ret_text);
enum status must_check postgres_bytes(const struct statement *statement, int column, struct arena *arena,
				      const uint8_t **ret_bytes, size_t *ret_size);
/* Frees all kept statements. */
void postgres_forget(struct postgres *postgres);

#endif
