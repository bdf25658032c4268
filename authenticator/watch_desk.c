#include "watch_desk.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "notifier.h"
#include "show.h"
#include "terminal_window.h"

enum { DESK_ARENA_MAX = 64 * 1024, OUTCOME_LIFE_MS = 15000 };

struct waiting {
	char id[SYMBOLON_ID_MAX + 1];
	const json_t *account;
	struct symbolon_device *device;
	struct symbolon_challenge *challenge; /* NULL: free */
};

struct desk {
	struct command *command;
	struct notifier *notifier;
	struct windows windows;
	int epoll, signals, bus_fd;
	short bus_events;
	bool over;
	struct waiting waiting[NOTICES_MAX];
};

/* ---- descriptors ---- */

/* The bus's descriptor changes when it comes back, and closing took the old one out of the set by itself. */
static void bus_follow(struct desk *desk)
{
	short events = 0;
	int fd = notifier_fd(desk->notifier, &events);
	struct epoll_event wanted = {.events = (uint32_t)events, .data.fd = fd};

	if (fd == desk->bus_fd && events == desk->bus_events)
		return;
	if (fd >= 0 && epoll_ctl(desk->epoll, EPOLL_CTL_MOD, fd, &wanted) != 0)
		epoll_ctl(desk->epoll, EPOLL_CTL_ADD, fd, &wanted);
	desk->bus_fd = fd;
	desk->bus_events = events;
}

/* When the service is stopped, what stands on the desktop goes with it: its buttons would do nothing. */
static int signals_take(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	return sigprocmask(SIG_BLOCK, &set, NULL) == 0 ? signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
}

static bool is_added(const struct desk *desk, int fd)
{
	struct epoll_event wanted = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(desk->epoll, EPOLL_CTL_ADD, fd, &wanted) == 0;
}

enum exit_code desk_new(struct command *command, int input, struct desk **ret_desk)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	if (!desk)
		return complain_memory();
	*desk = (struct desk){.command = command,
			      .notifier = notifier_new(),
			      .epoll = epoll_create1(EPOLL_CLOEXEC),
			      .signals = signals_take(),
			      .bus_fd = -1};
	if (!desk->notifier || desk->epoll < 0 || !is_added(desk, desk->signals) ||
	    (input >= 0 && !is_added(desk, input))) {
		desk_free(&desk);
		return complain(EXIT_TROUBLE, "notify", "cannot wait for the desktop: %s", strerror(errno));
	}
	desk_tend(desk);
	*ret_desk = desk;
	return EXIT_DONE;
}

void desk_free(struct desk **desk)
{
	if (!*desk)
		return;
	for (size_t i = 0; i < NOTICES_MAX; i++)
		symbolon_challenge_free(&(*desk)->waiting[i].challenge);
	notifier_free(&(*desk)->notifier);
	close((*desk)->epoll);
	close((*desk)->signals);
	free(*desk);
	*desk = NULL;
}

bool desk_is_over(const struct desk *desk)
{
	return desk->over;
}

int desk_fd(const struct desk *desk)
{
	return desk->epoll;
}

int64_t desk_due_ms(const struct desk *desk)
{
	int64_t due = notifier_due_ms(desk->notifier), windows = windows_due_ms(&desk->windows);

	return due < 0 || (windows >= 0 && windows < due) ? windows : due;
}

/* ---- a request ---- */

static struct waiting *waiting_find(struct desk *desk, const char *id)
{
	for (size_t i = 0; i < NOTICES_MAX; i++)
		if (desk->waiting[i].challenge && strcmp(desk->waiting[i].id, id) == 0)
			return &desk->waiting[i];
	return NULL;
}

/* A free place, else that of the one which ends soonest. */
static struct waiting *waiting_room(struct desk *desk)
{
	struct waiting *soonest = &desk->waiting[0];

	for (size_t i = 0; i < NOTICES_MAX; i++) {
		struct waiting *waiting = &desk->waiting[i];
		if (!waiting->challenge)
			return waiting;
		if (waiting->challenge->expires_at < soonest->challenge->expires_at)
			soonest = waiting;
	}
	desk_end(desk, soonest->id);
	return soonest;
}

/* Who asks, from where, and why: what a person needs to press Not me. The code and the numbers are for Review alone. */
static const char *body_make(struct arena *arena, const struct symbolon_challenge *challenge)
{
	const char *host = challenge->client_host, *place = challenge->place, *why = challenge->why;

	return arena_format(arena, "%s%s%s%s asks for %s%s%s\nFrom %s%s%s, %s%s%s%s",
			    shown(arena, challenge->client_name), host ? " (" : "", host ? shown(arena, host) : "",
			    host ? ")" : "", shown(arena, challenge->username), challenge->organisation ? " at " : "",
			    challenge->organisation ? shown(arena, challenge->organisation) : "",
			    challenge->ip ? shown(arena, challenge->ip) : "an address that is not told",
			    place ? ", " : "", place ? shown(arena, place) : "",
			    challenge->browser ? shown(arena, challenge->browser) : "a browser that is not told",
			    challenge->known ? "" : ", new: you have not signed in with it before", why ? "\n" : "",
			    why ? shown(arena, why) : "");
}

