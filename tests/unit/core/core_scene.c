#include "core_scene.h"

void scene_at(struct core_test *test, struct scene *scene, const char *client)
{
	if (scene->login)
		status_ignore(page_cancel(test, &scene->browser, scene->login, false, NULL), "only to free the place");
	scene->browser = browser_new(test);
	scene->login = login_new(test, &scene->browser, client);
	IS(page_identify(test, &scene->browser, scene->login, "demo", NULL), OK);
	scene->challenge = arena_strdup(test->arena, challenge_of(test, scene->login));
}

struct scene scene_new(void **state, const char *client)
{
	struct scene scene = {.test = *state};

	phone_make(scene.test, scene.test->user_id, &scene.phone);
	scene_at(scene.test, &scene, client);
	return scene;
}

const char *state_of(const struct scene *scene)
{
	return challenge_now(scene->test, scene->challenge).state;
}
