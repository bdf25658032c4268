#include "server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

static char folder[64];
static pid_t server;

static void command_run(const char *what)
{
	char command[512];

	snprintf(command, sizeof(command), "%s %s", what, folder);
	if (system(command) != 0)
		fail_msg("%s failed", command);
}

/* The program that is tested may be a child made by fork: only the one that started the server ends it. */
static pid_t owner;

static void server_end(void)
{
	if (getpid() != owner)
		return;
	kill(server, SIGQUIT);
	waitpid(server, NULL, 0);
	command_run("rm -rf");
}

void server_start(void)
{
	server = fork();
	assert_true(server >= 0);
	if (server == 0) {
		execl(POSTGRES_SCRIPT, "postgres", "run", folder, (char *)NULL);
		_exit(127);
	}
	command_run(POSTGRES_SCRIPT " ready");
}

static void server_begin(void)
{
	snprintf(folder, sizeof(folder), "/tmp/symbolon-postgres-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0755), 0);
	command_run(POSTGRES_SCRIPT " prepare");
	server_start();
	owner = getpid();
	atexit(server_end);
}

void server_kill(int signal_number)
{
	assert_int_equal(kill(server, signal_number), 0);
	assert_int_equal(waitpid(server, NULL, 0), server);
}

void server_sql(const char *text, char out[256])
{
	char command[1024];
	FILE *psql;
	size_t size;

	if (!owner)
		server_begin();
	snprintf(command, sizeof(command), "psql -qAtX -v ON_ERROR_STOP=1 -h %s -U postgres -c \"%s\"", folder, text);
	psql = popen(command, "r");
	assert_non_null(psql);
	size = fread(out, 1, 255, psql);
	out[size] = '\0';
	assert_int_equal(pclose(psql), 0);
}

void server_schema_url(char url[256])
{
	static int made;
	char text[64], out[256];

	snprintf(text, sizeof(text), "CREATE SCHEMA test%d", ++made);
	server_sql(text, out);
	snprintf(url, 256, "postgresql:///postgres?host=%s&user=postgres&options=-csearch_path%%3Dtest%d", folder,
		 made);
}
