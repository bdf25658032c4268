#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/status.h"

/*
 * Rules in order, first match wins, a default at the end:
 *
 *   policy:
 *     default: { ask: [password, "push:enter | totp | recovery"] }
 *     rules:
 *       - name: The wiki is quick from a known browser
 *         when: { client: wiki, known_browser: true }
 *         ask: ["push:confirm"]
 *       - name: Payroll
 *         when: { client: [payroll], group: [staff, finance] }
 *         ask: [password, "push:enter:6 | totp"]
 *       - name: Nobody else in the vault
 *         when: { client: vault }
 *         deny: true
 *
 * `ask` is a list of steps; each step is one factor, or several with " | " between them in the order they are offered:
 *   password · push:confirm · push:choose[:digits] · push:enter[:digits] · totp · recovery · pass
 * Digits: 2 to 8; without them settings.choose_digits and settings.enter_digits. A factor stands at most once in a
 * step.
 *
 * `when` looks at: client, group, network (an address or CIDR block), acr (a requested value), each a text or a list of
 * which any may fit, and known_browser (true or false). All that are there must hold; a rule without `when` always
 * matches.
 *
 * Evaluation is a pure function. It never weakens:
 * - A factor that the account lacks is left out of its step and the trace says so; a step with nothing left refuses the
 *   sign-in (no_factor). So an account with fewer factors is asked for fewer alternatives, never for fewer steps.
 * - caution turns every push in a new browser into `enter` with at least that many digits, and never lowers digits.
 * - An address that cannot be understood leaves a network condition open. Of all rules that could then decide, the one
 *   that asks most does: a refusal, else multi-factor, else the most steps, else the harder ones. So whatever the real
 *   address was, its decision would not have asked more.
 * - acr_values is voluntary (OpenID Connect Core 5.5.1.1): where "mfa" is requested and the rule does not reach it, a
 *   password or the default's steps are asked too, never instead of what the rule asks beyond them. If that cannot be,
 *   the rule stands, the trace says so, and the ID token tells the truth. "phr" and "phrh" are never claimed.
 *
 * A temporary pass may stand in at the account page (pass_stands_in), and only there without being named: beside push,
 * totp and recovery, and for a step with nothing left. What denies still denies. Elsewhere it counts where a rule names
 * it.
 */
enum factor { FACTOR_NONE = 0, FACTOR_PASSWORD, FACTOR_PUSH, FACTOR_TOTP, FACTOR_RECOVERY, FACTOR_PASS };
enum push_mode { MODE_NONE = 0, MODE_CONFIRM, MODE_CHOOSE, MODE_ENTER }; /* growing trust */
const char *factor_name(enum factor factor);                             /* "password", "push", … */
const char *push_mode_name(enum push_mode mode);                         /* "confirm", … */
enum factor factor_parse(const char *name);
enum push_mode push_mode_parse(const char *name);

struct ask {
	enum factor factor;
	enum push_mode mode; /* for push */
	int digits;          /* for choose and enter */
};
#define DIGITS_MIN 2
#define DIGITS_MAX 8

/* An ask as it is written, "push:enter:6"; always with its digits. */
#define ASK_TEXT_SIZE 32
const char *ask_format(const struct ask *ask, char out[ASK_TEXT_SIZE]);
struct ask_defaults {
	int choose_digits, enter_digits; /* where none are written */
};
/* E_INVALID: no such ask. */
enum status must_check ask_parse(const char *text, size_t size, const struct ask_defaults *defaults,
				 struct ask *ret_ask);

#define STEP_ASKS_MAX    6
#define POLICY_STEPS_MAX 4
struct step {
	struct ask asks[STEP_ASKS_MAX];
	size_t count;
};

struct policy; /* immutable; lives in the arena it was loaded with */

/* From the `policy` member of the configuration; mistakes become lines in `errors`. */
enum status must_check policy_load(struct arena *arena, const struct config_tree *tree, const json_t *policy,
				   int choose_digits, int enter_digits, const struct policy **ret_policy,
				   struct text *errors);

/* A proof already given, in this login or in the session it continues. */
struct proof {
	enum factor factor;
	enum push_mode mode;
	int digits;
	int64_t at;
};
#define PROOFS_MAX 8
/* E_INVALID: not what proofs_format makes; nothing is set then. */
enum status must_check proofs_parse(const char *json, struct proof ret_proofs[PROOFS_MAX], size_t *ret_count);
char *proofs_format(struct arena *arena, const struct proof *proofs, size_t count);

