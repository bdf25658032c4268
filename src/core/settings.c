#include "core/settings_read.h"

#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/network.h"
#include "core/policy.h"
#include "keyholder/keyholder.h"
#include "store/store.h"

#define PATH_SIZE 4096
#define CORES_MAX 64
#define NODE_MAX  64

static const char node_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

/* ---- numbers ---- */

enum width { WIDTH_UNSIGNED, WIDTH_INT64 };

#define COUNT(section, key, member)                                                                                    \
	{                                                                                                              \
		{section, key}, WIDTH_UNSIGNED, offsetof(struct settings, member)                                      \
	}
#define TIME(section, key, member)                                                                                     \
	{                                                                                                              \
		{section, key}, WIDTH_INT64, offsetof(struct settings, member)                                         \
	}
static const struct {
	struct name name;
	enum width width;
	size_t offset;
} numbers[] = {
	COUNT("threads", "loops", loops),
	COUNT("threads", "database", database_connections),
	COUNT("threads", "workers", workers),
	COUNT("threads", "hashers", hashers),
	COUNT("threads", "hash_queue", hash_queue),
	COUNT("password", "memory_kib", password.memory_kib),
	COUNT("password", "passes", password.passes),
	COUNT("password", "lanes", password.lanes),
	TIME("session", "idle", session.idle_s),
	TIME("session", "absolute", session.absolute_s),
	TIME("life", "login", life.login_s),
	TIME("life", "challenge", life.challenge_s),
	TIME("life", "code", life.code_s),
	TIME("life", "access_token", life.access_token_s),
	TIME("life", "id_token", life.id_token_s),
	TIME("life", "enrolment", life.enrolment_s),
	TIME("life", "known_browser", life.known_browser_s),
	TIME("audit", "keep", audit_keep_s),
	COUNT("budget", "window_pushes", budget.window_pushes),
	TIME("budget", "window", budget.window_s),
	COUNT("budget", "pushes", budget.pushes),
	COUNT("budget", "code_failures", budget.code_failures),
	TIME("budget", "code_failures_window", budget.code_failures_s),
	COUNT("budget", "code_failures_month", budget.code_failures_month),
	COUNT("budget", "password_spray", budget.password_spray),
	COUNT("totp", "window", totp_window),
	TIME("push", "timeout", push.timeout_s),
	COUNT("push", "choose_digits", choose_digits),
	COUNT("push", "enter_digits", enter_digits),
};

static void numbers_read(struct reader *reader, struct settings *settings)
{
	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
		char *member = (char *)settings + numbers[i].offset;
		int64_t value = reader_number(reader, &numbers[i].name);
		unsigned small = (unsigned)value;

		if (numbers[i].width == WIDTH_INT64)
			memcpy(member, &value, sizeof(value));
		else
			memcpy(member, &small, sizeof(small));
	}
}

static void numbers_compare(struct reader *reader, const struct settings *settings)
{
	if (settings->session.absolute_s < settings->session.idle_s)
		reader_mistake(reader, &(struct name){"session", "absolute"}, "must not be shorter than session.idle");
	if (settings->life.login_s < settings->life.challenge_s)
		reader_mistake(reader, &(struct name){"life", "challenge"}, "must not be longer than life.login");
	if (settings->budget.pushes < settings->budget.window_pushes)
		reader_mistake(reader, &(struct name){"budget", "pushes"},
			       "must not be less than budget.window_pushes");
	if (settings->budget.code_failures_month < settings->budget.code_failures)
		reader_mistake(reader, &(struct name){"budget", "code_failures_month"},
			       "must not be less than budget.code_failures");
}

/* Waiting costs no thread, so these need only cover what works at once: docs/performance.md has the measurements. */
static void threads_choose(struct settings *settings)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned cores = online < 1 ? 1 : online > CORES_MAX ? CORES_MAX : (unsigned)online;

	if (settings->loops == 0)
		settings->loops = cores;
	if (settings->workers == 0)
		settings->workers = cores < 8 ? 16 * cores : 128;
	if (settings->hashers == 0)
		settings->hashers = cores;
	if (settings->hash_queue == 0)
		settings->hash_queue = 64 * settings->hashers;
}

/* ---- texts ---- */

static void issuer_read(struct reader *reader, struct settings *settings)
{
	static const struct name name = {NULL, "issuer"};
	const char *issuer = reader_text(reader, &name);
	const char *problem = issuer ? issuer_problem(issuer) : NULL;

	if (problem)
		reader_mistake(reader, &name, "%s", problem);
	if (!issuer || problem)
		return;
	settings->issuer = issuer;
	settings->issuer_is_https = text_has_prefix(issuer, "https://");
	settings->issuer_host = strstr(issuer, "://") + 3;
}

