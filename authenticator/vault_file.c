#include "vault_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char file_name[] = "authenticator.json";
static const char temporary_name[] = "authenticator.json.new";

enum exit_code folder_find(struct arena *arena, const char **ret_folder)
{
	const char *own = getenv("SYMBOLON_AUTHENTICATOR_DIR");
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	const char *folder;

	if (!text_is_empty(own))
		folder = arena_strdup(arena, own);
	else if (data && *data == '/') /* XDG: a relative one is to be ignored */
		folder = arena_format(arena, "%s/symbolon-authenticator", data);
	else if (!text_is_empty(home))
		folder = arena_format(arena, "%s/.local/share/symbolon-authenticator", home);
	else
		return complain(EXIT_TROUBLE, "no_folder", "no home folder is known; set SYMBOLON_AUTHENTICATOR_DIR");
	if (!folder)
		return complain_memory();
	*ret_folder = folder;
	return EXIT_DONE;
}

/* Makes the folder and those above it, each for this user only. */
static bool folders_make(const char *folder)
{
	char path[4096];

	if (strlen(folder) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(path, folder, strlen(folder) + 1);
	for (char *at = path + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return false;
		*at = '/';
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

enum exit_code folder_open(const char *folder, int *ret_fd)
{
	struct stat info;
	int fd = -1;

	if (folders_make(folder))
		fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &info) != 0) {
		int why = errno;
		if (fd >= 0)
			close(fd);
		return complain(EXIT_TROUBLE, "folder", "cannot use the folder %s: %s", folder, strerror(why));
	}
	if (info.st_uid != geteuid() || (info.st_mode & 022) != 0) {
		close(fd);
		return complain(EXIT_REFUSED, "permissions",
				"%s belongs to someone else or others may write to it; make it yours: chmod 700 %s",
				folder, folder);
	}
	*ret_fd = fd;
	return EXIT_DONE;
}

enum exit_code folder_lock(int folder_fd, const char *folder)
{
	while (flock(folder_fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return complain(EXIT_TROUBLE, "lock", "cannot lock %s: %s", folder, strerror(errno));
	return EXIT_DONE;
}

static enum exit_code file_check(int fd, const char *folder)
{
	struct stat info;

	if (fstat(fd, &info) != 0)
		return complain(EXIT_TROUBLE, "vault", "cannot examine %s/%s: %s", folder, file_name, strerror(errno));
	if (!S_ISREG(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 077) != 0)
		return complain(
			EXIT_REFUSED, "permissions",
			"%s/%s holds keys, and others than you may read or write it; look whether someone did, then: "
			"chmod 600 %s/%s",
			folder, file_name, folder, file_name);
	return EXIT_DONE;
}

static enum exit_code file_take(int fd, const char *folder, struct text *bytes)
{
	char part[8192];
	ssize_t size;

	while ((size = read(fd, part, sizeof(part))) > 0)
		text_add_bytes(bytes, part, (size_t)size);
	if (size < 0)
		return complain(EXIT_TROUBLE, "vault", "cannot read %s/%s: %s", folder, file_name, strerror(errno));
	if (bytes->failed)
		return complain(EXIT_TROUBLE, "vault", "%s/%s is longer than %d MiB", folder, file_name,
				VAULT_SIZE_MAX / 1024 / 1024);
	return EXIT_DONE;
}

enum exit_code vault_file_read(int folder_fd, const char *folder, struct text *bytes, bool *ret_exists)
{
	int fd = openat(folder_fd, file_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		*ret_exists = false;
		return EXIT_DONE;
	}
	if (fd < 0)
		return complain(EXIT_TROUBLE, "vault", "cannot open %s/%s: %s", folder, file_name, strerror(errno));
	enum exit_code code = file_check(fd, folder);
	if (code == EXIT_DONE)
		code = file_take(fd, folder, bytes);
	close(fd);
	if (code == EXIT_DONE)
		*ret_exists = true;
	return code;
}

bool bytes_write(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, bytes, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		bytes += written;
		size -= (size_t)written;
	}
	return true;
}

enum exit_code vault_file_write(int folder_fd, const char *folder, const char *bytes, size_t size)
{
	/* Under the folder's lock a file of this name can only be left over from a crash. */
	unlinkat(folder_fd, temporary_name, 0);
	int fd = openat(folder_fd, temporary_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool good = fd >= 0 && bytes_write(fd, bytes, size) && fsync(fd) == 0;
	int why = errno;

	if (fd >= 0 && close(fd) != 0 && good) {
		good = false;
		why = errno;
	}
	if (good) {
		good = renameat(folder_fd, temporary_name, folder_fd, file_name) == 0 && fsync(folder_fd) == 0;
		why = errno;
	}
	if (!good) {
		unlinkat(folder_fd, temporary_name, 0);
		return complain(EXIT_TROUBLE, "vault", "cannot write %s/%s: %s; what was there is unchanged", folder,
				file_name, strerror(why));
	}
	return EXIT_DONE;
}
