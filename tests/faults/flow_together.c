#include "scene.h"

enum { WRITERS = 4, REFUSES = 2, CARELESS = 3 };

struct writer {
	struct store *store;
	const char *name;
	size_t kind; /* one refuses after it has written, one overlooks that it could not */
	enum status status;
	pthread_t thread;
	bool is_running;
};

static enum status word_write(struct store_tx *tx, void *ctx)
{
	const struct writer *writer = ctx;

	enum status status = store_meta_set(tx, writer->name, "1");

	if (writer->kind == REFUSES)
		return E_REFUSED;
	return writer->kind == CARELESS ? OK : status;
}

static void *writer_run(void *ctx)
{
	struct writer *writer = ctx;

	writer->status = store_write(writer->store, word_write, writer);
	return NULL;
}

static void writers_run(struct writer writers[WRITERS])
{
	faults_arm();
	for (size_t i = 0; i < WRITERS; i++)
		writers[i].is_running = pthread_create(&writers[i].thread, NULL, writer_run, &writers[i]) == 0;
	for (size_t i = 0; i < WRITERS; i++)
		if (writers[i].is_running)
			pthread_join(writers[i].thread, NULL);
	faults_disarm();
}

/* Their writes share commits. Mutations: batch_tell tells only the writer that failed; connection_is_lost is false. */
void flow_together(struct run *run)
{
	struct writer writers[WRITERS];

	for (size_t i = 0; i < WRITERS; i++)
		writers[i] = (struct writer){.store = run->test->core.store,
					     .name = arena_format(run->test->arena, "word-%u-%zu", run->attempt, i),
					     .kind = i,
					     .status = E_IO};
	promise(run, "a refused write leaves nothing", "SELECT COUNT(*) = 0 FROM meta WHERE name = '%s'",
		writers[REFUSES].name);
	writers_run(writers);
	must_not(run, writers[REFUSES].status == OK, "a refusal was told as OK");
	for (size_t i = 0; i < WRITERS; i++)
		if (writers[i].status == OK)
			promise(run, "a write", "SELECT COUNT(*) FROM meta WHERE name = '%s'", writers[i].name);
		else if (i != REFUSES)
			(void)step_done(run, "a write beside others", writers[i].status);
}
