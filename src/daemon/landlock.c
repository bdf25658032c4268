#include "daemon/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers that this may be built with: linux/landlock.h of Linux 6.12. */
#define FS_REFER         (1ULL << 13) /* ABI 2 */
#define FS_TRUNCATE      (1ULL << 14) /* 3 */
#define FS_IOCTL_DEV     (1ULL << 15) /* 5 */
#define NET_BIND_TCP     (1ULL << 0)  /* 4 */
#define SCOPE_ABSTRACT   (1ULL << 0)  /* 6 */
#define SCOPE_SIGNAL     (1ULL << 1)  /* 6 */
#define RULE_NET_PORT    2
#define ATTRIBUTE_SIZE_1 8
#define ATTRIBUTE_SIZE_4 16
#define FS_OF_ABI_1      ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define FS_OF_SINGLE_FILE                                                                                              \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | FS_TRUNCATE |     \
	 FS_IOCTL_DEV)

struct attribute {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};
struct net_rule {
	uint64_t allowed;
	uint64_t port;
};

static uint64_t fs_handled(int abi)
{
	uint64_t handled = FS_OF_ABI_1;

	if (abi >= 2)
		handled |= FS_REFER;
	if (abi >= 3)
		handled |= FS_TRUNCATE;
	if (abi >= 5)
		handled |= FS_IOCTL_DEV;
	return handled;
}

enum status landlock_new(bool with_ports, struct landlock *ret_landlock)
{
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct attribute attribute = {0};
	size_t size = ATTRIBUTE_SIZE_1;

	if (abi < 1)
		return E_NOT_FOUND;
	attribute.fs = fs_handled((int)abi);
	if (abi >= 4) {
		attribute.net = with_ports ? NET_BIND_TCP : 0;
		size = ATTRIBUTE_SIZE_4;
	}
	if (abi >= 6) {
		attribute.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
		size = sizeof(attribute);
	}
	const long ruleset = syscall(SYS_landlock_create_ruleset, &attribute, size, 0);
	if (ruleset < 0)
		return E_IO;
	*ret_landlock = (struct landlock){.ruleset = (int)ruleset, .abi = (int)abi, .has_ports = attribute.net != 0};
	return OK;
}

static uint64_t fs_rights(unsigned rights)
{
	uint64_t access = 0;

	if (rights & LANDLOCK_READ)
		access |= LANDLOCK_ACCESS_FS_READ_FILE;
	if (rights & LANDLOCK_LIST)
		access |= LANDLOCK_ACCESS_FS_READ_DIR;
	if (rights & LANDLOCK_WRITE)
		access |= LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			  FS_TRUNCATE;
	return access;
}

enum status landlock_allow_path(const struct landlock *landlock, const char *path, unsigned rights)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = fs_rights(rights) & fs_handled(landlock->abi)};
	struct stat info;
	enum status status = OK;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? OK : E_IO;
	if (fstat(rule.parent_fd, &info) != 0)
		status = E_IO;
	else if (!S_ISDIR(info.st_mode))
		rule.allowed_access &= FS_OF_SINGLE_FILE;
	if (status == OK && rule.allowed_access &&
	    syscall(SYS_landlock_add_rule, landlock->ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		status = E_IO;
	close(rule.parent_fd);
	return status;
}

enum status landlock_allow_bind(const struct landlock *landlock, uint16_t port)
{
	const struct net_rule rule = {.allowed = NET_BIND_TCP, .port = port};

	if (!landlock->has_ports)
		return OK;
	return syscall(SYS_landlock_add_rule, landlock->ruleset, RULE_NET_PORT, &rule, 0) == 0 ? OK : E_IO;
}

enum status landlock_enforce(const struct landlock *landlock)
{
	return syscall(SYS_landlock_restrict_self, landlock->ruleset, 0) == 0 ? OK : E_IO;
}

void landlock_close(struct landlock *landlock)
{
	close(landlock->ruleset);
	landlock->ruleset = -1;
}
