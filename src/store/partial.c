#include "store/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static enum status io_say(const char *path, char problem[256])
{
	snprintf(problem, 256, "%.150s: %s", path, strerror(errno));
	return E_IO;
}

/* Between open and lock another run may have finished the file, and then this descriptor is of the finished one. */
static bool is_still_there(int file, const char *path)
{
	struct stat mine, there;

	return fstat(file, &mine) == 0 && stat(path, &there) == 0 && mine.st_dev == there.st_dev &&
	       mine.st_ino == there.st_ino;
}

static enum status lock_take(struct partial *partial, char problem[256])
{
	const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
	struct stat mine;

	partial->lock = open(partial->under, flags, 0600);
	if (partial->lock < 0)
		return io_say(partial->under, problem);
	if (fstat(partial->lock, &mine) != 0 || !S_ISREG(mine.st_mode) || mine.st_uid != geteuid() ||
	    mine.st_nlink != 1) {
		snprintf(problem, 256, "%.200s: is there already and is not ours; look who made it", partial->under);
		return E_REFUSED;
	}
	if (flock(partial->lock, LOCK_EX | LOCK_NB) != 0 || !is_still_there(partial->lock, partial->under)) {
		snprintf(problem, 256, "%s: another run is making it at this moment", partial->under);
		return E_BUSY;
	}
	return OK;
}

static enum status leftovers_clear(const struct partial *partial, char problem[256])
{
	char journal[4200];

	snprintf(journal, sizeof(journal), "%s-journal", partial->under);
	if (unlink(journal) != 0 && errno != ENOENT)
		return io_say(journal, problem);
	if (ftruncate(partial->lock, 0) != 0 || fchmod(partial->lock, 0600) != 0)
		return io_say(partial->under, problem);
	return OK;
}

enum status partial_begin(const char *path, const char *ending, struct partial *ret_partial, char problem[256])
{
	struct partial partial = {.lock = -1};
	enum status status = E_NOMEM;

	partial.path = strdup(path);
	if (!partial.path || asprintf(&partial.under, "%s%s", path, ending) < 0) {
		free(partial.path);
		return E_NOMEM;
	}
	status = lock_take(&partial, problem);
	if (status == OK)
		status = leftovers_clear(&partial, problem);
	if (status == OK) {
		*ret_partial = partial;
		return OK;
	}
	if (partial.lock >= 0)
		close(partial.lock);
	free(partial.path);
	free(partial.under);
	return status;
}

enum status folder_sync(const char *path)
{
	char *copy = strdup(path);
	int folder = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	const bool synced = folder >= 0 && fsync(folder) == 0;

	free(copy);
	if (folder >= 0)
		close(folder);
	return synced ? OK : E_IO;
}

/* Not every file system can refuse to replace (EINVAL): there a look before must do. */
static int name_give(const struct partial *partial, bool may_replace)
{
	if (may_replace)
		return rename(partial->under, partial->path);
	if (renameat2(AT_FDCWD, partial->under, AT_FDCWD, partial->path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	if (access(partial->path, F_OK) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(partial->under, partial->path);
}

enum status partial_finish(struct partial *partial, bool may_replace, char problem[256])
{
	if (fsync(partial->lock) != 0)
		return io_say(partial->under, problem);
	if (name_give(partial, may_replace) != 0) {
		const bool is_there = errno == EEXIST;

		io_say(partial->path, problem);
		return is_there ? E_CONFLICT : E_IO;
	}
	free(partial->under);
	partial->under = NULL;
	return folder_sync(partial->path) == OK ? OK : io_say(partial->path, problem);
}

void partial_done(struct partial *partial)
{
	char journal[4200];

	if (partial->under) {
		snprintf(journal, sizeof(journal), "%s-journal", partial->under);
		unlink(partial->under);
		unlink(journal);
	}
	if (partial->lock >= 0)
		close(partial->lock);
	free(partial->under);
	free(partial->path);
	*partial = (struct partial){.lock = -1};
}
