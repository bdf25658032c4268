#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pthread.h>
#include <sqlite3.h>

enum { FILES = 2, PATH_SIZE = 256 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* ---- what is on the disk, and what only the machine remembers ---- */

struct unsynced {
	struct unsynced *next;
	sqlite3_int64 at; /* a truncation: data is NULL, the new size is `at` */
	size_t size;
	uint8_t *data;
};

struct remembered {
	char path[PATH_SIZE];
	uint8_t *synced;
	size_t size;
	struct unsynced *first, **last;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct remembered files[FILES]; /* the database and its log; path "": nothing is remembered */

static uint8_t *file_read(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = NULL;
	long size = 0;

	if (file) {
		must(fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0);
		rewind(file);
		bytes = malloc((size_t)size + 1);
		must(bytes && fread(bytes, 1, (size_t)size, file) == (size_t)size);
		fclose(file);
	}
	*ret_size = (size_t)size;
	return bytes;
}

static void file_write(const char *path, const uint8_t *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	must(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

void file_copy(const char *from, const char *to)
{
	size_t size;
	uint8_t *bytes = file_read(from, &size);

	if (bytes)
		file_write(to, bytes, size);
	else
		unlink(to);
	free(bytes);
}

static struct remembered *remembered_find(const char *path)
{
	for (size_t i = 0; path && i < FILES; i++)
		if (*files[i].path && strcmp(files[i].path, path) == 0)
			return &files[i];
	return NULL;
}

void disk_remember(const char *path)
{
	static const char *const endings[FILES] = {"", "-wal"};

	disk_forget();
	for (size_t i = 0; i < FILES; i++) {
		snprintf(files[i].path, PATH_SIZE, "%s%s", path, endings[i]);
		files[i].synced = file_read(files[i].path, &files[i].size);
		files[i].last = &files[i].first;
	}
}

static void unsynced_free(struct remembered *file)
{
	while (file->first) {
		struct unsynced *gone = file->first;

		file->first = gone->next;
		free(gone->data);
		free(gone);
	}
	file->last = &file->first;
}

void disk_forget(void)
{
	for (size_t i = 0; i < FILES; i++) {
		unsynced_free(&files[i]);
		free(files[i].synced);
		files[i] = (struct remembered){0};
	}
}

static void remember(const char *path, const void *data, size_t size, sqlite3_int64 at)
{
	struct remembered *file;

	pthread_mutex_lock(&lock);
	file = remembered_find(path);
	if (file) {
		struct unsynced *change = calloc(1, sizeof(*change));

		must(change != NULL);
		*change = (struct unsynced){.at = at, .size = size, .data = data ? malloc(size + 1) : NULL};
		if (data)
			memcpy(change->data, data, size);
		*file->last = change;
		file->last = &change->next;
	}
	pthread_mutex_unlock(&lock);
}

/* `size` bytes of the change reach the image. */
static void change_apply(const struct unsynced *change, size_t size, uint8_t **image, size_t *image_size)
{
	const size_t end = (size_t)change->at + (change->data ? size : 0);

	if (end > *image_size) {
		*image = realloc(*image, end + 1);
		must(*image != NULL);
		memset(*image + *image_size, 0, end - *image_size);
		*image_size = end;
	}
	if (change->data)
		memcpy(*image + change->at, change->data, size);
	else
		*image_size = end;
}

static void synced(const char *path)
{
	struct remembered *file;

	pthread_mutex_lock(&lock);
	file = remembered_find(path);
	for (const struct unsynced *change = file ? file->first : NULL; change; change = change->next)
		change_apply(change, change->size, &file->synced, &file->size);
	if (file)
		unsynced_free(file);
	pthread_mutex_unlock(&lock);
}

static uint64_t draw_next(uint64_t *draw)
{
	*draw ^= *draw << 13;
	*draw ^= *draw >> 7;
	return *draw ^= *draw << 17;
}

static void image_write(const struct remembered *file, const char *to, uint64_t *draw)
{
	size_t size = file->size;
	uint8_t *image = malloc(size + 1);

	must(image != NULL);
	if (size)
		memcpy(image, file->synced, size);
	for (const struct unsynced *change = file->first; change; change = change->next)
		if (draw_next(draw) % 2)
			change_apply(change,
				     change->next || !change->size ? change->size : draw_next(draw) % change->size,
				     &image, &size);
	file_write(to, image, size);
	free(image);
}

void disk_image(const char *to, uint64_t draw)
{
	char path[PATH_SIZE];

	draw |= 1;
	pthread_mutex_lock(&lock);
	image_write(&files[0], to, &draw);
	snprintf(path, sizeof(path), "%s-wal", to);
	image_write(&files[1], path, &draw);
	pthread_mutex_unlock(&lock);
}

/* ---- the shim ---- */

struct shim_file {
	sqlite3_file base;
	const char *path;
	sqlite3_file real[]; /* as large as the real VFS says */
};

static sqlite3_vfs shim, *real_vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct shim_file *)file)->real;
}
#define REAL(file_, method_, ...) (real_of(file_)->pMethods->method_(real_of(file_), ##__VA_ARGS__))

static int shim_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
	const char *path = ((struct shim_file *)file)->path;
	const int half = size / 2;
	int code;

