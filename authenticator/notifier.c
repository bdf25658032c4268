#include "notifier.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-bus.h>

#include "base/clock.h"
#include "base/text.h"
#include "terminal.h"

enum {
	CALL_TIMEOUT_US = 10 * 1000 * 1000,
	RETRY_FIRST_MS = 1000,
	RETRY_MOST_MS = 60000,
	STOP_MS = 2000,
	EVENTS_MAX = 16
};
enum { TITLE_MAX = 512, BODY_MAX = 4096, ANSWER_MAX = 256, OWNER_MAX = 64, PROCESS_MAX = 256 };
enum { URGENCY_NORMAL = 1, URGENCY_CRITICAL = 2 };

static const char service[] = "org.freedesktop.Notifications";
static const char service_path[] = "/org/freedesktop/Notifications";

enum notice_state { NOTICE_WAITING, NOTICE_SENT, NOTICE_SHOWN };

struct shown_notice {
	struct notifier *notifier;
	char id[NOTICE_ID_MAX + 1]; /* "": free */
	char title[TITLE_MAX], body[BODY_MAX], answer[ANSWER_MAX];
	int64_t until_ms;
	bool urgent, has_buttons;
	enum notice_state state;
	bool closing;       /* NOTICE_SENT: close it when its number is known */
	bool changed;       /* NOTICE_SENT: send it again when its number is known */
	uint32_t server_id; /* 0: none yet */
};

struct notifier {
	sd_bus *bus;
	bool asked, ready; /* for what the service can; it has said */
	bool can_actions, can_body, can_markup;
	bool said_no_bus, said_no_service;
	char owner[OWNER_MAX]; /* the service's unique name: nobody else's signals count */
	int64_t retry_ms, retry_at_ms;
	struct shown_notice notices[NOTICES_MAX];
	struct notifier_event events[EVENTS_MAX];
	size_t event_count;
};

struct notifier *notifier_new(void)
{
	struct notifier *notifier = calloc(1, sizeof(*notifier));

	if (notifier)
		notifier->retry_ms = RETRY_FIRST_MS;
	return notifier;
}

static struct shown_notice *notice_find(struct notifier *notifier, const char *id)
{
	for (size_t i = 0; i < NOTICES_MAX; i++)
		if (strcmp(notifier->notices[i].id, id) == 0)
			return &notifier->notices[i];
	return NULL;
}

static struct shown_notice *notice_of_server(struct notifier *notifier, uint32_t server_id)
{
	for (size_t i = 0; i < NOTICES_MAX; i++)
		if (*notifier->notices[i].id && server_id && notifier->notices[i].server_id == server_id)
			return &notifier->notices[i];
	return NULL;
}

static bool has_notice(const struct notifier *notifier, enum notice_state state)
{
	for (size_t i = 0; i < NOTICES_MAX; i++)
		if (*notifier->notices[i].id && notifier->notices[i].state == state)
			return true;
	return false;
}

static void retry_later(struct notifier *notifier)
{
	notifier->retry_at_ms = clock_mono_ms() + notifier->retry_ms;
	notifier->retry_ms = notifier->retry_ms * 2 < RETRY_MOST_MS ? notifier->retry_ms * 2 : RETRY_MOST_MS;
}

/* ---- one notice on the service ---- */

/* The body in the service's own terms: its markup must not be written by those who name themselves in it. */
static void body_format(const struct notifier *notifier, const struct shown_notice *notice, struct text *body)
{
	char plain[BODY_MAX + ANSWER_MAX + 32];
	bool tells_command = notice->has_buttons && !notifier->can_actions;

	snprintf(plain, sizeof(plain), "%s%s%s", notice->body, tells_command ? "\nTo answer: " : "",
		 tells_command ? notice->answer : "");
	if (notifier->can_markup)
		text_add_html(body, plain);
	else
		text_add(body, plain);
}

