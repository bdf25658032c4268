#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "command.h"
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

enum exit_code cmd_export(struct command *command)
{
	const json_t *codes = vault_list(command->vault, "codes"), *item;
	struct text list;
	size_t i;

	if (command->arg_count != 1)
		return complain(EXIT_BAD_USAGE, "usage", "give the name of the file to write");
	text_init(&list, VAULT_SIZE_MAX);
	json_array_foreach (codes, i, item) {
		text_add(&list, account_text(item, "uri"));
		text_add(&list, "\n");
	}
	enum exit_code code = list.failed ? complain_memory() : file_write(command, command->args[0], &list);
	text_done(&list);
	if (code != EXIT_DONE)
		return code;
	note("Warning: the file is plain. Whoever reads it can make these codes. Keys of accounts are not in it.");
	if (command->options.json)
		return print_json(json_pack("{s:I}", "exported", (json_int_t)json_array_size(codes)));
	printf("%zu exported.\n", json_array_size(codes));
	return EXIT_DONE;
}
