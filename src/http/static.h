#ifndef HTTP_STATIC_H
#define HTTP_STATIC_H

#include <stddef.h>

#include "base/status.h"

struct request;
struct response;

/*
 * The files of a directory, read into memory once: an answer is a look-up in a table, so no path can lead out of it.
 * `name.br` and `name.gz` beside `name` are its pre-compressed forms. Hidden files and symbolic links are
 * passed over.
 *
 * Names that carry a hash of their content ("app-5XK3QZ2M.js") are cached for a year as immutable; others are
 * revalidated by their ETag each time.
 */
struct static_files;

#define STATIC_FILES_MAX 512

/*
 * E_NOT_FOUND   no such directory
 * E_INVALID     a name with anything but letters, digits, "-_./", more than STATIC_FILES_MAX files, or more than
 *               `limit` bytes together
 * E_IO, E_NOMEM
 */
enum status must_check static_files_load(const char *directory, size_t limit, struct static_files **ret_files);
void static_files_free(struct static_files **files);
size_t static_files_count(const struct static_files *files);

/*
 * Answers with the file `name` ("signin/app.js"; "signin/" means "signin/index.html"); 304 when the ETag of
 * If-None-Match is still right. The bytes are borrowed: the files outlive the server. HTML carries the page policy.
 * E_NOT_FOUND: no such file; the response is untouched.
 */
enum status must_check static_files_answer(const struct static_files *files, const char *name,
					   const struct request *req, struct response *res);

#endif
