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

#endif