static int hints_append(sd_bus_message *call, const struct shown_notice *notice)
{
	uint8_t urgency = notice->urgent ? URGENCY_CRITICAL : URGENCY_NORMAL;

	return sd_bus_message_append(call, "a{sv}", 1, "urgency", "y", urgency);
}

static int notify_append(const struct notifier *notifier, sd_bus_message *call, const struct shown_notice *notice,
			 const char *body)
{
	int64_t left = notice->until_ms - clock_mono_ms();
	int32_t life = (int32_t)(left < 1 ? 1 : left > INT32_MAX ? INT32_MAX : left);
	bool buttons = notice->has_buttons && notifier->can_actions;
	int error = sd_bus_message_append(call, "susss", "Symbolon", notice->server_id, "dialog-password",
					  notice->title, notifier->can_body ? body : "");

	if (error >= 0 && buttons)
		error = sd_bus_message_append(call, "as", 6, "default", "Review", "review", "Review", "deny", "Not me");
	else if (error >= 0)
		error = sd_bus_message_append(call, "as", 0);
	if (error >= 0)
		error = hints_append(call, notice);
	return error < 0 ? error : sd_bus_message_append(call, "i", life);
}

static void server_close(struct notifier *notifier, uint32_t server_id)
{
	if (notifier->bus && server_id)
		sd_bus_call_method_async(notifier->bus, NULL, service, service_path, service, "CloseNotification", NULL,
					 NULL, "u", server_id);
}

/* A service that ended before it answered has shown nothing that lasts: the next one gets the notice again. */
static void notify_failed(struct shown_notice *notice, const sd_bus_error *said)
{
	notice->server_id = 0;
	if (!notice->notifier->ready || sd_bus_error_has_name(said, SD_BUS_ERROR_NO_REPLY)) {
		notice->state = NOTICE_WAITING;
		return;
	}
	note("The notification could not be shown (%s).", said && said->name ? said->name : "no number came back");
}

static int notify_replied(sd_bus_message *reply, void *ctx, sd_bus_error *error)
{
	struct shown_notice *notice = ctx;

	notice->state = NOTICE_SHOWN;
	if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "u", &notice->server_id) < 0)
		notify_failed(notice, sd_bus_message_get_error(reply));
	if (notice->closing) {
		server_close(notice->notifier, notice->server_id);
		*notice = (struct shown_notice){0};
	} else if (notice->changed) {
		notice->changed = false;
		notice->state = NOTICE_WAITING;
	}
	return 0;
}

static void notice_send(struct notifier *notifier, struct shown_notice *notice)
{
	sd_bus_message *call = NULL;
	struct text body;
	int error = sd_bus_message_new_method_call(notifier->bus, &call, service, service_path, service, "Notify");

	text_init(&body, 8 * BODY_MAX);
	body_format(notifier, notice, &body);
	if (error >= 0)
		error = notify_append(notifier, call, notice, body.data ? body.data : "");
	if (error >= 0)
		error = sd_bus_call_async(notifier->bus, NULL, call, notify_replied, notice, CALL_TIMEOUT_US);
	notice->state = error >= 0 ? NOTICE_SENT : NOTICE_SHOWN;
	if (error < 0)
		note("The notification could not be sent (%s).", strerror(-error));
	sd_bus_message_unref(call);
	text_done(&body);
}

/* ---- the service comes and goes ---- */

static void notices_forget_shown(struct notifier *notifier)
{
	for (size_t i = 0; i < NOTICES_MAX; i++) {
		struct shown_notice *notice = &notifier->notices[i];

		if (notice->closing)
			*notice = (struct shown_notice){0};
		notice->state = NOTICE_WAITING;
		notice->server_id = 0;
		notice->changed = false;
	}
}

static void service_lost(struct notifier *notifier, const char *why)
{
	notifier->ready = notifier->asked = false;
	notifier->owner[0] = '\0';
	if (!notifier->said_no_service)
		note("Notifications: %s; requests are told here, and the service is tried again.", why);
	notifier->said_no_service = true;
	retry_later(notifier);
}

