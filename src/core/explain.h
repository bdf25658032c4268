#ifndef CORE_EXPLAIN_H
#define CORE_EXPLAIN_H

#include "base/json.h"
#include "base/text.h"
#include "core/core.h"

/*
 * "Why would this person be asked what they are asked?", and "what if": the same evaluation as a sign-in, with nothing
 * started and nothing written. `symbolon explain USER CLIENT [--ip IP] [--acr ACR] [--groups a,b] [--known] [--json]`.
 */
struct explain_request {
	const char *username; /* as typed */
	const char *client_id;
	const char *ip;  /* NULL: not said; then a network condition counts as it does for an address not understood */
	const char *acr; /* acr_values, or NULL */
	int64_t now;
	bool known_browser; /* only for a browser that is known; else for a new and a known one */
	bool groups_given;  /* the groups below instead of the account's */
	const char *const *groups;
	size_t group_count;
};

/*
 * Both outputs are optional (NULL). `human` gets several lines for a terminal; every word of it is clean. *ret_json is
 * freed with the arena:
 *   "user"           {"name", "disabled"}
 *   "client"         {"id", "name", "disabled"}
 *   "new_browser"    a trace; absent with request->known_browser
 *   "known_browser"  a trace
 *   "warnings"       ["…"], sentences
 * The traces are policy.h's with two members more:
 *   "prompts"        a list for each step: [[{"ask": "push:enter:6", "page": "…", "phone": "…", "odds": "…"}, …], …]
 *   "amr"            ["pwd", "swk", "mfa"], when each step is answered in the way that is offered first
 *
 * E_NOT_FOUND   no such user or client
 * E_INVALID     the address cannot be understood
 * Then `human` gets one sentence that says so, and *ret_json stays untouched.
 */
enum status must_check explain(const struct core *core, struct arena *arena, const struct explain_request *request,
			       struct text *human, json_t **ret_json);

/* The lines, from the tree. */
void explain_write(struct text *out, const json_t *whole);

#endif
