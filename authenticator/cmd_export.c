#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/text.h"
#include "command.h"
#include "exchange.h"
#include "vault_file.h"

/* A new file, or with --force the old one made private before it is emptied. */
static int file_open(const char *path, bool force)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (force ? 0 : O_EXCL), 0600);

	if (fd >= 0 && (fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static enum exit_code file_write(struct command *command, const char *path, const struct text *list)
{
	const char *name = shown(command->arena, path);
	int fd = file_open(path, command->options.force);

	if (fd < 0 && errno == EEXIST)
		return complain(EXIT_REFUSED, "exists",
				"%s is there already; choose another name, or --force to overwrite it", name);
	bool good = fd >= 0 && bytes_write(fd, list->data ? list->data : "", list->size) && fsync(fd) == 0;
	int why = errno;
	if (fd >= 0)
		close(fd);
	return good ? EXIT_DONE : complain(EXIT_TROUBLE, "file", "cannot write %s: %s", name, strerror(why));
}

/* ---- the formats ---- */

static enum exit_code list_make(struct command *command, struct text *out)
{
	const json_t *item;
	size_t i;

	json_array_foreach (vault_list(command->vault, "codes"), i, item) {
		text_add(out, account_text(item, "uri"));
		text_add(out, "\n");
	}
	return EXIT_DONE;
}

static enum exit_code document_write(const json_t *document, struct text *out)
{
	scoped_arena *arena = arena_new(4 * VAULT_SIZE_MAX);
	const char *text = document ? json_format(arena, document) : NULL;

	if (!text)
		return complain_memory();
	text_add(out, text);
	text_add(out, "\n");
	return EXIT_DONE;
}

static enum exit_code plain_make(struct command *command, struct text *out)
{
	scoped_json *document = exchange_new(vault_list(command->vault, "codes"), clock_now());

	return document_write(document, out);
}

static enum exit_code encrypted_make(struct command *command, struct text *out)
{
	scoped_json *document = exchange_new(vault_list(command->vault, "codes"), clock_now()), *sealed = NULL;
	char passphrase[PASSPHRASE_MAX + 1];
	enum exit_code code = passphrase_read_new_for(command->options.passphrase_file, passphrase);

	if (code != EXIT_DONE)
		return code;
	enum status status = document ? exchange_seal(document, passphrase, clock_now(), &sealed) : E_NOMEM;
	secret_zero(passphrase, sizeof(passphrase));
	return status == OK ? document_write(sealed, out) : complain_memory();
}

static const struct format {
	const char *name;
	enum exit_code (*make)(struct command *command, struct text *out);
	bool plain;
} formats[] = {{"otpauth", list_make, true}, {"plain", plain_make, true}, {"encrypted", encrypted_make, false}};

static const struct format *format_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

enum exit_code cmd_export(struct command *command)
{
	const char *name = command->options.format;
	const struct format *format = format_find(name ? name : "otpauth");
	size_t count = json_array_size(vault_list(command->vault, "codes"));
	struct text bytes;

	if (command->arg_count != 1)
		return complain(EXIT_BAD_USAGE, "usage", "give the name of the file to write");
	if (!format)
		return complain(EXIT_BAD_USAGE, "usage", "--format is otpauth, plain or encrypted");
	text_init(&bytes, 2 * VAULT_SIZE_MAX);
	enum exit_code code = format->make(command, &bytes);
	if (code == EXIT_DONE)
		code = bytes.failed ? complain_memory() : file_write(command, command->args[0], &bytes);
	text_done(&bytes);
	if (code != EXIT_DONE)
		return code;
	if (format->plain)
		note("Warning: the file is plain. Whoever reads it can make these codes. Keys of accounts are not in "
		     "it.");
	if (command->options.json)
		return print_json(json_pack("{s:I}", "exported", (json_int_t)count));
	printf("%zu exported.\n", count);
	return EXIT_DONE;
}
