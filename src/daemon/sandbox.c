#include "daemon/sandbox.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/landlock.h"
#include "daemon/sandbox_calls.h"
#include "keyholder/confine.h"
#include "keyholder/keyholder.h"

/* What the C library, OpenSSL and libcurl read when a name is looked up or a certificate is checked. */
static const struct {
	const char *path;
	unsigned rights;
} system_files[] = {
	{"/etc/resolv.conf", LANDLOCK_READ},
	{"/run/systemd/resolve", LANDLOCK_READ}, /* where resolv.conf often points to, and is replaced */
	{"/run/NetworkManager", LANDLOCK_READ},
	{"/run/resolvconf", LANDLOCK_READ},
	{"/etc/hosts", LANDLOCK_READ},
	{"/etc/host.conf", LANDLOCK_READ},
	{"/etc/nsswitch.conf", LANDLOCK_READ},
	{"/etc/gai.conf", LANDLOCK_READ},
	{"/etc/services", LANDLOCK_READ},
	{"/etc/protocols", LANDLOCK_READ},
	{"/etc/passwd", LANDLOCK_READ}, /* libpq: whose home */
	{"/etc/localtime", LANDLOCK_READ},
	{"/usr/share/zoneinfo", LANDLOCK_READ},
	{"/etc/ssl", LANDLOCK_READ | LANDLOCK_LIST},
	{"/etc/pki", LANDLOCK_READ | LANDLOCK_LIST},
	{"/etc/ca-certificates", LANDLOCK_READ | LANDLOCK_LIST},
	{"/usr/share/ca-certificates", LANDLOCK_READ | LANDLOCK_LIST},
	{"/usr/local/share/ca-certificates", LANDLOCK_READ | LANDLOCK_LIST},
	{"/etc/ld.so.cache", LANDLOCK_READ}, /* modules of the name service and of OpenSSL are libraries */
	{"/usr/lib", LANDLOCK_READ | LANDLOCK_LIST},
	{"/usr/lib64", LANDLOCK_READ | LANDLOCK_LIST},
	{"/lib", LANDLOCK_READ | LANDLOCK_LIST},
	{"/lib64", LANDLOCK_READ | LANDLOCK_LIST},
	{"/dev/null", LANDLOCK_READ | LANDLOCK_WRITE},
	{"/dev/urandom", LANDLOCK_READ},
	{"/proc/self", LANDLOCK_READ | LANDLOCK_LIST},
	{"/sys/devices/system/cpu", LANDLOCK_READ},
#ifdef SYMBOLON_SANITIZE
	{"/proc/self/exe", LANDLOCK_READ}, /* to name functions in what it finds */
#endif
};

/* What libpq reads again when it connects again; paths in its URL beside these in the home. */
static const char *const postgres_home[] = {".pgpass", ".pg_service.conf", ".postgresql"};
static const char *const postgres_keys[] = {"passfile=", "sslrootcert=", "sslcert=", "sslkey=", "sslcrl="};

struct plan {
	const struct settings *settings;
	struct landlock landlock;
	char key[PATH_MAX]; /* the key-encryption key's real place; "" when there is none */
};

/* ---- where the key is ---- */

static void key_find(struct plan *plan)
{
	const char *place = plan->settings->kek, *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];

	if (!text_has_prefix(place, KEK_CREDENTIAL))
		snprintf(path, sizeof(path), "%s", place);
	else
		snprintf(path, sizeof(path), "%s/%s", folder ? folder : "", place + strlen(KEK_CREDENTIAL));
	if (!realpath(path, plan->key))
		plan->key[0] = '\0';
}

/* Whether whoever reaches `path` and all below it reaches the key. */
static bool is_above_key(const struct plan *plan, const char *path)
{
	char real[PATH_MAX];
	size_t size;

	if (!plan->key[0] || !realpath(path, real))
		return false;
	size = strcmp(real, "/") == 0 ? 0 : strlen(real);
	return strncmp(plan->key, real, size) == 0 && (plan->key[size] == '/' || plan->key[size] == '\0');
}

/* ---- what may be reached ---- */

static enum status path_allow(const struct plan *plan, const char *path, unsigned rights)
{
	return is_above_key(plan, path) ? OK : landlock_allow_path(&plan->landlock, path, rights);
}

static void folder_of(const char *path, char ret_folder[PATH_MAX])
{
	char *slash;

	snprintf(ret_folder, PATH_MAX, "%s", path);
	slash = strrchr(ret_folder, '/');
	if (slash)
		slash[slash == ret_folder ? 1 : 0] = '\0';
}

/*
 * A file that may be replaced: its folder and, where it is a link, the folder it leads to; of a folder above the key
 * the file alone.
 */
static enum status file_allow(const struct plan *plan, const char *path)
{
	char real[PATH_MAX], folder[PATH_MAX];

	if (!path)
		return OK;
	folder_of(path, folder);
	TRY(path_allow(plan, path, LANDLOCK_READ));
	TRY(path_allow(plan, folder, LANDLOCK_READ));
	if (!realpath(path, real))
		return OK;
	folder_of(real, folder);
	return path_allow(plan, folder, LANDLOCK_READ);
}

static enum status system_allow(const struct plan *plan)
{
	for (size_t i = 0; i < ARRAY_COUNT(system_files); i++)
		TRY(path_allow(plan, system_files[i].path, system_files[i].rights));
	return OK;
}

/* Percent signs are rare in paths; a path with one is read before the sandbox only. */
static enum status postgres_url_allow(const struct plan *plan, const char *url)
{
	for (size_t i = 0; i < ARRAY_COUNT(postgres_keys); i++) {
		const char *value = strstr(url, postgres_keys[i]);
		char path[PATH_MAX];

		if (!value)
			continue;
		value += strlen(postgres_keys[i]);
		snprintf(path, sizeof(path), "%.*s", (int)strcspn(value, "&#"), value);
		TRY(path_allow(plan, path, LANDLOCK_READ));
	}
	return OK;
}

