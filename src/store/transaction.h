#ifndef STORE_TRANSACTION_H
#define STORE_TRANSACTION_H

#include "store/sql.h"

/* A write transaction on a connection that is not one of a store's: of a backup, or of a database being restored. */
static inline enum status transaction_begin(struct connection *connection)
{
	struct store_tx tx = {.connection = connection};

	connection_clear(connection);
	return sql_run(&tx, SQL(connection_dialect(connection)->begin_write), NULL);
}

static inline enum status transaction_end(struct connection *connection, enum status status)
{
	struct store_tx tx = {.connection = connection};

	if (status == OK && connection_is_lost(connection))
		status = E_STORE;
	if (status == OK)
		status = sql_run(&tx, SQL("COMMIT"), NULL);
	connection_rollback(connection);
	return status;
}

#endif
