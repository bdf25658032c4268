/*
 * YAML, and the checker over what came of it: errors are whole, displayable lines with the file's name, at most twenty,
 * and there are errors exactly when the status says so.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"

/* Every keyword of the subset. */
static const char schema_text[] =
	"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"issuer\"],\"properties\":{"
	"\"issuer\":{\"type\":\"string\",\"format\":\"uri\",\"minLength\":3,\"maxLength\":200,\"description\":\"an "
	"address\"},"
	"\"ttl\":{\"type\":[\"string\",\"integer\"],\"format\":\"duration\"},"
	"\"workers\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":64,\"default\":4},"
	"\"name\":{\"type\":\"string\",\"pattern\":\"^[a-z][a-z0-9-]*$\"},"
	"\"open\":{\"type\":\"boolean\"},"
	"\"version\":{\"const\":1},"
	"\"labels\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}},"
	"\"rules\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":50,\"items\":{\"$ref\":\"#/$defs/rule\"}}},"
	"\"$defs\":{\"rule\":{\"oneOf\":[{\"enum\":[\"allow\",\"deny\"]},"
	"{\"type\":\"object\",\"required\":[\"kind\",\"all\"],\"additionalProperties\":false,\"properties\":"
	"{\"kind\":{\"const\":\"all\"},\"all\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/rule\"}}}},"
	"{\"type\":\"object\",\"required\":[\"kind\",\"any\"],\"additionalProperties\":false,\"properties\":"
	"{\"kind\":{\"const\":\"any\"},\"any\":{\"anyOf\":[{\"type\":\"null\"},"
	"{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/rule\"}}]}}}]}}}";

static void demand(int holds)
{
	if (!holds)
		abort();
}

static void check_errors(const struct text *errors, enum status status)
{
	size_t lines = 0;

	demand(status == OK || status == E_INVALID);
	demand((errors->size == 0) == (status == OK));
	for (const char *line = errors->data; line && *line; lines++) {
		const char *end = strchr(line, '\n');
		char *copy;

		demand(end != NULL && text_has_prefix(line, "f.yaml:"));
		copy = strndup(line, (size_t)(end - line));
		demand(copy && text_is_displayable(copy));
		free(copy);
		line = end + 1;
	}
	demand(lines <= CONFIG_MAX_ERRORS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static json_t *schema;
	struct config_tree *tree = NULL;
	struct text errors;
	enum status status;

	if (!schema)
		schema = json_loads(schema_text, 0, NULL);
	demand(schema != NULL);
	text_init(&errors, 1 << 20);
	status = config_parse("f.yaml", (const char *)data, size, &tree, &errors);
	check_errors(&errors, status);
	demand((tree != NULL) == (status == OK));
	if (tree) {
		check_errors(&errors, config_check(tree, schema, &errors));
		demand(text_has_prefix(config_where(tree, config_root(tree)), "f.yaml"));
	}
	config_free(&tree);
	text_done(&errors);
	return 0;
}
