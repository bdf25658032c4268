#include "http/static.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "http/request.h"
#include "http/response.h"

#define NAME_SIZE    128
#define DEPTH_MAX    6
#define SAFE_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

enum encoding { ENCODING_NONE, ENCODING_GZIP, ENCODING_BROTLI, ENCODING_COUNT };

struct content {
	uint8_t *bytes; /* NULL: no such form */
	size_t size;
	char etag[40];
};

struct file {
	char name[NAME_SIZE];
	const char *type;
	const char *cache;
	struct content contents[ENCODING_COUNT];
};

struct static_files {
	size_t count;
	size_t bytes;
	size_t limit;
	struct file *list;
};

static const struct {
	const char *suffix;
	const char *type;
} types[] = {
	{".html", "text/html; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".json", "application/json"},
	{".webmanifest", "application/manifest+json"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".ico", "image/x-icon"},
	{".woff2", "font/woff2"},
	{".wasm", "application/wasm"},
	{".txt", "text/plain; charset=utf-8"},
	{".map", "application/json"},
};

static const char *type_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(types); i++)
		if (text_has_suffix(name, types[i].suffix))
			return types[i].type;
	return "application/octet-stream";
}

/* "app-5XK3QZ2M.js": what the bundler puts between the last '-' and the suffix; base32 capitals or hexadecimal. */
static bool name_has_hash(const char *name)
{
	const char *dash = strrchr(name, '-');
	size_t size;

	if (!dash)
		return false;
	size = strspn(++dash, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	if (size < 8 || dash[size] != '.')
		size = strspn(dash, "abcdef0123456789");
	return size >= 8 && dash[size] == '.';
}

/* Enough to notice a change of a file of ours; nobody else chooses them. */
static void etag_format(const uint8_t *bytes, size_t size, const char *suffix, char out[40])
{
	uint64_t a = UINT64_C(14695981039346656037);
	uint64_t b = UINT64_C(0x9e3779b97f4a7c15);

	for (size_t i = 0; i < size; i++) {
		a = (a ^ bytes[i]) * UINT64_C(1099511628211);
		b = (b + bytes[i]) * UINT64_C(0xff51afd7ed558ccd);
		b ^= b >> 29;
	}
	snprintf(out, 40, "\"%016llx%08llx%s\"", (unsigned long long)a, (unsigned long long)(b >> 32), suffix);
}

static struct file *file_find(const struct static_files *files, const char *name)
{
	size_t low = 0;
	size_t high = files->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, files->list[middle].name);

		if (order == 0)
			return &files->list[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static struct file *file_add(struct static_files *files, const char *name)
{
	struct file *file;
	size_t at = files->count;

	if (files->count == STATIC_FILES_MAX)
		return NULL;
	while (at > 0 && strcmp(files->list[at - 1].name, name) > 0)
		at--;
	memmove(&files->list[at + 1], &files->list[at], (files->count - at) * sizeof(files->list[0]));
	files->count++;
	file = &files->list[at];
	memset(file, 0, sizeof(*file));
	snprintf(file->name, sizeof(file->name), "%s", name);
	file->type = type_of(name);
	file->cache = name_has_hash(name) ? "public, max-age=31536000, immutable" : "no-cache";
	return file;
}

/* Cuts ".br" or ".gz" off the name. */
static enum encoding encoding_cut(char *name)
{
	enum encoding encoding = text_has_suffix(name, ".br")   ? ENCODING_BROTLI
				 : text_has_suffix(name, ".gz") ? ENCODING_GZIP
								: ENCODING_NONE;

	if (encoding != ENCODING_NONE)
		name[strlen(name) - 3] = '\0';
	return encoding;
}

static enum status read_all(int fd, uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t count = read(fd, bytes, size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return E_IO;
		bytes += count;
		size -= (size_t)count;
	}
	return OK;
}

static enum status content_load(struct static_files *files, int fd, size_t size, struct content *content)
{
	uint8_t *bytes;
	enum status status;

	if (size > files->limit - files->bytes)
		return E_INVALID;
	bytes = malloc(size + 1);
	if (!bytes)
		return E_NOMEM;
	status = read_all(fd, bytes, size);
	if (status != OK) {
		free(bytes);
		return status;
	}
	content->bytes = bytes;
	content->size = size;
	files->bytes += size;
	return OK;
}

static enum status file_load(struct static_files *files, const char *path, int fd, size_t size)
{
	static const char *const suffixes[ENCODING_COUNT] = {"", "-gz", "-br"};
	char name[NAME_SIZE];
	enum encoding encoding;
	struct file *file;
	struct content *content;

	snprintf(name, sizeof(name), "%s", path);
	encoding = encoding_cut(name);
	file = file_find(files, name);
	if (!file)
		file = file_add(files, name);
	if (!file)
		return E_INVALID;
	content = &file->contents[encoding];
	TRY(content_load(files, fd, size, content));
	etag_format(content->bytes, content->size, suffixes[encoding], content->etag);
	return OK;
}

static enum status directory_load(struct static_files *files, int directory, const char *prefix, unsigned depth);

static enum status entry_load(struct static_files *files, int directory, const char *prefix, const char *name,
			      unsigned depth)
{
	char path[NAME_SIZE];
	struct stat info;
	enum status status;
	int fd;

	if (name[strspn(name, SAFE_LETTERS)] ||
	    (size_t)snprintf(path, sizeof(path), "%s%s", prefix, name) + 2 > sizeof(path))
		return E_INVALID;
	fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ELOOP ? OK : E_IO;
	if (fstat(fd, &info) != 0) {
		status = E_IO;
	} else if (S_ISDIR(info.st_mode)) {
		strcat(path, "/");
		return directory_load(files, fd, path, depth + 1); /* takes fd */
	} else {
		status = S_ISREG(info.st_mode) ? file_load(files, path, fd, (size_t)info.st_size) : OK;
	}
	close(fd);
	return status;
}

static enum status directory_load(struct static_files *files, int directory, const char *prefix, unsigned depth)
{
	DIR *listing = depth < DEPTH_MAX ? fdopendir(directory) : NULL;
	enum status status = OK;
	struct dirent *entry;

	if (!listing) {
		close(directory);
		return E_INVALID;
	}
	while (status == OK && (entry = readdir(listing)) != NULL)
		if (entry->d_name[0] != '.')
			status = entry_load(files, directory, prefix, entry->d_name, depth);
	closedir(listing);
	return status;
}

enum status static_files_load(const char *directory, size_t limit, struct static_files **ret_files)
{
	struct static_files *files = calloc(1, sizeof(*files));
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status status = E_NOT_FOUND;

	if (files)
		files->list = calloc(STATIC_FILES_MAX, sizeof(files->list[0]));
	if (!files || !files->list) {
		status = E_NOMEM;
		if (fd >= 0)
			close(fd);
	} else if (fd >= 0) {
		files->limit = limit;
		status = directory_load(files, fd, "", 0);
	}
	if (status == OK)
		*ret_files = files;
	else
		static_files_free(&files);
	return status;
}

void static_files_free(struct static_files **files)
{
	if (!*files)
		return;
	for (size_t i = 0; (*files)->list && i < (*files)->count; i++)
		for (unsigned k = 0; k < ENCODING_COUNT; k++)
			free((*files)->list[i].contents[k].bytes);
	free((*files)->list);
	free(*files);
	*files = NULL;
}

size_t static_files_count(const struct static_files *files)
{
	return files->count;
}

/* Whether Accept-Encoding (RFC 9110 12.5.3) names the coding with a weight above zero. */
static bool accepts(const char *header, const char *coding)
{
	size_t size = strlen(coding);

	while (*header) {
		const char *weight;

		header += strspn(header, ", \t");
		if (strncasecmp(header, coding, size) == 0 && strchr(",; \t", header[size])) {
			weight = header + size + strspn(header + size, "; \t");
			if (strncasecmp(weight, "q=", 2) != 0)
				return true;
			return weight[2 + strspn(weight + 2, "0.")] >= '1' &&
			       weight[2 + strspn(weight + 2, "0.")] <= '9';
		}
		header += strcspn(header, ",");
	}
	return false;
}

static enum encoding encoding_choose(const struct file *file, const struct request *req)
{
	const char *header = request_header(req, "Accept-Encoding");

	if (header && file->contents[ENCODING_BROTLI].bytes && accepts(header, "br"))
		return ENCODING_BROTLI;
	if (header && file->contents[ENCODING_GZIP].bytes && accepts(header, "gzip"))
		return ENCODING_GZIP;
	return ENCODING_NONE;
}

/* RFC 9110 13.1.2, weak comparison. */
static bool etag_matches(const struct request *req, const char *etag)
{
	const char *header = request_header(req, "If-None-Match");

	return header && (strcmp(header, "*") == 0 || strstr(header, etag));
}

static enum status content_answer(const struct file *file, enum encoding encoding, const struct request *req,
				  struct response *res)
{
	const struct content *content = &file->contents[encoding];

	TRY(response_header(res, "Cache-Control", file->cache));
	TRY(response_header(res, "ETag", content->etag));
	if (file->contents[ENCODING_BROTLI].bytes || file->contents[ENCODING_GZIP].bytes)
		TRY(response_header(res, "Vary", "Accept-Encoding"));
	/* also with 304: what a 304 says of the page takes the place of what the browser has kept (RFC 9111 3.2) */
	if (text_has_prefix(file->type, "text/html"))
		TRY(response_page_headers(res, NULL));
	if (etag_matches(req, content->etag)) {
		response_status(res, 304);
		return OK;
	}
	if (encoding != ENCODING_NONE)
		TRY(response_header(res, "Content-Encoding", encoding == ENCODING_BROTLI ? "br" : "gzip"));
	response_status(res, 200);
	return response_body_borrow(res, file->type, content->bytes, content->size);
}

enum status static_files_answer(const struct static_files *files, const char *name, const struct request *req,
				struct response *res)
{
	char path[NAME_SIZE];
	bool is_folder = *name == '\0' || text_has_suffix(name, "/");
	const struct file *file;

	if ((size_t)snprintf(path, sizeof(path), "%s%s", name, is_folder ? "index.html" : "") >= sizeof(path))
		return E_NOT_FOUND;
	file = file_find(files, path);
	if (!file || !file->contents[ENCODING_NONE].bytes)
		return E_NOT_FOUND;
	return content_answer(file, encoding_choose(file, req), req, res);
}
