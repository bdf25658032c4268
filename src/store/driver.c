#include "store/driver.h"

/* Each call goes to the connection's driver. */

enum status connection_open(const struct driver *driver, const struct connection_settings *settings,
			    struct connection **ret_connection, char problem[256])
{
	return driver->open(settings, ret_connection, problem);
}

void connection_close(struct connection **connection)
{
	struct connection *gone = *connection;

	*connection = NULL;
	if (gone)
		gone->driver->close(gone);
}

const struct dialect *connection_dialect(const struct connection *connection)
{
	return &connection->driver->dialect;
}

enum status connection_begin(struct connection *connection, enum begin begin)
{
	connection->driver->rollback(connection);
	connection->state = TX_FINE;
	return connection->driver->begin(connection, begin);
}

enum status connection_commit(struct connection *connection)
{
	return connection->driver->commit(connection);
}

void connection_rollback(struct connection *connection)
{
	connection->driver->rollback(connection);
}

enum tx_state connection_state(const struct connection *connection)
{
	return connection->driver->state(connection);
}

bool connection_is_broken(const struct connection *connection)
{
	return connection->driver->is_broken(connection);
}

enum status connection_script(struct connection *connection, const char *text)
{
	return connection->driver->script(connection, text);
}

enum status connection_others(struct connection *connection, int64_t *ret_count)
{
	return connection->driver->others(connection, ret_count);
}

enum status connection_check(struct connection *connection, char problem[256])
{
	return connection->driver->check(connection, problem);
}

enum status statement_take(struct connection *connection, const struct sql_key *key,
			   void (*build)(const struct sql_key *key, struct text *ret_text),
			   struct statement *ret_statement)
{
	return connection->driver->take(connection, key, build, ret_statement);
}

enum status statement_bind(struct statement *statement, const struct sql_arg *args, size_t count)
{
	return statement->connection->driver->bind(statement, args, count);
}

enum status statement_step(struct statement *statement, bool *ret_row)
{
	return statement->connection->driver->step(statement, ret_row);
}

int64_t statement_changed(const struct statement *statement)
{
	return statement->connection->driver->changed(statement);
}

void statement_again(struct statement *statement)
{
	statement->connection->driver->again(statement);
}

bool statement_is_null(const struct statement *statement, int column)
{
	return statement->connection->driver->column_is_null(statement, column);
}

void statement_done(struct statement *statement)
{
	statement->connection->driver->done(statement);
	statement->handle = NULL;
}

int64_t statement_int(const struct statement *statement, int column)
{
	return statement->connection->driver->column_int(statement, column);
}

enum status statement_text(const struct statement *statement, int column, struct arena *arena, const char **ret_text)
{
	return statement->connection->driver->column_text(statement, column, arena, ret_text);
}

enum status statement_bytes(const struct statement *statement, int column, struct arena *arena,
			    const uint8_t **ret_bytes, size_t *ret_size)
{
	return statement->connection->driver->column_bytes(statement, column, arena, ret_bytes, ret_size);
}
