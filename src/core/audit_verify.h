#ifndef CORE_AUDIT_VERIFY_H
#define CORE_AUDIT_VERIFY_H

#include "core/audit.h"

/*
 * Heads kept outside: one JSON file, which `symbolon audit head` prints.
 *
 *   {"format": "symbolon-audit-heads-v1", "issuer": "https://…", "at": 1790000000, "heads": [{"chain": "node/daemon",
 *    "base_seq": 0, "base_hash": "hex", "seq": 812, "hash": "hex", "at": 1790000000, "kid": "…", "mac": "hex"}]}
 */
enum { AUDIT_HEADS_MAX = 1024, AUDIT_HEADS_SIZE_MAX = 1 << 20 };
struct audit_heads {
	struct chain_row *heads;
	size_t count;
};
/* E_INVALID: `problem` says what is wrong. */
enum status must_check audit_heads_parse(struct arena *arena, const char *text, size_t size,
					 struct audit_heads *ret_heads, const char **ret_problem);
/* All heads under a MAC, as that file. */
enum status must_check audit_heads_format(const struct core *core, struct arena *arena, int64_t now, char **ret_text);

/* One thing that is not as it was written. `seq` 0: the chain as a whole. */
struct audit_finding {
	const char *chain;
	int64_t seq;
	int64_t at;       /* of the row, or 0 */
	const char *what; /* "row … " */
};
struct audit_chain_report {
	const char *chain;
	int64_t first_seq, last_seq; /* what is there; 0 when nothing is */
	int64_t rows, erased;
	int64_t young;   /* after the last MAC */
	int64_t head_at; /* of the last MAC, 0: there was none yet */
	size_t findings;
};
struct audit_listener {
	void (*finding)(const struct audit_finding *finding, void *ctx);
	void (*chain)(const struct audit_chain_report *report, void *ctx);
	void *ctx;
};
struct audit_report {
	size_t chains, findings;
	int64_t rows, erased, young, unchained;
};

/*
 * Walks every chain, a page at a time: bounded memory, and nobody waits. `outside` may be NULL. OK whatever is found;
 * the log is whole when there are no findings. After a finding the walk goes on with the row as it stands, so each is
 * told once.
 */
enum status must_check audit_verify(const struct core *core, const struct audit_heads *outside,
				    const struct audit_listener *listener, struct audit_report *ret_report);

#endif
