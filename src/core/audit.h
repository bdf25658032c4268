#ifndef CORE_AUDIT_H
#define CORE_AUDIT_H

#include "core/core.h"

/* Append-only record, written in the transaction of what it tells. `row->at` and `row->event` are required. */
enum status must_check audit_write(struct store_tx *tx, const struct audit_row *row);

#endif
