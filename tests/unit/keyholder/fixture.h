#ifndef TEST_KEYHOLDER_FIXTURE_H
#define TEST_KEYHOLDER_FIXTURE_H

#include "keyholder/client.h"
#include "keyholder/server.h"

extern const uint8_t test_kek[32];

/* A client over a server with a clock of its own, in milliseconds. */
extern _Atomic int64_t test_mono_ms;
struct keyholder *keyholder_for_test(const uint8_t kek[32]);

#endif