static void waiting_show(struct desk *desk, const struct waiting *waiting, const char *title, const char *extra)
{
	scoped_arena *arena = arena_new(DESK_ARENA_MAX);
	int64_t left_s = waiting->challenge->expires_at - symbolon_device_now(waiting->device);
	const char *body = body_make(arena, waiting->challenge);
	const struct notice notice = {
		.id = waiting->id,
		.title = title,
		.body = arena_format(arena, "%s%s%s", extra, *extra ? "\n" : "", body ? body : ""),
		.answer = arena_format(arena, PROGRAM " review %s", waiting->id),
		.life_ms = left_s > 0 ? left_s * 1000 : 1,
		.urgent = true,
	};

	if (notice.body && notice.answer)
		notifier_show(desk->notifier, &notice);
}

static void request_tell(const struct waiting *waiting)
{
	scoped_arena *arena = arena_new(DESK_ARENA_MAX);

	printf("Request %s: %s asks for %s. To answer: " PROGRAM " review %s\n", waiting->id,
	       shown(arena, waiting->challenge->client_name), account_label(arena, waiting->account), waiting->id);
	fflush(stdout);
}

void desk_announce(struct desk *desk, const json_t *account, struct symbolon_device *device, const char *id)
{
	struct symbolon_challenge *challenge = NULL;
	struct symbolon_error error = {0};
	enum symbolon_result result = symbolon_challenge_get(device, id, &challenge, &error);

	account_warn_skew(device);
	if (result == SYMBOLON_NOT_FOUND || result == SYMBOLON_GONE || result == SYMBOLON_CONFLICT)
		return; /* it has ended before it could be shown */
	if (result != SYMBOLON_OK) {
		(void)complain_result(result, &error, "the request", account_text(account, "issuer"));
		return;
	}
	if (recent_keep(desk->command, account, challenge) != EXIT_DONE)
		note("The request could not be kept for later.");
	struct waiting *waiting = waiting_room(desk);
	*waiting = (struct waiting){.account = account, .device = device, .challenge = challenge};
	memcpy(waiting->id, id, strnlen(id, SYMBOLON_ID_MAX) + 1);
	request_tell(waiting);
	waiting_show(desk, waiting, "Sign-in request", "");
	bus_follow(desk);
}

void desk_end(struct desk *desk, const char *id)
{
	struct waiting *waiting = waiting_find(desk, id);

	if (!waiting)
		return;
	notifier_close(desk->notifier, id);
	symbolon_challenge_free(&waiting->challenge);
	*waiting = (struct waiting){0};
	bus_follow(desk);
}

static bool is_listed(const struct symbolon_pending *list, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].id, id) == 0)
			return true;
	return false;
}

void desk_keep(struct desk *desk, const struct symbolon_device *device, const struct symbolon_pending *list,
	       size_t count)
{
	for (size_t i = 0; i < NOTICES_MAX; i++) {
		struct waiting *waiting = &desk->waiting[i];
		if (waiting->challenge && waiting->device == device && !is_listed(list, count, waiting->id))
			desk_end(desk, waiting->id);
	}
}

/* ---- what the person presses ---- */

static void review(struct desk *desk, const struct waiting *waiting)
{
	if (!windows_open(&desk->windows, waiting->id))
		waiting_show(desk, waiting, "Sign-in request",
			     "No terminal could be opened: answer with the command in the log.");
}

static void denied_show(struct desk *desk, const char *id)
{
	scoped_arena *arena = arena_new(DESK_ARENA_MAX);
	const struct notice notice = {
		.id = id,
		.title = "Denied",
		.body = arena_format(arena, "Nobody was signed in. To warn your organisation: " PROGRAM " report %s",
				     id),
		.life_ms = OUTCOME_LIFE_MS,
	};

	if (notice.body)
		notifier_show(desk->notifier, &notice);
}

static void deny(struct desk *desk, struct waiting *waiting)
{
	struct symbolon_error error = {0};
	char state[32], id[SYMBOLON_ID_MAX + 1];
	enum symbolon_result result =
		symbolon_answer(waiting->device, waiting->challenge, SYMBOLON_DENY, NULL, state, &error);

	memcpy(id, waiting->id, sizeof(id));
	if (result == SYMBOLON_OK) {
		(void)show_outcome(desk->command, waiting->account, id, SYMBOLON_DENY, state);
		desk_end(desk, id);
		denied_show(desk, id);
		return;
	}
	(void)complain_result(result, &error, "the answer", account_text(waiting->account, "issuer"));
	if (result == SYMBOLON_CONFLICT || result == SYMBOLON_GONE || result == SYMBOLON_NOT_FOUND)
		desk_end(desk, id);
	else
		waiting_show(desk, waiting, "Not denied yet", "The server could not be reached. Press Not me again.");
}

static void windows_check(struct desk *desk)
{
	char id[SYMBOLON_ID_MAX + 1];

	while (windows_failed(&desk->windows, id)) {
		const struct waiting *waiting = waiting_find(desk, id);
		if (waiting)
			waiting_show(desk, waiting, "Sign-in request",
				     "The terminal failed: answer with the command in the log.");
	}
}

void desk_tend(struct desk *desk)
{
	struct notifier_event event;
	struct signalfd_siginfo info;

	desk->over = desk->over || read(desk->signals, &info, sizeof(info)) > 0;
	while (notifier_process(desk->notifier, &event)) {
		struct waiting *waiting = waiting_find(desk, event.id);

		if (waiting && event.action == NOTIFIER_DENY)
			deny(desk, waiting);
		else if (waiting)
			review(desk, waiting);
	}
	windows_check(desk);
	bus_follow(desk);
}
