#include "keyholder/kek.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/random.h"
#include "base/secret.h"
#include "keyholder/keyholder.h"

enum { KEK_SIZE = 32, TEXT_SIZE = BASE64URL_SIZE(KEK_SIZE), FILE_SIZE = TEXT_SIZE + 1, PATH_SIZE_MAX = 4096 };

static enum status refuse(char problem[KEK_PROBLEM_SIZE], enum status status, const char *path, const char *what)
{
	snprintf(problem, KEK_PROBLEM_SIZE, "%.110s: %s", path, what);
	return status;
}

/*
 * systemd gives a credential to the service's user alone: as a file of mode 0400 that it owns, or as one of root's with
 * an access list, whose mask then shows as the group's bits.
 */
static bool credential_is_private(const struct stat *stat)
{
	return (stat->st_uid == geteuid() && (stat->st_mode & 077) == 0) ||
	       (stat->st_uid == 0 && (stat->st_mode & 037) == 0);
}

static enum status file_check(int file, const char *path, bool is_credential, char problem[KEK_PROBLEM_SIZE])
{
	struct stat stat;

	if (fstat(file, &stat) != 0)
		return refuse(problem, E_IO, path, strerror(errno));
	if (!S_ISREG(stat.st_mode))
		return refuse(problem, E_REFUSED, path, "the key file is not a regular file");
	if (is_credential)
		return credential_is_private(&stat)
			       ? OK
			       : refuse(problem, E_REFUSED, path, "others may read this credential");
	if (stat.st_uid != geteuid())
		return refuse(problem, E_REFUSED, path,
			      "the key file belongs to another user: chown it to the one who runs this");
	if (stat.st_mode & 077)
		return refuse(problem, E_REFUSED, path, "others may read the key file: chmod 600 it");
	return OK;
}

static enum status file_read(int file, uint8_t ret_kek[KEK_SIZE])
{
	char text[FILE_SIZE + 1];
	uint8_t kek[KEK_SIZE];
	ssize_t size = read(file, text, sizeof(text));
	size_t kek_size = 0;

	if (size < 0)
		return E_IO;
	if (size == FILE_SIZE && text[TEXT_SIZE] == '\n')
		size = TEXT_SIZE;
	enum status status = base64url_parse(text, (size_t)size, kek, sizeof(kek), &kek_size);
	if (status == OK && kek_size == KEK_SIZE)
		memcpy(ret_kek, kek, KEK_SIZE);
	else
		status = E_INVALID;
	secret_zero(text, sizeof(text));
	secret_zero(kek, sizeof(kek));
	return status;
}

/* The file of "credential:NAME". */
static enum status credential_find(const char *name, char ret_path[PATH_SIZE_MAX], char problem[KEK_PROBLEM_SIZE])
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (!*name || strchr(name, '/') || name[0] == '.')
		return refuse(problem, E_INVALID, name, "this is not a name of a credential");
	if (!folder || *folder != '/')
		return refuse(problem, E_NOT_FOUND, name,
			      "no credentials were given ($CREDENTIALS_DIRECTORY is not set): run this by systemd with "
			      "LoadCredential=, or name a file");
	if (snprintf(ret_path, PATH_SIZE_MAX, "%s/%s", folder, name) >= PATH_SIZE_MAX)
		return refuse(problem, E_INVALID, name, "the path is too long");
	return OK;
}

enum status kek_load(const char *place, uint8_t ret_kek[32], char problem[KEK_PROBLEM_SIZE])
{
	const bool is_credential = strncmp(place, KEK_CREDENTIAL, strlen(KEK_CREDENTIAL)) == 0;
	char credential[PATH_SIZE_MAX];

	if (is_credential)
		TRY(credential_find(place + strlen(KEK_CREDENTIAL), credential, problem));
	const char *path = is_credential ? credential : place;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a FIFO must not make us wait */

	if (file < 0)
		return refuse(problem, errno == ENOENT ? E_NOT_FOUND : E_IO, path, strerror(errno));
	enum status status = file_check(file, path, is_credential, problem);
	if (status == OK) {
		status = file_read(file, ret_kek);
		if (status == E_INVALID)
			status = refuse(problem, E_INVALID, path,
					"this is not a key file: 43 characters of base64url and a newline");
		else if (status != OK)
			status = refuse(problem, status, path, "the key file cannot be read");
	}
	close(file);
	return status;
}

/* So that the name survives a power cut, too. */
static bool folder_sync(const char *path)
{
	char copy[PATH_SIZE_MAX];

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return false;
	int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return false;
	bool synced = fsync(folder) == 0;
	close(folder);
	return synced;
}

static bool file_fill(int file)
{
	uint8_t kek[KEK_SIZE];
	char text[FILE_SIZE + 1];

	random_fill(&random_system, kek, sizeof(kek));
	base64url_format(kek, sizeof(kek), text);
	text[TEXT_SIZE] = '\n';
	bool filled = write(file, text, FILE_SIZE) == FILE_SIZE && fsync(file) == 0;
	secret_zero(kek, sizeof(kek));
	secret_zero(text, sizeof(text));
	return filled;
}

enum status keyholder_init_kek(const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (file < 0)
		return errno == EEXIST ? E_CONFLICT : E_IO;
	bool done = file_fill(file);
	done = close(file) == 0 && done;
	if (done && folder_sync(path))
		return OK;
	unlink(path);
	return E_IO;
}
