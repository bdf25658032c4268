#include "store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/random.h"
#include "store/migrate.h"

enum { READERS_DEFAULT = 4, CONNECTIONS_DEFAULT = 16 };

struct arena *store_tx_arena(struct store_tx *tx)
{
	return tx->arena;
}

const char *store_tx_chain(const struct store_tx *tx)
{
	return tx->chain ? tx->chain : "";
}

enum status store_read(struct store *store, struct arena *arena, store_fn fn, void *ctx)
{
	const struct transaction wanted = {.begin = BEGIN_READ, .arena = arena, .fn = fn, .ctx = ctx};

	atomic_fetch_add(&store->reads, 1);
	return transact(store, &wanted);
}

/* ---- open and close ---- */

static enum status schema_check(const struct store_settings *settings, bool is_memory, struct connection *connection,
				char problem[256])
{
	const struct migrate_settings schema = {
		.migrations = store_migrations,
		.count = store_migration_count,
		.may_change = settings->migrate || is_memory,
		.may_contract = settings->contract,
	};

	return store_migrate(connection, &schema, problem);
}

/* SQLite's writer stays; PostgreSQL's first connection goes to the pool. */
static enum status first_open(struct store *store, const struct store_settings *settings, char problem[256])
{
	const bool is_memory = store->private_folder;
	const struct connection_settings wanted = {
		.target = store->target,
		.name = store->name,
		.create = settings->create || is_memory,
		.may_write = true,
	};

	TRY(connection_open(store->driver, &wanted, &store->writer, problem));
	return schema_check(settings, is_memory, store->writer, problem);
}

static void name_make(struct store *store)
{
	char token[BASE64URL_SIZE(9) + 1];

	random_token(&random_system, 9, token);
	snprintf(store->name, sizeof(store->name), "symbolon/%d-%s", (int)getpid(), token);
}

static enum status store_init(struct store *store, const struct store_settings *settings, char problem[256])
{
	const struct connection_settings pooled = {.name = store->name};
	size_t connections;

	name_make(store);
	snprintf(store->chain, sizeof(store->chain), "%s", settings->chain ? settings->chain : "local/command");
	TRY(location_init(store, settings->url, problem));
	TRY(first_open(store, settings, problem));
	connections = store->driver->many_writers ? settings->connections : settings->readers;
	if (connections == 0)
		connections = store->driver->many_writers ? CONNECTIONS_DEFAULT : READERS_DEFAULT;
	TRY(pool_init(&store->pool, store->driver, &pooled, connections));
	store->pool.settings.target = store->target;
	store->pool.settings.may_write = store->driver->many_writers;
	if (store->driver->many_writers) {
		pool_add(&store->pool, store->writer);
		store->writer = NULL;
	}
	return OK;
}

static void store_free(struct store *store)
{
	pool_done(&store->pool);
	connection_close(&store->writer);
	location_done(store);
	free(store);
}

enum status store_open(const struct store_settings *settings, struct store **ret_store, char problem[256])
{
	char sentence[256] = "out of memory";
	struct store *store = calloc(1, sizeof(*store));
	enum status status = store ? store_init(store, settings, sentence) : E_NOMEM;

	if (status == OK)
		status = commit_init(store);
	if (status == OK)
		*ret_store = store;
	else if (store)
		store_free(store);
	if (status != OK && problem)
		snprintf(problem, 256, "%s", sentence);
	return status;
}

void store_close(struct store **store)
{
	struct store *gone = *store;

	*store = NULL;
	if (!gone)
		return;
	store_listen_end(gone);
	commit_done(gone);
	store_free(gone);
}

/* ---- about the whole ---- */

static enum status version_read(struct store_tx *tx, void *ctx)
{
	return sql_number(tx, SQL(connection_dialect(tx->connection)->version), ctx);
}

/* On the writing connection, because that is the one whose own commits do not count. */
enum status store_version(struct store *store, int64_t *ret_version)
{
	int64_t version = 0;

	if (!store->driver->dialect.version)
		return news_version(store, ret_version);
	TRY(store_write(store, version_read, &version));
	*ret_version = version;
	return OK;
}

void store_counters(struct store *store, struct store_counters *ret_counters)
{
	struct store_counters counters;

	pthread_mutex_lock(&store->lock);
	counters = store->counters;
	pthread_mutex_unlock(&store->lock);
	counters.reads = atomic_load(&store->reads);
	counters.repeats = atomic_load(&store->repeats);
	*ret_counters = counters;
}

enum status store_check(struct store *store, char problem[256])
{
	char sentence[256] = "out of memory";
	struct connection *connection = NULL;
	enum status status = pool_take(&store->pool, &connection);

	if (status == OK) {
		status = connection_check(connection, sentence);
		pool_give(&store->pool, connection);
	}
	if (status != OK && problem)
		snprintf(problem, 256, "%s", sentence);
	return status;
}
