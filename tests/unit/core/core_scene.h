#ifndef TESTS_CORE_SCENE_H
#define TESTS_CORE_SCENE_H

#include "core_fixture.h"

/* One sign-in of demo that waits for one phone. */
struct scene {
	struct core_test *test;
	struct browser browser;
	struct phone phone;
	const char *login, *challenge;
};

struct scene scene_new(void **state, const char *client);
/* Another sign-in in another browser; the one before gives up its place. */
void scene_at(struct core_test *test, struct scene *scene, const char *client);
const char *state_of(const struct scene *scene); /* of the challenge */

#endif
