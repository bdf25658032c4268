#ifndef TESTS_STORE_SERVER_H
#define TESTS_STORE_SERVER_H

#include <sys/types.h>

/*
 * A PostgreSQL server of this test program's own (tests/postgres), started when first asked for; it ends with the
 * program.
 */
/* "postgresql:///postgres?host=FOLDER&user=postgres&options=-csearch_path%3DNAME", where NAME is a new, empty schema.
 */
void server_schema_url(char url[256]);
/* The server is killed like in a crash (SIGKILL), or told to end at once, and starts again. */
void server_kill(int signal_number);
void server_start(void);
/* One statement by psql; its output. */
void server_sql(const char *text, char out[256]);

#endif
