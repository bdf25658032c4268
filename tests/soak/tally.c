#include "tally.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned passed, failed;

bool tally(bool is_fine, const char *format, ...)
{
	va_list args;

	fputs(is_fine ? "ok - " : "not ok - ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	*(is_fine ? &passed : &failed) += 1;
	return is_fine;
}

int tally_close(void)
{
	printf("\n%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
