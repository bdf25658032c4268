#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/text.h"
#include "command.h"
#include "show.h"
#include "watch_desk.h"

/*
 * Waits for requests of all accounts on this thread and asks about one at a time. What ends elsewhere, or expires, is
 * taken back politely in the middle of the question.
 */

enum { QUEUE_MAX = 32, SEEN_MAX = 128, WATCH_ARENA_MAX = 256 * 1024 };

struct waiting {
	size_t account;
	char id[SYMBOLON_ID_MAX + 1];
};

struct watch {
	struct command *command;
	struct symbolon_events *events;
	const json_t *accounts[SYMBOLON_EVENTS_MAX]; /* held */
	struct symbolon_device *devices[SYMBOLON_EVENTS_MAX];
	size_t count;
	size_t revoked;
	struct waiting queue[QUEUE_MAX];
	size_t queued;
	char seen[SEEN_MAX][SYMBOLON_ID_MAX + 1]; /* ids that were asked about or printed, the oldest overwritten */
	size_t seen_count;
	struct line_reader input;
	struct desk *desk;                    /* --notify, or NULL */
	struct symbolon_challenge *challenge; /* the one that is asked about, or NULL */
	size_t challenge_account;
	struct question question;
};

static bool was_seen(const struct watch *watch, const char *id)
{
	size_t count = watch->seen_count < SEEN_MAX ? watch->seen_count : SEEN_MAX;

	for (size_t i = 0; i < count; i++)
		if (strcmp(watch->seen[i], id) == 0)
			return true;
	return false;
}

static void seen_add(struct watch *watch, const char *id)
{
	char *slot = watch->seen[watch->seen_count++ % SEEN_MAX];

	memcpy(slot, id, strnlen(id, SYMBOLON_ID_MAX) + 1);
}

static void queue_remove(struct watch *watch, size_t at)
{
	memmove(&watch->queue[at], &watch->queue[at + 1], (--watch->queued - at) * sizeof(watch->queue[0]));
}

static size_t account_index(const struct watch *watch, const struct symbolon_device *device)
{
	size_t i = 0;

	while (i + 1 < watch->count && watch->devices[i] != device)
		i++;
	return i;
}

/* ---- one question ---- */

static void question_close(struct watch *watch, const char *why)
{
	if (why)
		printf("\n%s\n", why);
	fflush(stdout);
	symbolon_challenge_free(&watch->challenge);
	secret_zero(&watch->question, sizeof(watch->question));
}

static void answer_give(struct watch *watch, enum symbolon_decision decision, const char *number)
{
	struct symbolon_error error = {0};
	const json_t *account = watch->accounts[watch->challenge_account];
	char state[32];
	enum symbolon_result result = symbolon_answer(watch->devices[watch->challenge_account], watch->challenge,
						      decision, number, state, &error);

	if (result == SYMBOLON_OK)
		(void)show_outcome(watch->command, account, watch->challenge->id, decision, state);
	else
		(void)complain_result(result, &error, "the answer", account_text(account, "issuer"));
	question_close(watch, NULL);
}

/* Enter, while nothing is asked: what waits everywhere, also what was skipped or is not announced (push budget). */
static void check_now(struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		struct symbolon_pending *list = NULL;
		struct symbolon_error error = {0};
		size_t count = 0;
		enum symbolon_result result = symbolon_challenge_list(watch->devices[i], &list, &count, &error);

		if (result != SYMBOLON_OK)
			(void)complain_result(result, &error, "the list of requests",
					      account_text(watch->accounts[i], "issuer"));
		for (size_t j = 0; j < count && watch->queued < QUEUE_MAX; j++) {
			struct waiting *waiting = &watch->queue[watch->queued++];
			waiting->account = i;
			memcpy(waiting->id, list[j].id, sizeof(waiting->id));
			seen_add(watch, list[j].id);
		}
		free(list);
	}
	if (watch->queued == 0)
		printf("No request waits for an answer.\n");
	fflush(stdout);
}

