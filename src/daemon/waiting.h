#ifndef DAEMON_WAITING_H
#define DAEMON_WAITING_H

#include <stddef.h>

#include "base/status.h"
#include "endpoints/waiting.h"

struct waiting_room;

/* The waiting room behind endpoints/waiting.h. Waking a topic costs the same however many others wait. */
enum status must_check waiting_room_new(struct waiting_room **ret_room);
/*
 * Where the states are read: on a worker when that takes more than a moment (a database behind a network); without this
 * call on the stream's own loop. Before the first stream.
 */
struct workers;
void waiting_room_read_on(struct waiting_room *room, struct workers *workers);
void waiting_room_free(struct waiting_room **room); /* after the server has stopped: every stream is closed */

/* Any thread. */
void waiting_wake(struct waiting_room *room, const char *topic);
void waiting_wake_all(struct waiting_room *room);
/* One part of all, so that all have been woken after `parts` calls with 0, 1 … parts - 1. */
void waiting_wake_part(struct waiting_room *room, unsigned part, unsigned parts);
size_t waiting_count(struct waiting_room *room);

#endif
