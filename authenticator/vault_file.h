#ifndef AUTHENTICATOR_VAULT_FILE_H
#define AUTHENTICATOR_VAULT_FILE_H

#include "base/text.h"
#include "terminal.h"

/* The folder and the bytes of the vault's file; what they mean is vault.c's. */

enum { VAULT_SIZE_MAX = 4 * 1024 * 1024 };

/* $SYMBOLON_AUTHENTICATOR_DIR, else $XDG_DATA_HOME/symbolon-authenticator, else ~/.local/share/symbolon-authenticator.
 */
enum exit_code folder_find(struct arena *arena, const char **ret_folder);
/* Opens it, making it (0700) when it is not there; refuses one that others may write. Close the descriptor. */
enum exit_code folder_open(const char *folder, int *ret_fd);
/* Waits for others to finish their change; the lock ends when the descriptor is closed. */
enum exit_code folder_lock(int folder_fd, const char *folder);

/* *ret_exists false: no file. Refuses a file that is not a plain file of this user, or that others may read or write.
 */
enum exit_code vault_file_read(int folder_fd, const char *folder, struct text *bytes, bool *ret_exists);
/* All or nothing, also when the power fails: temporary file (0600), fsync, rename, fsync of the folder. */
enum exit_code vault_file_write(int folder_fd, const char *folder, const char *bytes, size_t size);
/* Writes all or returns false with errno. */
bool bytes_write(int fd, const char *bytes, size_t size);

#endif
