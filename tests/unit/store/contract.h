#ifndef TESTS_STORE_CONTRACT_H
#define TESTS_STORE_CONTRACT_H

#include "fixture.h"

/* The contract's tests, run once in memory and once on disk. Each is a transaction that checks itself. */
struct contract {
	const char *name;
	enum status (*fn)(struct store_tx *tx, void *ctx);
};

extern const struct contract contract_rows[], contract_user[], contract_login[], contract_device[], contract_session[],
	contract_record[], contract_audit[], contract_account[];
extern const size_t contract_rows_count, contract_user_count, contract_login_count, contract_device_count,
	contract_session_count, contract_record_count, contract_audit_count, contract_account_count;

#endif