static void line_take(struct watch *watch, const char *line)
{
	enum symbolon_decision decision = SYMBOLON_DENY;
	const char *number = NULL;

	if (!watch->challenge) {
		check_now(watch);
		return;
	}
	switch (question_reply(&watch->question, line, &decision, &number)) {
	case REPLY_AGAIN:
		printf("That is none of the answers.\n");
		question_print(&watch->question);
		break;
	case REPLY_SURE: question_print(&watch->question); break;
	case REPLY_SKIP:
		printf("Skipped. To answer it later: " PROGRAM " approve, deny or report %s", watch->challenge->id);
		question_close(watch, "");
		break;
	case REPLY_DECIDED: answer_give(watch, decision, number); break;
	}
}

static void question_open(struct watch *watch, const struct waiting *waiting)
{
	struct symbolon_error error = {0};
	struct symbolon_device *device = watch->devices[waiting->account];
	const json_t *account = watch->accounts[waiting->account];
	struct symbolon_challenge *challenge = NULL;
	enum symbolon_result result = symbolon_challenge_get(device, waiting->id, &challenge, &error);

	account_warn_skew(device);
	if (result == SYMBOLON_NOT_FOUND || result == SYMBOLON_GONE || result == SYMBOLON_CONFLICT)
		return; /* it has ended before it could be shown */
	if (result != SYMBOLON_OK) {
		(void)complain_result(result, &error, "the request", account_text(account, "issuer"));
		return;
	}
	if (recent_keep(watch->command, account, challenge) != EXIT_DONE)
		note("The request could not be kept for later.");
	scoped_arena *arena = arena_new(WATCH_ARENA_MAX);
	show_challenge(arena, account, challenge, symbolon_device_now(device));
	if (watch->input.fd < 0) {
		printf("Nobody can answer here; use: " PROGRAM " approve, deny or report %s\n", challenge->id);
		fflush(stdout);
		symbolon_challenge_free(&challenge);
		return;
	}
	watch->challenge = challenge;
	watch->challenge_account = waiting->account;
	watch->question = (struct question){.challenge = challenge};
	line_reader_discard(&watch->input); /* what was typed before cannot have meant this question */
	question_print(&watch->question);
}

/* ---- events ---- */

static enum exit_code event_print(const struct watch *watch, const struct symbolon_event *event, const char *name)
{
	json_t *json = json_pack("{s:s, s:s}", "event", name, "account", symbolon_device_id(event->device));

	(void)watch;
	if (json && *event->id)
		json_object_set_new(json, "id", json_string(event->id));
	if (json && event->expires_at)
		json_object_set_new(json, "expires_at", json_integer(event->expires_at));
	if (json && *event->state)
		json_object_set_new(json, "state", json_string(event->state));
	return print_json(json);
}

static enum exit_code challenge_arrived(struct watch *watch, const struct symbolon_event *event)
{
	if (was_seen(watch, event->id) || watch->queued == QUEUE_MAX)
		return EXIT_DONE;
	seen_add(watch, event->id);
	if (watch->command->options.json)
		return event_print(watch, event, "challenge");
	if (watch->desk) {
		size_t i = account_index(watch, event->device);
		desk_announce(watch->desk, watch->accounts[i], event->device, event->id);
	}
	if (watch->desk && watch->input.fd < 0)
		return EXIT_DONE;
	struct waiting *waiting = &watch->queue[watch->queued++];
	waiting->account = account_index(watch, event->device);
	memcpy(waiting->id, event->id, sizeof(waiting->id));
	return EXIT_DONE;
}

static enum exit_code challenge_ended(struct watch *watch, const struct symbolon_event *event)
{
	if (watch->command->options.json)
		return event_print(watch, event, "ended");
	if (watch->desk)
		desk_end(watch->desk, event->id);
	for (size_t i = 0; i < watch->queued; i++)
		if (strcmp(watch->queue[i].id, event->id) == 0) {
			queue_remove(watch, i);
			return EXIT_DONE;
		}
	if (watch->challenge && strcmp(watch->challenge->id, event->id) == 0)
		question_close(watch, state_sentence(event->state));
	return EXIT_DONE;
}

