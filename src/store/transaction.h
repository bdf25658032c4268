#ifndef STORE_TRANSACTION_H
#define STORE_TRANSACTION_H

#include "store/sql.h"

/* A write transaction on a connection that is not one of a store's: of a backup, or of a database being restored. */
static inline enum status transaction_begin(struct connection *connection)
{
	return connection_begin(connection, BEGIN_WRITE);
}

static inline enum status transaction_end(struct connection *connection, enum status status)
{
	if (status == OK && connection_state(connection) != TX_FINE)
		status = E_STORE;
	if (status == OK)
		status = connection_commit(connection);
	connection_rollback(connection);
	return status;
}

#endif
