#ifndef SOAK_TALLY_H
#define SOAK_TALLY_H

#include <stdbool.h>

/* The tests of one run, as lines "ok - …" and "not ok - …". */
bool tally(bool is_fine, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints "N passed, N failed" and gives the exit code. */
int tally_close(void);

#endif
