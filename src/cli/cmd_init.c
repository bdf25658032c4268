#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "core/keyring.h"
#include "daemon/serve.h"

/* ---- init ---- */

static int folder_make(const char *dir)
{
	char path[4096];
	struct stat there;

	if (mkdir(dir, 0700) != 0 && (errno != EEXIST || stat(dir, &there) != 0 || !S_ISDIR(there.st_mode)))
		return cli_fail(EXIT_TROUBLE, "%s: the folder cannot be made: %s", dir, strerror(errno));
	snprintf(path, sizeof(path), "%s/symbolon.yaml", dir);
	if (access(path, F_OK) == 0)
		return cli_fail(EXIT_REFUSED,
				"%s is there already; nothing was changed. Choose another --dir, or use what is there.",
				path);
	if (chmod(dir, 0700) != 0)
		return cli_fail(EXIT_TROUBLE, "%s: %s", dir, strerror(errno));
	return EXIT_DONE;
}

static int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	const size_t size = strlen(text);
	bool written;

	if (fd < 0)
		return cli_fail(EXIT_TROUBLE, "%s: %s", path, strerror(errno));
	written = write(fd, text, size) == (ssize_t)size && fsync(fd) == 0;
	return close(fd) == 0 && written ? EXIT_DONE : cli_fail(EXIT_TROUBLE, "%s: %s", path, strerror(errno));
}

/* The template with another line for this key. `value` is JSON, which YAML reads too. */
static const char *template_with(struct cli *cli, const char *yaml, const char *key, const char *value)
{
	const char *line = yaml ? strstr(yaml, arena_format(cli->arena, "\n%s:", key)) : NULL;
	const char *end = line ? strchr(line + 1, '\n') : NULL;

	return end ? arena_format(cli->arena, "%.*s\n%s: %s%s", (int)(line - yaml), yaml, key, value, end) : NULL;
}

/* Where to listen; NULL: as the template has it. An issuer without TLS is this machine's own: its port is meant. */
static const char *listen_wanted(struct cli *cli)
{
	const char *issuer = cli_option(cli, "issuer");
	const char *port = strrchr(issuer, ':');

	if (cli_option(cli, "listen") || !text_has_prefix(issuer, "http://") || !port || !port[1] ||
	    port[1 + strspn(port + 1, "0123456789")])
		return cli_option(cli, "listen");
	return arena_format(cli->arena, "%s%s", strchr(issuer, '[') ? "[::1]" : "127.0.0.1", port);
}

/* The configuration as the options want it; NULL: no memory. */
static const char *config_text(struct cli *cli)
{
	const char *yaml = settings_template(cli->arena, cli_option(cli, "issuer"), cli_option(cli, "organisation"));
	const char *listen = listen_wanted(cli);
	struct text value;

	text_init(&value, 8192);
	if (listen) {
		text_add(&value, "[");
		text_add_json_string(&value, listen);
		text_add(&value, "]");
		yaml = value.failed ? NULL : template_with(cli, yaml, "listen", value.data);
	}
	if (cli_option(cli, "database")) {
		text_cut(&value, 0);
		text_add_json_string(&value, cli_option(cli, "database"));
		yaml = value.failed ? NULL : template_with(cli, yaml, "database", value.data);
	}
	text_done(&value);
	return yaml;
}

static int config_write(struct cli *cli, const char *dir)
{
	const char *path = arena_format(cli->arena, "%s/symbolon.yaml", dir);
	const char *yaml = config_text(cli);
	struct text errors;
	int code = EXIT_DONE;

	if (!path || !yaml)
		return cli_trouble(E_NOMEM, "init");
	text_init(&errors, 16 * 1024);
	if (settings_parse(cli->arena, path, yaml, strlen(yaml), &cli->core.settings, &errors) != OK)
		code = cli_fail(EXIT_REFUSED, "this cannot be used as a configuration:\n%s",
				errors.size ? errors.data : "");
	text_done(&errors);
	cli->config_path = path;
	return code == EXIT_DONE ? file_write(path, yaml) : code;
}