/* What was pending before the stream was open, and what a lost stream has missed. */
static enum exit_code pending_catch_up(struct watch *watch, struct symbolon_device *device)
{
	struct symbolon_pending *list = NULL;
	size_t count = 0;
	enum exit_code code = EXIT_DONE;

	if (symbolon_challenge_list(device, &list, &count, NULL) != SYMBOLON_OK)
		return EXIT_DONE; /* the stream itself tells of trouble */
	if (watch->desk)
		desk_keep(watch->desk, device, list, count);
	for (size_t i = count; code == EXIT_DONE && i-- > 0;) {
		struct symbolon_event event = {.kind = SYMBOLON_EVENT_CHALLENGE,
					       .device = device,
					       .expires_at = list[i].expires_at};
		memcpy(event.id, list[i].id, sizeof(event.id));
		if (list[i].popup)
			code = challenge_arrived(watch, &event);
	}
	free(list);
	return code;
}

static enum exit_code link_changed(struct watch *watch, const struct symbolon_event *event, const char *name,
				   const char *sentence)
{
	scoped_arena *arena = arena_new(WATCH_ARENA_MAX);

	if (watch->command->options.json)
		return event_print(watch, event, name);
	note("%s: %s", account_label(arena, watch->accounts[account_index(watch, event->device)]), sentence);
	return EXIT_DONE;
}

static enum exit_code event_handle(struct watch *watch, const struct symbolon_event *event)
{
	enum exit_code code;

	switch (event->kind) {
	case SYMBOLON_EVENT_CHALLENGE: return challenge_arrived(watch, event);
	case SYMBOLON_EVENT_ENDED: return challenge_ended(watch, event);
	case SYMBOLON_EVENT_CONNECTED:
		code = link_changed(watch, event, "connected", "connected");
		return code == EXIT_DONE ? pending_catch_up(watch, event->device) : code;
	case SYMBOLON_EVENT_POLLING:
		return link_changed(watch, event, "polling",
				    "this server has no event stream; asking every few seconds");
	case SYMBOLON_EVENT_LOST: return link_changed(watch, event, "lost", "the connection is lost; trying again");
	case SYMBOLON_EVENT_REVOKED:
		watch->revoked++;
		return link_changed(watch, event, "revoked",
				    "the server no longer knows this device; remove it here and enrol again");
	case SYMBOLON_EVENT_DEVICE:
		return watch->command->options.json ? event_print(watch, event, "device") : EXIT_DONE;
	default: return EXIT_DONE;
	}
}

/* ---- the loop ---- */

static int64_t question_left_ms(const struct watch *watch)
{
	if (!watch->challenge)
		return -1;
	int64_t left = watch->challenge->expires_at - symbolon_device_now(watch->devices[watch->challenge_account]);
	return left > 0 ? left * 1000 : 0;
}

static int64_t due_ms(const struct watch *watch)
{
	int64_t question = question_left_ms(watch), desk = watch->desk ? desk_due_ms(watch->desk) : -1;

	return question < 0 || (desk >= 0 && desk < question) ? desk : question;
}

static bool input_is_ready(const struct watch *watch)
{
	struct pollfd one = {.fd = watch->input.fd, .events = POLLIN};

	return watch->input.fd >= 0 && poll(&one, 1, 0) > 0;
}

static void input_handle(struct watch *watch)
{
	char line[64];

	if (!input_is_ready(watch))
		return;
	line_reader_fill(&watch->input);
	while (line_reader_take(&watch->input, line, sizeof(line)))
		line_take(watch, line);
	if (watch->input.fd < 0 && watch->challenge)
		question_close(watch, "The input has ended; the request stays unanswered.");
}

static void queue_tend(struct watch *watch)
{
	while (!watch->challenge && watch->queued > 0) {
		struct waiting waiting = watch->queue[0];
		queue_remove(watch, 0);
		question_open(watch, &waiting);
	}
}