static enum status postgres_allow(const struct plan *plan)
{
	const char *home = getenv("HOME"), *passfile = getenv("PGPASSFILE"), *rootcert = getenv("PGSSLROOTCERT");
	char path[PATH_MAX];

	for (size_t i = 0; home && *home == '/' && i < ARRAY_COUNT(postgres_home); i++) {
		snprintf(path, sizeof(path), "%s/%s", home, postgres_home[i]);
		TRY(path_allow(plan, path, LANDLOCK_READ | LANDLOCK_LIST));
	}
	if (passfile)
		TRY(path_allow(plan, passfile, LANDLOCK_READ));
	if (rootcert)
		TRY(path_allow(plan, rootcert, LANDLOCK_READ));
	return postgres_url_allow(plan, plan->settings->database);
}

static void key_reachable_warn(const struct plan *plan, const char *folder)
{
	log_warn("sandbox.key_reachable", LOG_S("folder", folder), LOG_S("key", plan->key),
		 LOG_S("what", "the daemon must write the database's folder, and the key-encryption key is in it; move "
			       "the database or the key to a folder of its own, and name the new place in the "
			       "configuration"));
}

static enum status database_allow(const struct plan *plan)
{
	const char *file = plan->settings->database + strlen("sqlite:");
	char real[PATH_MAX], folder[PATH_MAX];

	if (!text_has_prefix(plan->settings->database, "sqlite:"))
		return postgres_allow(plan);
	if (*file != '/')
		return OK; /* in memory */
	folder_of(realpath(file, real) ? real : file, folder);
	if (is_above_key(plan, folder)) {
		key_reachable_warn(plan, folder);
		if (plan->settings->sandbox_required)
			return E_REFUSED;
	}
	return landlock_allow_path(&plan->landlock, folder, LANDLOCK_READ | LANDLOCK_LIST | LANDLOCK_WRITE);
}

/* The port of the `at`th listener, or -1; the last one is that of the metrics. */
static long port_of(const struct settings *settings, size_t at)
{
	const char *listen = at < settings->listen_count ? settings->listen[at] : settings->metrics;
	const char *colon = listen ? strrchr(listen, ':') : NULL;

	return colon ? strtol(colon + 1, NULL, 10) : -1;
}

/* A free port is known when the first loop has it, and bound again by the others: then any may be bound. */
static bool ports_are_known(const struct settings *settings)
{
	for (size_t i = 0; i <= settings->listen_count; i++)
		if (port_of(settings, i) == 0)
			return false;
	return true;
}

static enum status ports_allow(const struct plan *plan)
{
	for (size_t i = 0; i <= plan->settings->listen_count; i++)
		if (port_of(plan->settings, i) > 0)
			TRY(landlock_allow_bind(&plan->landlock, (uint16_t)port_of(plan->settings, i)));
	return OK;
}

static enum status everything_allow(const struct plan *plan)
{
	const struct settings *settings = plan->settings;

	TRY(system_allow(plan));
	TRY(database_allow(plan));
	TRY(file_allow(plan, settings->path));
	TRY(file_allow(plan, settings->tls_certificate));
	TRY(file_allow(plan, settings->tls_key));
	TRY(file_allow(plan, settings->push.ca_file));
	TRY(path_allow(plan, settings->web, LANDLOCK_READ | LANDLOCK_LIST));
	return ports_allow(plan);
}

/* ---- doing it ---- */

/* What a kernel lacks is a warning or, where it is required, the end. */
static enum status judge(bool is_required, enum status status, const char *what)
{
	if (status == OK)
		return OK;
	if (is_required) {
		log_error("sandbox.refused", LOG_S("what", what), LOG_S("status", status_name(status)),
			  LOG_S("why", "the configuration says `sandbox: required`"));
		return E_REFUSED;
	}
	log_warn("sandbox.incomplete", LOG_S("what", what), LOG_S("status", status_name(status)));
	return OK;
}

static enum status files_restrict(const struct settings *settings)
{
	struct plan plan = {.settings = settings};
	enum status status;

	key_find(&plan);
	TRY(landlock_new(ports_are_known(settings), &plan.landlock));
	status = everything_allow(&plan);
	if (status == OK)
		status = landlock_enforce(&plan.landlock);
	landlock_close(&plan.landlock);
	return status;
}

static bool is_one_thread(void)
{
#ifdef SYMBOLON_SANITIZE
	return true; /* a sanitizer may have one of its own */
#else
	struct stat info;

	return stat("/proc/self/task", &info) == 0 && info.st_nlink == 3;
#endif
}

enum status sandbox_daemon_enter(const struct settings *settings)
{
	if (!is_one_thread())
		return E_CONFLICT;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return judge(settings->sandbox_required, E_IO, "no new privileges");
	TRY(judge(settings->sandbox_required, files_restrict(settings), "Landlock: files and ports"));
	return judge(settings->sandbox_required, sandbox_calls_no_programs(), "seccomp: system calls");
}

enum status sandbox_daemon_listening(const struct settings *settings)
{
	return judge(settings->sandbox_required, sandbox_calls_no_listeners(), "seccomp: listening");
}

enum status sandbox_keyholder(bool is_required)
{
	return judge(is_required, keyholder_confine(), "seccomp: the keyholder's system calls");
}

void sandbox_supervisor(void)
{
	enum status status = E_IO;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		status = sandbox_calls_never();
	if (status != OK)
		log_warn("sandbox.incomplete", LOG_S("what", "seccomp: the supervisor's system calls"),
			 LOG_S("status", status_name(status)));
}