/* The folder that this file is to be in, when only its last name is missing. */
static int parent_make(const char *path)
{
	char folder[4096];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return EXIT_DONE;
	*slash = '\0';
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return cli_fail(EXIT_TROUBLE, "%s: the folder cannot be made: %s", folder, strerror(errno));
	return EXIT_DONE;
}

/* Two folders, so that whoever writes the one need not reach the other. */
static int folders_make(const struct settings *settings)
{
	int code = parent_make(settings->kek);

	if (code == EXIT_DONE && text_has_prefix(settings->database, "sqlite:/"))
		code = parent_make(settings->database + strlen("sqlite:"));
	return code;
}

static int keys_make(struct cli *cli)
{
	const struct settings *settings = cli->core.settings;
	char problem[256] = "failed";
	enum status status;

	if (store_open(&(struct store_settings){.url = settings->database,
						.chain = settings->command_chain,
						.create = true,
						.migrate = true},
		       &cli->core.store, problem) != OK)
		return cli_fail(EXIT_TROUBLE, "%s: %s", settings->database_shown, problem);
	status = keyholder_init_kek(settings->kek);
	if (status != OK)
		return cli_fail(status == E_CONFLICT ? EXIT_REFUSED : EXIT_TROUBLE, "%s: %s", settings->kek,
				status == E_CONFLICT ? "is there already" : "cannot be made");
	if (keyholder_open(settings->kek, &cli->core.keyholder, problem) != OK)
		return cli_fail(EXIT_TROUBLE, "%s: %s", settings->kek, problem);
	status = keyring_init(cli->core.store, cli->core.keyholder, clock_now());
	if (status == OK)
		status = keyring_open(cli->core.store, &cli->core.keyring);
	if (status != OK)
		unlink(settings->kek); /* made a moment ago, and nothing is sealed with it */
	if (status == E_CONFLICT)
		return cli_fail(EXIT_REFUSED,
				"%s is in use already. For one more node, copy symbolon.yaml and the key-encryption "
				"key from a node that is there, and run `symbolon serve` with them.",
				settings->database_shown);
	return status == OK ? EXIT_DONE : cli_trouble(status, "making the keys");
}

int cmd_init(struct cli *cli)
{
	const char *dir = cli_option(cli, "dir");
	char absolute[4096];
	int code;

	if (!dir || !cli_option(cli, "issuer"))
		return cli_fail(EXIT_USAGE, "init needs --dir DIR and --issuer URL");
	code = folder_make(dir);
	if (code == EXIT_DONE && !realpath(dir, absolute))
		code = cli_fail(EXIT_TROUBLE, "%s: %s", dir, strerror(errno));
	if (code == EXIT_DONE)
		code = config_write(cli, absolute);
	if (code != EXIT_DONE)
		return code;
	code = folders_make(cli->core.settings);
	if (code == EXIT_DONE)
		code = keys_make(cli);
	if (code != EXIT_DONE) {
		unlink(cli->config_path); /* so that it can be tried again */
		return code;
	}
	if (cli->json)
		return cli_print_json(
			json_pack("{s:s, s:s}", "config", cli->config_path, "issuer", cli->core.settings->issuer));
	printf("Made %s, the keys and the database.\n\nNext:\n"
	       "  export SYMBOLON_CONFIG=%s\n"
	       "  symbolon user add NAME --password-stdin\n"
	       "  symbolon client add ID --name \"…\" --redirect-uri https://service.example.org/callback\n"
	       "  symbolon serve\n"
	       "  symbolon device enrol NAME          (in another terminal)\n\n"
	       "Keep %s safe and apart from backups of the database: without it nothing sealed can be opened.\n",
	       cli->config_path, cli->config_path, cli->core.settings->kek);
	return EXIT_DONE;
}

/* ---- serve ---- */

int cmd_serve(struct cli *cli)
{
	const int code = cli_config_find(cli);

	return code == EXIT_DONE ? daemon_serve(cli->config_path) : code;
}