static int capabilities_read(struct notifier *notifier, sd_bus_message *reply)
{
	const char *word;
	int error = sd_bus_message_enter_container(reply, 'a', "s");

	notifier->can_actions = notifier->can_body = notifier->can_markup = false;
	while (error > 0 && (error = sd_bus_message_read(reply, "s", &word)) > 0) {
		notifier->can_actions = notifier->can_actions || strcmp(word, "actions") == 0;
		notifier->can_body = notifier->can_body || strcmp(word, "body") == 0;
		notifier->can_markup = notifier->can_markup || strcmp(word, "body-markup") == 0;
	}
	return error;
}

static int capabilities_replied(sd_bus_message *reply, void *ctx, sd_bus_error *error)
{
	struct notifier *notifier = ctx;
	const char *sender = sd_bus_message_get_sender(reply);

	notifier->asked = false;
	if (sd_bus_message_is_method_error(reply, NULL) || capabilities_read(notifier, reply) < 0) {
		service_lost(notifier, "no notification service answers");
		return 0;
	}
	snprintf(notifier->owner, sizeof(notifier->owner), "%s", sender ? sender : "");
	if (notifier->said_no_service)
		note("Notifications: the service is there.");
	notifier->said_no_service = false;
	notifier->retry_ms = RETRY_FIRST_MS;
	notifier->ready = true;
	return 0;
}

/* At first use, and again after each start of the service. Starts it where the desktop says how. */
static void capabilities_ask(struct notifier *notifier)
{
	sd_bus_message *call = NULL;
	int error =
		sd_bus_message_new_method_call(notifier->bus, &call, service, service_path, service, "GetCapabilities");

	if (error >= 0)
		error = sd_bus_call_async(notifier->bus, NULL, call, capabilities_replied, notifier, CALL_TIMEOUT_US);
	sd_bus_message_unref(call);
	notifier->asked = error >= 0;
	if (error < 0)
		service_lost(notifier, strerror(-error));
}

static int owner_changed(sd_bus_message *message, void *ctx, sd_bus_error *error)
{
	struct notifier *notifier = ctx;
	const char *name, *old, *new;

	if (sd_bus_message_read(message, "sss", &name, &old, &new) < 0 || strcmp(name, service) != 0 ||
	    strcmp(new, notifier->owner) == 0)
		return 0;
	bool had = *notifier->owner;
	if (had)
		notices_forget_shown(notifier);
	if (!*new) {
		if (had)
			service_lost(notifier, "the notification service has ended");
		return 0;
	}
	notifier->ready = false;
	if (!notifier->asked)
		capabilities_ask(notifier);
	return 0;
}

/* ---- what the person does ---- */

static bool is_from_service(const struct notifier *notifier, sd_bus_message *message)
{
	const char *sender = sd_bus_message_get_sender(message);

	return sender && *notifier->owner && strcmp(sender, notifier->owner) == 0;
}

static int action_invoked(sd_bus_message *message, void *ctx, sd_bus_error *error)
{
	struct notifier *notifier = ctx;
	const char *key;
	uint32_t server_id;

	if (!is_from_service(notifier, message) || sd_bus_message_read(message, "us", &server_id, &key) < 0)
		return 0;
	const struct shown_notice *notice = notice_of_server(notifier, server_id);
	if (!notice || !notice->has_buttons || notifier->event_count == EVENTS_MAX)
		return 0;
	struct notifier_event *event = &notifier->events[notifier->event_count++];
	event->action = strcmp(key, "deny") == 0 ? NOTIFIER_DENY : NOTIFIER_REVIEW;
	memcpy(event->id, notice->id, sizeof(event->id));
	return 0;
}

/* Put away by the person, or by the service when its time was over: the request itself goes on. */
static int notification_closed(sd_bus_message *message, void *ctx, sd_bus_error *error)
{
	struct notifier *notifier = ctx;
	uint32_t server_id, reason;

	if (!is_from_service(notifier, message) || sd_bus_message_read(message, "uu", &server_id, &reason) < 0)
		return 0;
	struct shown_notice *notice = notice_of_server(notifier, server_id);
	if (notice && notice->state == NOTICE_SHOWN)
		*notice = (struct shown_notice){0};
	return 0;
}

