#include "show.h"

#include <string.h>
#include <time.h>

#include "base/text.h"

/* The time of day here; with the date when it was not within a day. */
static const char *time_text(struct arena *arena, int64_t at, int64_t now)
{
	char text[64] = "";
	time_t seconds = (time_t)at;
	struct tm local;

	if (localtime_r(&seconds, &local))
		strftime(text, sizeof(text), at > now - 86400 && at < now + 86400 ? "%H:%M:%S" : "%Y-%m-%d %H:%M",
			 &local);
	return shown(arena, text);
}

static void show_row(struct arena *arena, const char *name, const char *text)
{
	if (!text_is_empty(text))
		printf("  %-9s %s\n", name, shown(arena, text));
}

static void show_from(struct arena *arena, const struct symbolon_challenge *challenge)
{
	const char *ip = challenge->ip ? shown(arena, challenge->ip) : "an address that is not told";

	printf("  %-9s %s%s%s\n", "From", ip, challenge->place ? ", " : "",
	       challenge->place ? shown(arena, challenge->place) : "");
	printf("  %-9s %s", "Browser", challenge->browser ? shown(arena, challenge->browser) : "not told");
	if (!challenge->known)
		printf("  %s** new browser: you have not signed in with it before **%s", style(STYLE_ALERT),
		       style(STYLE_PLAIN));
	putchar('\n');
}

/* The client's message is to be shown byte for byte; where it cannot be, the person is told. */
static void show_message(struct arena *arena, const struct symbolon_challenge *challenge)
{
	if (text_is_empty(challenge->message))
		return;
	show_row(arena, "Message", challenge->message);
	if (!text_is_displayable(challenge->message))
		printf("  %-9s %s(parts of the message cannot be shown safely: be careful)%s\n", "", style(STYLE_ALERT),
		       style(STYLE_PLAIN));
}

void show_challenge(struct arena *arena, const json_t *account, const struct symbolon_challenge *challenge, int64_t now)
{
	const char *host = challenge->client_host;
	int64_t left = challenge->expires_at - now;

	printf("\n%sSign-in request: %s%s%s%s%s\n", style(STYLE_BOLD), shown(arena, challenge->client_name),
	       host ? " (" : "", host ? shown(arena, host) : "", host ? ")" : "", style(STYLE_PLAIN));
	printf("  %-9s %s%s%s\n", "Account", shown(arena, challenge->username), challenge->organisation ? " at " : "",
	       challenge->organisation ? shown(arena, challenge->organisation) : "");
	show_row(arena, "Issuer", account_text(account, "issuer"));
	show_from(arena, challenge);
	if (challenge->requested_at)
		printf("  %-9s %s\n", "Asked", time_text(arena, challenge->requested_at, now));
	printf("  %-9s in %lld s\n", "Expires", (long long)(left > 0 ? left : 0));
	show_row(arena, "Why", challenge->why);
	show_message(arena, challenge);
	show_row(arena, "Request", challenge->id);
	fflush(stdout);
}

enum exit_code show_challenge_json(const json_t *account, const struct symbolon_challenge *challenge)
{
	json_t *details = NULL;

	if (json_parse_limited(challenge->details, challenge->details_size, 8, &details) != OK)
		return complain_memory();
	return print_json(json_pack("{s:s, s:o}", "account", account_text(account, "device_id"), "details", details));
}

const char *state_sentence(const char *state)
{
	static const struct {
		const char *state, *sentence;
	} sentences[] = {
		{"approved", "Approved. The sign-in goes on."},
		{"consumed", "Approved, and the sign-in is complete."},
		{"denied", "Denied. Nobody was signed in."},
		{"wrong", "That was the wrong number. Nobody was signed in; start the sign-in again."},
		{"expired", "The request has expired. Start the sign-in again."},
		{"superseded", "A newer request has taken its place."},
		{"reported", "Reported. What this request had opened is closed."},
		{"pending", "The request still waits for an answer."},
	};

	for (size_t i = 0; i < ARRAY_COUNT(sentences); i++)
		if (strcmp(state, sentences[i].state) == 0)
			return sentences[i].sentence;
	return "The request has ended.";
}

static bool outcome_is_wanted(enum symbolon_decision decision, const char *state)
{
	switch (decision) {
	case SYMBOLON_APPROVE: return strcmp(state, "approved") == 0 || strcmp(state, "consumed") == 0;
	case SYMBOLON_DENY: return strcmp(state, "denied") == 0;
	default: return true; /* a report is taken in any state */
	}
}

enum exit_code show_outcome(struct command *command, const json_t *account, const char *challenge_id,
			    enum symbolon_decision decision, const char *state)
{
	bool wanted = outcome_is_wanted(decision, state);

	if (command->options.json) {
		enum exit_code code =
			print_json(json_pack("{s:s, s:s, s:s}", "account", account_text(account, "device_id"), "id",
					     challenge_id, "state", state));
		if (code != EXIT_DONE)
			return code;
	} else if (decision == SYMBOLON_REPORT) {
		printf("Reported: it was not you. The request is %s; your organisation is warned.\n",
		       shown(command->arena, state));
	} else {
		printf("%s\n", state_sentence(state));
	}
	fflush(stdout);
	return wanted ? EXIT_DONE : EXIT_REFUSED;
}