static const char *link_read(struct reader *reader, const struct name *name)
{
	const char *url = reader_text(reader, name);

	if (url && link_problem(url))
		reader_mistake(reader, name, "%s", link_problem(url));
	return url;
}

static void organisation_read(struct reader *reader, struct settings *settings)
{
	static const struct name name = {"organisation", "name"};

	settings->organisation.name = reader_text(reader, &name);
	if (!settings->organisation.name)
		settings->organisation.name = settings->issuer_host;
	else if (!text_is_displayable(settings->organisation.name))
		reader_mistake(reader, &name, "must be a name that can be shown: no invisible or control characters");
	settings->organisation.help_url = link_read(reader, &(struct name){"organisation", "help_url"});
	settings->organisation.privacy_url = link_read(reader, &(struct name){"organisation", "privacy_url"});
}

static void listeners_read(struct reader *reader, struct settings *settings)
{
	static const struct name listen = {NULL, "listen"}, metrics = {NULL, "metrics"},
				 proxies = {NULL, "trusted_proxies"};
	struct network network;

	settings->listen = reader_texts(reader, &listen, &settings->listen_count);
	for (size_t i = 0; i < settings->listen_count; i++)
		if (endpoint_problem(settings->listen[i]))
			reader_mistake(reader, &listen, "\"%s\" %s", settings->listen[i],
				       endpoint_problem(settings->listen[i]));
	settings->metrics = reader_text(reader, &metrics);
	if (settings->metrics && endpoint_problem(settings->metrics))
		reader_mistake(reader, &metrics, "%s", endpoint_problem(settings->metrics));
	settings->trusted_proxies = reader_texts(reader, &proxies, &settings->trusted_proxy_count);
	for (size_t i = 0; i < settings->trusted_proxy_count; i++)
		if (network_parse(settings->trusted_proxies[i], &network) != OK)
			reader_mistake(reader, &proxies, "\"%s\" must be an address, or a block such as 192.0.2.0/24",
				       settings->trusted_proxies[i]);
}

/* The password between the user's colon and the '@', and one in the query, become "…". */
static const char *url_without_password(struct reader *reader, const char *url)
{
	const char *authority = strstr(url, "://") + strlen("://");
	const char *at = strrchr(authority, '@'); /* the last: a password may have one that is not escaped */
	const char *colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
	const char *query = strstr(url, "password=");

	if (query)
		return "postgresql (its URL has a password in the query)";
	return colon ? reader_format(reader, "%.*s:…%s", (int)(colon - url), url, at) : url;
}

static void database_read(struct reader *reader, struct settings *settings)
{
	static const struct name name = {NULL, "database"};
	const char *url = reader_text(reader, &name);
	const char *file = url && text_has_prefix(url, "sqlite:") ? url + strlen("sqlite:") : "";

	if (!url)
		return;
	if (store_url_is_postgres(url)) {
		settings->database = url;
		settings->database_shown = url_without_password(reader, url);
		return;
	}
	if (!*file || !text_is_displayable(file))
		reader_mistake(reader, &name,
			       "must be sqlite: and a file, such as sqlite:symbolon.db, or "
			       "postgresql://USER@HOST/DATABASE");
	else if (*file == '/' || strcmp(file, ":memory:") == 0)
		settings->database = url;
	else
		settings->database = reader_format(reader, "sqlite:%s/%s", reader->folder, file);
	settings->database_shown = settings->database;
}

/* A build tree keeps the pages in web/dist beside its build folder; anything else is installed. */
static const char *web_default(struct reader *reader)
{
	char program[PATH_SIZE];
	ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *build = NULL;
	struct stat info;

	program[size > 0 ? size : 0] = '\0';
	for (char *next = strstr(program, "/build/"); next; next = strstr(next + 1, "/build/"))
		build = next;
	if (build) {
		const char *pages = reader_format(reader, "%.*s/web/dist", (int)(build - program), program);

		if (pages && stat(pages, &info) == 0 && S_ISDIR(info.st_mode))
			return pages;
	}
	return SYMBOLON_WEB_DIR;
}

/* A credential of systemd's is a name, not a path. */
static const char *kek_read(struct reader *reader)
{
	const struct name name = {"keys", "kek"};
	const char *text = reader_text(reader, &name);

	if (text && strncmp(text, KEK_CREDENTIAL, strlen(KEK_CREDENTIAL)) == 0 && text_is_displayable(text))
		return text;
	return reader_path(reader, &name);
}