/* ---- the bus ---- */

static void bus_close(struct notifier *notifier)
{
	sd_bus_close_unref(notifier->bus);
	notifier->bus = NULL;
	notifier->ready = notifier->asked = false;
	notifier->owner[0] = '\0';
	notices_forget_shown(notifier);
}

static int matches_add(struct notifier *notifier)
{
	sd_bus *bus = notifier->bus;
	int error = sd_bus_match_signal_async(bus, NULL, service, service_path, service, "ActionInvoked",
					      action_invoked, NULL, notifier);

	if (error >= 0)
		error = sd_bus_match_signal_async(bus, NULL, service, service_path, service, "NotificationClosed",
						  notification_closed, NULL, notifier);
	return error < 0 ? error
			 : sd_bus_add_match_async(bus, NULL,
						  "type='signal',sender='org.freedesktop.DBus',"
						  "path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
						  "member='NameOwnerChanged',arg0='org.freedesktop.Notifications'",
						  owner_changed, NULL, notifier);
}

static void bus_lost(struct notifier *notifier, int error)
{
	bus_close(notifier);
	if (!notifier->said_no_bus)
		note("Notifications: no session bus (%s); requests are told here, and the bus is tried again.",
		     strerror(-error));
	notifier->said_no_bus = true;
	retry_later(notifier);
}

static void bus_open(struct notifier *notifier)
{
	int error = sd_bus_open_user(&notifier->bus);

	if (error >= 0)
		error = matches_add(notifier);
	if (error < 0) {
		bus_lost(notifier, error);
		return;
	}
	if (notifier->said_no_bus)
		note("Notifications: the session bus is there.");
	notifier->said_no_bus = false;
	capabilities_ask(notifier);
}

static void bus_process(struct notifier *notifier)
{
	int error = 1;

	for (int i = 0; notifier->bus && error > 0 && i < PROCESS_MAX; i++)
		error = sd_bus_process(notifier->bus, NULL);
	if (notifier->bus && error >= 0 && sd_bus_is_open(notifier->bus) <= 0)
		error = -ECONNRESET;
	if (error < 0)
		bus_lost(notifier, error);
}

/* ---- for the caller ---- */

/* One that is on its way has no number yet to be closed by, and would stay. */
static void sent_await(struct notifier *notifier)
{
	const int64_t until_ms = clock_mono_ms() + STOP_MS;
	int64_t left_ms = STOP_MS;

	while (notifier->bus && left_ms > 0 && has_notice(notifier, NOTICE_SENT)) {
		if (sd_bus_wait(notifier->bus, (uint64_t)left_ms * 1000) < 0)
			return;
		bus_process(notifier);
		left_ms = until_ms - clock_mono_ms();
	}
}

void notifier_free(struct notifier **notifier)
{
	if (!*notifier)
		return;
	sent_await(*notifier);
	for (size_t i = 0; i < NOTICES_MAX; i++)
		server_close(*notifier, (*notifier)->notices[i].server_id);
	sd_bus_flush_close_unref((*notifier)->bus);
	free(*notifier);
	*notifier = NULL;
}

static struct shown_notice *notice_room(struct notifier *notifier)
{
	struct shown_notice *soonest = NULL, *empty = notice_find(notifier, "");

	for (size_t i = 0; !empty && i < NOTICES_MAX; i++) {
		struct shown_notice *notice = &notifier->notices[i];
		if (notice->state != NOTICE_SENT && (!soonest || notice->until_ms < soonest->until_ms))
			soonest = notice;
	}
	if (soonest)
		server_close(notifier, soonest->server_id);
	return empty ? empty : soonest;
}

