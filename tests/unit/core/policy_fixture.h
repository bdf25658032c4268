#ifndef TESTS_CORE_POLICY_FIXTURE_H
#define TESTS_CORE_POLICY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "core/policy.h"

/* A policy from its YAML (what stands under `policy:`), which must be right; choose has 2 digits, enter 6. */
const struct policy *policy_of(struct arena *arena, const char *yaml);
/* The lines of mistakes; "" when it loads. */
char *policy_mistakes(struct arena *arena, const char *yaml);

/* An account with everything at the client payroll, in a new browser at 192.0.2.7. */
struct policy_input input_plain(void);
struct decision decide(struct arena *arena, const struct policy *policy, const struct policy_input *input);
/* "password > push:enter:6 | totp", or "refused: no_factor". */
char *decision_words(struct arena *arena, const struct decision *decision);

/* Strings that nobody should ever see as they are. */
extern const char *const hostile_strings[];
extern const size_t hostile_count;

#endif
