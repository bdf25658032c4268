#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <qrcodegen/qrcodegen.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "core/audit.h"
#include "core/keyring.h"
#include "core/user.h"

int cli_fail(int code, const char *format, ...)
{
	va_list args;

	fputs("symbolon: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return code;
}

int cli_trouble(enum status status, const char *what)
{
	return cli_fail(EXIT_TROUBLE, "%s: failed (%s). Nothing was changed; `symbolon doctor` looks for the cause.",
			what, status_name(status));
}

static const char *config_find(const struct cli *cli)
{
	static const char *const places[] = {"./symbolon.yaml", "/etc/symbolon/symbolon.yaml"};
	const char *named = cli->config_path ? cli->config_path : getenv("SYMBOLON_CONFIG");

	if (named && *named)
		return named;
	for (size_t i = 0; i < ARRAY_COUNT(places); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

static int settings_open(struct cli *cli)
{
	struct text errors;
	enum status status;

	text_init(&errors, 16 * 1024);
	status = settings_load(cli->arena, cli->config_path, &cli->core.settings, &errors);
	if (status != OK)
		fprintf(stderr, "%s%s\n", errors.size ? errors.data : "symbolon: the configuration cannot be read: ",
			errors.size ? "" : cli->config_path);
	text_done(&errors);
	if (status == OK)
		return EXIT_DONE;
	return status == E_INVALID ? EXIT_USAGE : EXIT_TROUBLE;
}

int cli_config_find(struct cli *cli)
{
	cli->config_path = config_find(cli);
	if (!cli->config_path)
		return cli_fail(EXIT_USAGE, "no configuration: give --config FILE, set SYMBOLON_CONFIG, or run in the "
					    "folder of symbolon.yaml. `symbolon init` makes one.");
	return EXIT_DONE;
}

int cli_open_settings(struct cli *cli)
{
	const int code = cli_config_find(cli);

	cli->core.random = &random_system;
	return code == EXIT_DONE ? settings_open(cli) : code;
}

int cli_open(struct cli *cli)
{
	char problem[256] = "cannot be opened";
	int code = cli_open_settings(cli);

	if (code != EXIT_DONE)
		return code;
	if (store_open(&(struct store_settings){.url = cli->core.settings->database,
						.chain = cli->core.settings->command_chain,
						.migrate = true,
						.readers = 1,
						.connections = 2},
		       &cli->core.store, problem) != OK)
		return cli_fail(EXIT_TROUBLE, "%s: %s", cli->core.settings->database_shown, problem);
	snprintf(problem, sizeof(problem), "cannot be opened");
	if (keyholder_open(cli->core.settings->kek, &cli->core.keyholder, problem) != OK)
		return cli_fail(EXIT_TROUBLE, "%s: %s", cli->core.settings->kek, problem);
	if (keyring_open(cli->core.store, &cli->core.keyring) != OK)
		return cli_fail(EXIT_TROUBLE, "%s: the keys cannot be read", cli->core.settings->database_shown);
	return EXIT_DONE;
}

void cli_close(struct cli *cli)
{
	keyring_close(&cli->core.keyring);
	keyholder_close(&cli->core.keyholder);
	store_close(&cli->core.store);
	arena_free(cli->arena);
}

void cli_audit_finish(struct cli *cli)
{
	struct store_counters counters = {0};
	enum status status = OK;

	if (!cli->core.store || !cli->core.keyring)
		return;
	store_counters(cli->core.store, &counters);
	if (counters.writes > 0)
		status = audit_heads_move(&cli->core, clock_now());
	if (status == E_REFUSED)
		fprintf(stderr, "symbolon: the audit log was changed: run `symbolon audit verify`\n");
	else if (status != OK) /* a running daemon does it within a second, or the next command */
		fprintf(stderr, "symbolon: the audit log has no MAC for this yet (%s)\n", status_name(status));
}

int cli_file_read(struct cli *cli, const char *path, size_t max, char **ret_bytes, size_t *ret_size)
{
	char *bytes = arena_alloc(cli->arena, max + 1);
	FILE *file = fopen(path, "re");
	size_t size;
	int code = EXIT_DONE;

	if (!file)
		return cli_fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
	size = bytes ? fread(bytes, 1, max + 1, file) : 0;
	if (!bytes || ferror(file))
		code = cli_fail(EXIT_TROUBLE, "%s: cannot be read", path);
	else if (size > max)
		code = cli_fail(EXIT_REFUSED, "%s: is too large (more than %zu bytes)", path, max);
	fclose(file);
	*ret_bytes = bytes;
	*ret_size = size;
	return code;
}

int cli_print_json(json_t *json)
{
	if (!json || json_dumpf(json, stdout, JSON_COMPACT) != 0)
		return cli_fail(EXIT_TROUBLE, "the answer could not be written");
	putchar('\n');
	fflush(stdout);
	json_decref(json);
	return EXIT_DONE;
}

const char *cli_clean(struct cli *cli, const char *text)
{
	char *clean;

	if (!text || text_clean(cli->arena, text, strlen(text), 200, &clean) != OK)
		return "";
	return clean;
}

const char *cli_time(struct cli *cli, int64_t at)
{
	const time_t time = (time_t)at;
	char text[32];
	struct tm parts;

	if (!at || !gmtime_r(&time, &parts) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%SZ", &parts))
		return "-";
	return arena_strdup(cli->arena, text);
}

char *cli_read_line(struct cli *cli, bool hidden)
{
	struct termios before;
	const bool quiet = hidden && isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
	char line[1024];
	char *got;

	if (quiet) {
		struct termios silent = before;

		silent.c_lflag &= (tcflag_t)~ECHO;
		tcsetattr(STDIN_FILENO, TCSANOW, &silent);
	}
	got = fgets(line, sizeof(line), stdin);
	if (quiet) {
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
		fputc('\n', stderr);
	}
	if (!got)
		return NULL;
	line[strcspn(line, "\r\n")] = '\0';
	got = arena_strdup(cli->arena, line);
	explicit_bzero(line, sizeof(line));
	return got;
}

static bool dark(const uint8_t *qr, int x, int y)
{
	return qrcodegen_getModule(qr, x, y);
}

/* Two rows a line, light on dark inverted so that it reads on either kind of terminal: a white frame is drawn around.
 */
void cli_print_qr(const char *text)
{
	uint8_t scratch[qrcodegen_BUFFER_LEN_FOR_VERSION(20)], qr[qrcodegen_BUFFER_LEN_FOR_VERSION(20)];
	int size;

	if (!qrcodegen_encodeText(text, scratch, qr, qrcodegen_Ecc_LOW, 1, 20, qrcodegen_Mask_AUTO, true))
		return; /* too long for a terminal: the link is printed as well */
	size = qrcodegen_getSize(qr);
	for (int y = -2; y < size + 2; y += 2) {
		fputs("\033[30;47m", stdout);
		for (int x = -2; x < size + 2; x++) {
			const bool top = dark(qr, x, y), bottom = dark(qr, x, y + 1);

			fputs(top && bottom ? "█" : top ? "▀" : bottom ? "▄" : " ", stdout);
		}
		fputs("\033[0m\n", stdout);
	}
}

struct user_finding {
	const char *name;
	struct user_row *row;
};

static enum status user_read(struct store_tx *tx, void *ctx)
{
	struct user_finding *finding = ctx;

	return store_user_find_name(tx, finding->name, finding->row);
}

int cli_user_find(struct cli *cli, const char *name, struct user_row *ret_user)
{
	char *canonical;
	struct user_finding finding = {.row = ret_user};
	enum status status = username_canonical(cli->arena, name, &canonical);

	if (status == OK) {
		finding.name = canonical;
		status = store_read(cli->core.store, cli->arena, user_read, &finding);
	}
	if (status == E_NOT_FOUND || status == E_INVALID)
		return cli_fail(EXIT_REFUSED, "there is no user \"%s\"; `symbolon user list` shows them",
				cli_clean(cli, name));
	return status == OK ? EXIT_DONE : cli_trouble(status, "reading the user");
}

int cli_open_user(struct cli *cli, struct user_row *ret_user)
{
	int code = cli_open(cli);

	return code == EXIT_DONE ? cli_user_find(cli, cli->args.words[0], ret_user) : code;
}
