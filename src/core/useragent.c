#include "core/useragent.h"

#include <string.h>

#include "base/status.h"

/* The order matters: many browsers name others too. */
static const struct {
	const char *mark;
	const char *name;
} browsers[] =
	{
		{"Edg/", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"HeadlessChrome/", "Chrome"},
		{"Chromium/", "Chromium"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
		{"curl/", "curl"},
},
  systems[] = {
	  {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"},   {"Windows", "Windows"},
	  {"Mac OS X", "Mac"},    {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
};

const char *useragent_label(struct arena *arena, const char *user_agent)
{
	const char *browser = NULL, *system = NULL;

	for (size_t i = 0; user_agent && !browser && i < ARRAY_COUNT(browsers); i++)
		if (strstr(user_agent, browsers[i].mark))
			browser = browsers[i].name;
	for (size_t i = 0; user_agent && !system && i < ARRAY_COUNT(systems); i++)
		if (strstr(user_agent, systems[i].mark))
			system = systems[i].name;
	if (!browser && !system)
		return "An unknown browser";
	if (!system)
		return browser;
	return arena_format(arena, "%s on %s", browser ? browser : "A browser", system);
}