/* Cut behind a whole character: a half one is no text for the bus. */
static void text_fit(char *out, size_t out_size, const char *text)
{
	size_t size = strnlen(text, out_size - 1);

	while (size > 0 && text[size] && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	memcpy(out, text, size);
	out[size] = '\0';
}

void notifier_show(struct notifier *notifier, const struct notice *notice)
{
	struct shown_notice *own = notice_find(notifier, notice->id);
	bool sent = own && own->state == NOTICE_SENT;
	uint32_t server_id = own ? own->server_id : 0;

	if (!own)
		own = notice_room(notifier);
	if (!own || strlen(notice->id) > NOTICE_ID_MAX)
		return;
	*own = (struct shown_notice){.notifier = notifier,
				     .until_ms = clock_mono_ms() + notice->life_ms,
				     .urgent = notice->urgent,
				     .has_buttons = notice->answer != NULL,
				     .server_id = server_id,
				     .state = sent ? NOTICE_SENT : NOTICE_WAITING,
				     .changed = sent};
	snprintf(own->id, sizeof(own->id), "%s", notice->id);
	text_fit(own->title, sizeof(own->title), notice->title);
	text_fit(own->body, sizeof(own->body), notice->body);
	text_fit(own->answer, sizeof(own->answer), notice->answer ? notice->answer : "");
}

static void notice_end(struct notifier *notifier, struct shown_notice *notice)
{
	if (notice->state == NOTICE_SENT) {
		notice->closing = true;
		return;
	}
	server_close(notifier, notice->server_id);
	*notice = (struct shown_notice){0};
}

void notifier_close(struct notifier *notifier, const char *id)
{
	struct shown_notice *notice = *id ? notice_find(notifier, id) : NULL;

	if (notice)
		notice_end(notifier, notice);
}

static void notices_tend(struct notifier *notifier)
{
	int64_t now = clock_mono_ms();

	for (size_t i = 0; i < NOTICES_MAX; i++) {
		struct shown_notice *notice = &notifier->notices[i];

		if (*notice->id && !notice->closing && notice->until_ms <= now)
			notice_end(notifier, notice);
		else if (*notice->id && notice->state == NOTICE_WAITING && notifier->bus && notifier->ready)
			notice_send(notifier, notice);
	}
}

bool notifier_process(struct notifier *notifier, struct notifier_event *ret_event)
{
	bool due = clock_mono_ms() >= notifier->retry_at_ms;

	if (!notifier->bus && due)
		bus_open(notifier);
	else if (notifier->bus && !notifier->ready && !notifier->asked && due)
		capabilities_ask(notifier);
	bus_process(notifier);
	notices_tend(notifier);
	if (notifier->event_count == 0)
		return false;
	*ret_event = notifier->events[0];
	memmove(notifier->events, notifier->events + 1, --notifier->event_count * sizeof(notifier->events[0]));
	return true;
}

int notifier_fd(const struct notifier *notifier, short *ret_events)
{
	int events = notifier->bus ? sd_bus_get_events(notifier->bus) : 0;

	*ret_events = (short)(events > 0 ? events : POLLIN);
	return notifier->bus ? sd_bus_get_fd(notifier->bus) : -1;
}

static int64_t sooner(int64_t one, int64_t other)
{
	return one < 0 || (other >= 0 && other < one) ? other : one;
}

int64_t notifier_due_ms(const struct notifier *notifier)
{
	int64_t now = clock_mono_ms(), due = -1;
	uint64_t bus_us = UINT64_MAX;

	for (size_t i = 0; i < NOTICES_MAX; i++)
		if (*notifier->notices[i].id && !notifier->notices[i].closing)
			due = sooner(due, notifier->notices[i].until_ms);
	if (!notifier->bus || (!notifier->ready && !notifier->asked))
		due = sooner(due, notifier->retry_at_ms);
	if (notifier->bus && sd_bus_get_timeout(notifier->bus, &bus_us) > 0 && bus_us != UINT64_MAX)
		due = sooner(due, (int64_t)(bus_us / 1000) + 1);
	if (notifier->ready && has_notice(notifier, NOTICE_WAITING))
		due = now;
	return due < 0 ? -1 : due > now ? due - now : 0;
}
