#ifndef CORE_USERAGENT_H
#define CORE_USERAGENT_H

#include "base/arena.h"

/* "Firefox on Linux" from a User-Agent header; "An unknown browser" when it says nothing we know. Never NULL unless out
 * of memory. */
const char *useragent_label(struct arena *arena, const char *user_agent);

#endif
