#ifndef CORE_AUDIT_INTERNAL_H
#define CORE_AUDIT_INTERNAL_H

#include "core/audit.h"

/* Of the files audit_*.c. */

/* Every chain that there is a trace of, each with its own arena; stops at the first status that is not OK. */
struct audit_each {
	enum status (*fn)(const struct core *core, struct arena *arena, const char *chain, void *ctx);
	void *ctx;
};
enum status must_check audit_chain_each(const struct core *core, const struct audit_each *each);

/* The chain's own row, its newest place, and where its head and base point: one snapshot. */
struct audit_chain_state {
	struct chain_row row;
	struct audit_place newest;  /* the base when there is no row */
	struct audit_place at_head; /* what stands where the head points; the base when that is the head */
};
/* E_NOT_FOUND: the chain has no row of its own. */
enum status must_check audit_chain_load(const struct core *core, struct arena *arena, const char *chain,
					struct audit_chain_state *ret_state);
/* E_REFUSED: the row was changed, or what it points to is not there. A chain without a MAC so far has nothing to fit.
 */
enum status must_check audit_chain_trust(const struct core *core, struct arena *arena,
					 const struct audit_chain_state *state);

/* The key of this name that MACs were made with; nearly always the present one. E_REFUSED: there is none. */
enum status must_check audit_key_find(const struct core *core, struct arena *arena, const char *kid,
				      struct sealed_key *ret_key);

/*
 * The list of all chains that have a MAC, under a MAC itself: whoever takes a chain away, or begins one anew under its
 * name, contradicts it. Made with the keys, so that one that is missing was taken away.
 */
struct audit_roll {
	const char *whole; /* as stored */
	const char *names; /* a line each */
};
/* E_REFUSED: it is not there, or was changed. */
enum status must_check audit_roll_load(const struct core *core, struct arena *arena, struct audit_roll *ret_roll);
bool audit_roll_has(const struct audit_roll *roll, const char *chain);
enum status must_check audit_roll_each(const struct audit_roll *roll, struct arena *arena,
				       enum status (*fn)(const char *chain, void *ctx), void *ctx);
/* Tells of each chain that the list and the chains do not agree on, and of a list that proves nothing (chain ""). */
enum status must_check audit_roll_check(const struct core *core,
					void (*tell)(const char *chain, const char *what, void *ctx), void *ctx);
/* What is to be stored for one chain more. */
enum status must_check audit_roll_add(const struct core *core, struct arena *arena, const struct audit_roll *roll,
				      const char *chain, char **ret_roll);

#endif