static void paths_read(struct reader *reader, struct settings *settings)
{
	settings->kek = kek_read(reader);
	settings->tls_certificate = reader_path(reader, &(struct name){"tls", "certificate"});
	settings->tls_key = reader_path(reader, &(struct name){"tls", "key"});
	settings->web = reader_path(reader, &(struct name){NULL, "web"});
	if (!settings->web)
		settings->web = web_default(reader);
}

/* A chain is named by it for ever, so it is plain. */
static bool is_node(const char *node)
{
	return *node && strlen(node) <= NODE_MAX && node[strspn(node, node_letters)] == '\0';
}

/* A machine without a usable name of its own is "local". */
static const char *node_default(struct reader *reader)
{
	char host[256] = "";

	if (gethostname(host, sizeof(host) - 1) != 0 || !is_node(host))
		return "local";
	return reader_format(reader, "%s", host);
}

static void node_read(struct reader *reader, struct settings *settings)
{
	static const struct name name = {NULL, "node"};

	settings->node = reader_text(reader, &name);
	if (!settings->node)
		settings->node = node_default(reader);
	else if (!is_node(settings->node))
		reader_mistake(reader, &name, "must be up to 64 letters, digits, dots, dashes or underscores");
	settings->daemon_chain = reader_format(reader, "%s/daemon", settings->node ? settings->node : "");
	settings->command_chain = reader_format(reader, "%s/command", settings->node ? settings->node : "");
}

/* ---- the whole ---- */

static void settings_read(struct reader *reader, struct settings *settings)
{
	issuer_read(reader, settings);
	organisation_read(reader, settings);
	listeners_read(reader, settings);
	database_read(reader, settings);
	paths_read(reader, settings);
	node_read(reader, settings);
	numbers_read(reader, settings);
	push_read(reader, settings);
	const char *sandbox = reader_text(reader, &(struct name){NULL, "sandbox"});

	settings->sandbox_required = sandbox && strcmp(sandbox, "required") == 0;
	settings->log_level = reader_text(reader, &(struct name){"log", "level"});
	if (reader->mistakes == 0)
		numbers_compare(reader, settings);
	threads_choose(settings);
}

static enum status policy_read(struct reader *reader, struct settings *settings)
{
	const json_t *policy = json_object_get(config_root(reader->tree), "policy");

	return policy_load(reader->arena, reader->tree, policy, (int)settings->choose_digits,
			   (int)settings->enter_digits, &settings->policy, reader->errors);
}

static enum status path_absolute(struct arena *arena, const char *path, char **ret_path)
{
	char here[PATH_SIZE];

	if (*path == '/')
		*ret_path = arena_strdup(arena, path);
	else if (!getcwd(here, sizeof(here)))
		return E_IO;
	else
		*ret_path = arena_format(arena, "%s/%s", here, path);
	return *ret_path ? OK : E_NOMEM;
}

static enum status settings_fill(struct reader *reader, const char *path, struct settings *settings)
{
	char *absolute;
	enum status policy;

	TRY(path_absolute(reader->arena, path, &absolute));
	settings->path = absolute;
	reader->folder = arena_strndup(reader->arena, absolute, (size_t)(strrchr(absolute, '/') - absolute));
	if (!reader->folder)
		return E_NOMEM;
	TRY(config_check(reader->tree, reader->schema, reader->errors));
	settings_read(reader, settings);
	policy = policy_read(reader, settings); /* also after other mistakes: all are told at once */
	if (reader->no_memory || policy == E_NOMEM)
		return E_NOMEM;
	return reader->mistakes > 0 ? E_INVALID : policy;
}

static enum status settings_from_tree(struct arena *arena, const char *path, const struct config_tree *tree,
				      const struct settings **ret_settings, struct text *errors)
{
	struct settings *settings = arena_alloc(arena, sizeof(*settings));
	scoped_json *schema = NULL;
	struct reader reader = {.arena = arena, .tree = tree, .errors = errors};

	if (!settings)
		return E_NOMEM;
	TRY(schema_load(&schema));
	reader.schema = schema;
	TRY(settings_fill(&reader, path, settings));
	*ret_settings = settings;
	return OK;
}

enum status settings_parse(struct arena *arena, const char *path, const char *yaml, size_t size,
			   const struct settings **ret_settings, struct text *errors)
{
	struct config_tree *tree;
	enum status status;

	TRY(config_parse(path, yaml, size, &tree, errors));
	status = settings_from_tree(arena, path, tree, ret_settings, errors);
	config_free(&tree);
	return status;
}

enum status settings_load(struct arena *arena, const char *path, const struct settings **ret_settings,
			  struct text *errors)
{
	struct config_tree *tree;
	enum status status;

	TRY(config_load(path, &tree, errors));
	status = settings_from_tree(arena, path, tree, ret_settings, errors);
	config_free(&tree);
	return status;
}
