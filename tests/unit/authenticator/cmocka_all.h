#ifndef TEST_CMOCKA_ALL_H
#define TEST_CMOCKA_ALL_H

/* What cmocka wants before it, in the order it wants it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
