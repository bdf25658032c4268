#include "core/audit.h"

#include <assert.h>

enum status audit_write(struct store_tx *tx, const struct audit_row *row)
{
	assert(row->event && row->at > 0);
	return store_audit_insert(tx, row);
}