/* Something can be read, or the time is over: of the question, or for the desk. */
static void watch_tend(struct watch *watch)
{
	if (watch->desk)
		desk_tend(watch->desk);
	input_handle(watch);
	if (question_left_ms(watch) == 0)
		question_close(watch, state_sentence("expired"));
}

static enum exit_code watch_run(struct watch *watch)
{
	while (watch->revoked < watch->count) {
		struct symbolon_event event = {0};
		enum exit_code code = EXIT_DONE;

		queue_tend(watch);
		int fd = watch->desk ? desk_fd(watch->desk) : watch->input.fd;
		if (symbolon_events_wait(watch->events, fd, due_ms(watch), &event) != SYMBOLON_OK)
			return complain_memory();
		if (event.kind == SYMBOLON_EVENT_INPUT || event.kind == SYMBOLON_EVENT_NONE)
			watch_tend(watch);
		else
			code = event_handle(watch, &event);
		if (code != EXIT_DONE || (watch->desk && desk_is_over(watch->desk)))
			return code;
	}
	return complain(EXIT_REFUSED, "revoked", "none of the accounts is enrolled any more");
}

static enum exit_code watch_begin(struct watch *watch)
{
	struct command *command = watch->command;
	const struct symbolon_timing timing = {.silence_ms = command->options.reconnect_s * 1000,
					       .retry_first_ms = 1000,
					       .retry_most_ms = 60000,
					       .poll_ms = 5000};
	const json_t **accounts = NULL;
	size_t count = 0;
	enum exit_code code = accounts_choose(command, &accounts, &count);

	if (code == EXIT_DONE && count > SYMBOLON_EVENTS_MAX)
		code = complain(EXIT_BAD_USAGE, "too_many", "at most %d accounts at a time; choose with --account",
				SYMBOLON_EVENTS_MAX);
	if (code == EXIT_DONE && symbolon_events_new(&timing, &watch->events) != SYMBOLON_OK)
		code = complain_memory();
	for (size_t i = 0; code == EXIT_DONE && i < count; i++) {
		code = account_device(command, accounts[i], &watch->devices[i]);
		if (code != EXIT_DONE)
			break;
		watch->accounts[i] = json_incref((json_t *)accounts[i]);
		watch->count = i + 1;
		if (symbolon_events_add(watch->events, watch->devices[i]) != SYMBOLON_OK)
			code = complain_memory();
	}
	return code;
}

static void watch_done(struct watch *watch)
{
	symbolon_challenge_free(&watch->challenge);
	desk_free(&watch->desk);
	symbolon_events_free(&watch->events);
	for (size_t i = 0; i < watch->count; i++) {
		json_decref((json_t *)watch->accounts[i]);
		symbolon_device_free(&watch->devices[i]);
	}
	line_reader_done(&watch->input);
}

/* With --notify the question is put here only where a person sits; a service has none. */
static int input_choose(const struct options *options)
{
	if (options->json || (options->notify && !isatty(STDIN_FILENO)))
		return -1;
	return STDIN_FILENO;
}

enum exit_code cmd_watch(struct command *command)
{
	struct watch watch = {.command = command};
	const struct options *options = &command->options;
	enum exit_code code;

	if (command->arg_count > 0)
		return complain(EXIT_BAD_USAGE, "usage", "watch takes no further words");
	if (options->notify && options->json)
		return complain(EXIT_BAD_USAGE, "usage", "--notify and --json do not go together");
	line_reader_init(&watch.input, input_choose(options));
	code = watch_begin(&watch);
	if (code == EXIT_DONE && options->notify)
		code = desk_new(command, watch.input.fd, &watch.desk);
	if (code == EXIT_DONE && !options->json)
		note("Waiting for sign-in requests.%s",
		     watch.input.fd < 0 ? "" : " Enter looks for them now; Ctrl-C ends.");
	if (code == EXIT_DONE)
		code = watch_run(&watch);
	watch_done(&watch);
	return code;
}
