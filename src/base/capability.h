#ifndef BASE_CAPABILITY_H
#define BASE_CAPABILITY_H

#include <stdbool.h>

/*
 * What is left of root's rights to a process that was started with some. Called while there is one thread: each has
 * its own.
 *
 * Gives up, for good, every capability but the binding of ports below 1024, and that one too unless `may_bind_low`:
 * effective, permitted, inheritable and ambient; and in the bounding set, as far as this process may change it. A
 * process without any loses nothing. False: the kernel would not.
 */
bool capabilities_drop(bool may_bind_low);

#endif