	if (fault_strikes(OP_WRITE)) {
		const enum fault_kind kind = fault_kind_now();

		if (kind == FAULT_WRITE || kind == FAULT_POWER)
			return SQLITE_IOERR_WRITE;
		if (REAL(file, xWrite, data, half, at) == SQLITE_OK)
			remember(path, data, (size_t)half, at);
		return kind == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
	}
	code = REAL(file, xWrite, data, size, at);
	if (code == SQLITE_OK)
		remember(path, data, (size_t)size, at);
	return code;
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int code = fault_strikes(OP_WRITE) ? SQLITE_IOERR_TRUNCATE : REAL(file, xTruncate, size);

	if (code == SQLITE_OK)
		remember(((struct shim_file *)file)->path, NULL, 0, size);
	return code;
}

static int shim_sync(sqlite3_file *file, int flags)
{
	int code = fault_strikes(OP_SYNC) ? SQLITE_IOERR_FSYNC : REAL(file, xSync, flags);

	if (code == SQLITE_OK)
		synced(((struct shim_file *)file)->path);
	return code;
}

static int shim_read(sqlite3_file *file, void *data, int size, sqlite3_int64 at)
{
	return fault_strikes(OP_READ) ? SQLITE_IOERR_READ : REAL(file, xRead, data, size, at);
}

static int shim_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret)
{
	return fault_strikes(OP_SHM) ? SQLITE_IOERR_SHMMAP : REAL(file, xShmMap, page, size, extend, ret);
}

static int shim_close(sqlite3_file *file)
{
	return REAL(file, xClose);
}
static int shim_file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	return REAL(file, xFileSize, ret_size);
}
static int shim_lock(sqlite3_file *file, int level)
{
	return REAL(file, xLock, level);
}
static int shim_unlock(sqlite3_file *file, int level)
{
	return REAL(file, xUnlock, level);
}
static int shim_check_lock(sqlite3_file *file, int *ret)
{
	return REAL(file, xCheckReservedLock, ret);
}
static int shim_control(sqlite3_file *file, int op, void *arg)
{
	return REAL(file, xFileControl, op, arg);
}
static int shim_sector(sqlite3_file *file)
{
	return REAL(file, xSectorSize);
}
static int shim_traits(sqlite3_file *file)
{
	/* No promise of the real disk is believed: power may be lost in the middle of a sector. */
	return REAL(file, xDeviceCharacteristics) & ~SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}
static int shim_shm_lock(sqlite3_file *file, int at, int count, int flags)
{
	return REAL(file, xShmLock, at, count, flags);
}
static void shim_shm_barrier(sqlite3_file *file)
{
	REAL(file, xShmBarrier);
}
static int shim_shm_unmap(sqlite3_file *file, int remove)
{
	return REAL(file, xShmUnmap, remove);
}
static int shim_fetch(sqlite3_file *file, sqlite3_int64 at, int size, void **ret)
{
	return REAL(file, xFetch, at, size, ret);
}
static int shim_unfetch(sqlite3_file *file, sqlite3_int64 at, void *data)
{
	return REAL(file, xUnfetch, at, data);
}

static const sqlite3_io_methods methods = {
	.iVersion = 3,
	.xClose = shim_close,
	.xRead = shim_read,
	.xWrite = shim_write,
	.xTruncate = shim_truncate,
	.xSync = shim_sync,
	.xFileSize = shim_file_size,
	.xLock = shim_lock,
	.xUnlock = shim_unlock,
	.xCheckReservedLock = shim_check_lock,
	.xFileControl = shim_control,
	.xSectorSize = shim_sector,
	.xDeviceCharacteristics = shim_traits,
	.xShmMap = shim_shm_map,
	.xShmLock = shim_shm_lock,
	.xShmBarrier = shim_shm_barrier,
	.xShmUnmap = shim_shm_unmap,
	.xFetch = shim_fetch,
	.xUnfetch = shim_unfetch,
};

static int shim_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *ret_flags)
{
	struct shim_file *mine = (struct shim_file *)file;
	int code = SQLITE_CANTOPEN;

	(void)vfs;
	*mine = (struct shim_file){.path = path}; /* SQLite keeps it until xClose */
	if (!fault_strikes(OP_OPEN))
		code = real_vfs->xOpen(real_vfs, path, mine->real, flags, ret_flags);
	if (code == SQLITE_OK)
		mine->base.pMethods = &methods;
	return code;
}

void disk_shim(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	must(real_vfs != NULL);
	shim = *real_vfs; /* its other functions look only at what is copied */
	shim.zName = "faults";
	shim.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
	shim.xOpen = shim_open;
	must(sqlite3_vfs_register(&shim, 1) == SQLITE_OK);
}
