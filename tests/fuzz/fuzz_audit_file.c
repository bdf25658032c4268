/*
 * Files that people bring: a receipt, or heads kept outside. What is taken as a receipt reads byte for byte as it would
 * be written, and only the one that was signed is valid: nobody here has its key.
 */
#include <stdlib.h>
#include <string.h>

#include "core/audit_verify.h"
#include "core/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The key of seeds/audit_file/receipt.json, made for it and thrown away. */
#define SEED_KEY "ZghbznWXJjxkvph11qEyQFE8A2NYgg-m1paJMa_lBuo"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void receipt_try(const char *text, size_t size)
{
	scoped_arena *arena = arena_new(4 << 20);
	struct audit_row row;
	struct receipt receipt;
	const char *problem = NULL;
	char *again = NULL;
	enum status status = receipt_parse(arena, text, size, &row, &problem);

	must(status == OK || problem);
	if (status != OK)
		return;
	must(receipt_format(arena, &row, &again) == OK && strlen(again) == size && memcmp(again, text, size) == 0);
	problem = NULL;
	status = receipt_check(arena, &row, &receipt, &problem);
	must(status == OK || problem);
	must(status != OK || (receipt.shown && receipt.decision && strcmp(receipt.thumbprint, SEED_KEY) == 0));
}

static void heads_try(const char *text, size_t size)
{
	scoped_arena *arena = arena_new(4 << 20);
	struct audit_heads heads = {0};
	const char *problem = NULL;
	enum status status = audit_heads_parse(arena, text, size, &heads, &problem);

	must(status == OK || problem);
	if (status != OK)
		return;
	must(heads.count <= AUDIT_HEADS_MAX);
	for (size_t i = 0; i < heads.count; i++)
		must(heads.heads[i].chain && *heads.heads[i].head_kid &&
		     heads.heads[i].head_seq >= heads.heads[i].base_seq && heads.heads[i].base_seq >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	receipt_try((const char *)data, size);
	heads_try((const char *)data, size);
	return 0;
}
