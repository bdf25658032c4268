#include "scene.h"

#include <stdarg.h>
#include <stdio.h>

bool step_done(struct run *run, const char *call, enum status status)
{
	faults_disarm();
	if (status == OK)
		return true;
	if (!run->failed)
		run->failed = call;
	if (!run->is_faulty || faults_hits() == 0)
		must_not(run, true,
			 arena_format(run->test->arena, "%s without a fault: %s", status_name(status), call));
	return false;
}

void promise(struct run *run, const char *what, const char *sql_format, ...)
{
	va_list args;

	assert_true(run->promise_count < PROMISES_MAX);
	va_start(args, sql_format);
	run->promises[run->promise_count].what = what;
	run->promises[run->promise_count++].sql = arena_vformat(run->test->arena, sql_format, args);
	va_end(args);
}

void promises_end(struct run *run)
{
	run->promise_count = 0;
}

void must_not(struct run *run, bool wrong, const char *problem)
{
	if (wrong && !run->problem)
		run->problem = problem;
}

const char *hash_text(struct run *run, const char *token)
{
	uint8_t hash[32];
	char hex[65];

	token_hash(token, hash);
	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	return arena_format(run->test->arena, "x'%s'", hex);
}