struct policy_input {
	const char *client_id;
	const char *client_name;
	const char *const *groups;
	size_t group_count;
	bool known_browser;
	bool ip_trusted;        /* false: the address could not be understood; counts as the stricter case */
	const char *ip;         /* or NULL */
	const char *acr_values; /* requested, or NULL */
	int caution;            /* 0, 4 or 6: the least digits of `enter` in an unknown browser */
	struct {
		bool password, device, totp, recovery, pass;
	} has;               /* what the account has; for unknown names what is drawn for them */
	bool strongest;      /* where mfa is requested and neither rule nor default reach it, whatever the account has
				is asked too: what is dangerous on the account page */
	bool pass_stands_in; /* for what is missing or lost: only at the account page, only when has.pass */
};

enum decision_outcome { DECISION_REFUSE = 0, DECISION_ASK };
/* Different for different policies: a login decided by another one than the present begins again. */
#define POLICY_MARK_SIZE 17
const char *policy_mark(const struct policy *policy);

struct decision {
	enum decision_outcome outcome;
	const char *refusal;                 /* "not_allowed" or "no_factor", when refused */
	const char *rule;                    /* the name of the rule that decided, "default" for the default */
	struct step steps[POLICY_STEPS_MAX]; /* only what the account has, caution applied */
	size_t step_count;
	const char *why_key;           /* "enter_new_browser", for translation; see why.c for the list */
	const char *why;               /* the sentence in English, for the phone, the history, the page */
	char policy[POLICY_MARK_SIZE]; /* of the policy that decided; "" in what an older version stored */
	json_t *trace;                 /* what is stored and printed; freed with the arena */
};
/*
 * The trace, a JSON object; every string in it is clean and may be shown:
 *   "outcome"    "ask", or "refuse" and then with "refusal"
 *   "rule"       the name of the one that decided
 *   "policy"     the mark of the policy that it stands in
 *   "looked_at"  [{"rule": "Wiki", "matched": false, "failed": "client is payroll, the rule wants wiki"}, …,
 *                {"rule": "Payroll", "matched": true}]; "perhaps" where an address cannot be understood
 *   "asked"      [["password"], ["push:enter:6", "totp"]]
 *   "left_out"   [{"step": 2, "factor": "totp", "because": "the account has none"}], the step as the rule counts it
 *   "caution"    0 unless it changed something
 *   "notes"      ["…"], sentences about what else changed the answer
 *   "acr"        ["mfa"], all that the ID token may say, depending on the alternatives taken
 *   "why_key", "why", and "input" with what was decided upon
 */
enum status must_check policy_evaluate(struct arena *arena, const struct policy *policy,
				       const struct policy_input *input, struct decision *ret_decision);

/*
 * The decision as stored with a login, and back: its trace with what `decision` says now in "outcome", "refusal",
 * "rule", "asked", "why_key" and "why". E_INVALID: not such a text; one that asks for nothing is none.
 */
char *decision_format(struct arena *arena, const struct decision *decision);
enum status must_check decision_parse(struct arena *arena, const char *json, struct decision *ret_decision);

/* Whether the proofs satisfy one step: the factor fits, a push has at least that mode, enter at least those digits. */
bool step_is_satisfied(const struct step *step, const struct proof *proofs, size_t count);
/*
 * The first step that is not satisfied; NULL when all are. A refusal, and zeroed memory, give a step without asks,
 * which nothing satisfies.
 */
const struct step *decision_next(const struct decision *decision, const struct proof *proofs, size_t count);

/*
 * Honest strength, from the set of factors and never from a mode: password and something possessed (push, totp,
 * recovery code) "mfa"; push alone, or with totp, "swk"; totp alone "otp"; password alone "pwd"; a recovery code alone,
 * or nothing, "0". amr per RFC 8176, a JSON array: pwd, otp, swk, mfa. A recovery code has no value of its own there:
 * it only makes "mfa". A temporary pass earns nothing at all: somebody else drew it and handed it over.
 */
const char *proofs_acr(const struct proof *proofs, size_t count);
char *proofs_amr(struct arena *arena, const struct proof *proofs, size_t count);
bool proofs_are_multi_factor(const struct proof *proofs, size_t count);

/*
 * Warnings for the operator: a rule that asks for a code before any other factor, rules that can never match,
 * push:confirm for administrators, … `rule` is its name, "default" for the default. Stops at the first status of `fn`
 * that is not OK.
 */
enum status must_check policy_lint(const struct policy *policy,
				   enum status (*fn)(const char *rule, const char *warning, void *ctx), void *ctx);

#endif
