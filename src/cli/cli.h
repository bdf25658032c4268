#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/core.h"

/* Exit codes of every subcommand. */
enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_TROUBLE = 3 };

#define CLI_VALUES_MAX 32

/* One option of a subcommand. */
struct cli_option {
	const char *name; /* "redirect-uri" */
	bool takes_value;
	bool repeats;
};

/* The command line of one subcommand, taken apart. */
struct cli_args {
	const char *words[8]; /* what is not an option */
	size_t word_count;
	struct {
		const char *name, *value;
	} given[CLI_VALUES_MAX];
	size_t given_count;
};

struct cli {
	struct arena *arena;
	struct cli_args args;
	const char *config_path;
	bool json;
	struct core core; /* after cli_open */
};

struct cli_command {
	const char *name;  /* "user add" */
	const char *usage; /* what follows the name */
	const char *summary;
	struct cli_option options[10]; /* ends at a NULL name; --config, --json and --help are always there */
	size_t words_min, words_max;
	int (*run)(struct cli *cli);
};
extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;

/* NULL when not given; the nth of a repeating option. */
const char *cli_option(const struct cli *cli, const char *name);
const char *cli_option_at(const struct cli *cli, const char *name, size_t index);
bool cli_has(const struct cli *cli, const char *name);
/* EXIT_DONE, or EXIT_USAGE with the mistake printed. */
int cli_args_parse(const struct cli_command *command, int argc, char **argv, struct cli *cli);

/* Sets config_path; EXIT_DONE, or EXIT_USAGE with the remedy printed. */
int cli_config_find(struct cli *cli);
/* Settings, store, keyholder and keys; EXIT_DONE, or another code with what is wrong printed. */
int cli_open(struct cli *cli);
/* The settings alone, for what must work without a database. */
int cli_open_settings(struct cli *cli);
void cli_close(struct cli *cli);
/* Puts the MAC on the head of the audit chain, when this command has written. Before cli_close. */
void cli_audit_finish(struct cli *cli);

/* "symbolon: …" on standard error; gives `code` back. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The sentence for a status that is trouble. */
int cli_trouble(enum status status, const char *what);
/* Prints a JSON value and a newline; takes the reference. */
int cli_print_json(json_t *json);
/* Text from outside, fit for a terminal. */
const char *cli_clean(struct cli *cli, const char *text);
/* A time as "2026-11-24 06:00:00Z", or "-". */
const char *cli_time(struct cli *cli, int64_t at);
/* One line from standard input without its newline; NULL at the end. */
char *cli_read_line(struct cli *cli, bool hidden);
/* A whole file of at most `max` bytes; EXIT_REFUSED with the sentence printed. */
int cli_file_read(struct cli *cli, const char *path, size_t max, char **ret_bytes, size_t *ret_size);
/* A QR code in half blocks on standard output. */
void cli_print_qr(const char *text);

/* The user of that name; EXIT_REFUSED with the sentence printed when there is none. */
int cli_user_find(struct cli *cli, const char *name, struct user_row *ret_user);
/* cli_open, and the user whom the first word names. */
int cli_open_user(struct cli *cli, struct user_row *ret_user);

/* Erases what the audit log says of a person, who may be gone already, and says how much. */
int cli_audit_erase(struct cli *cli, const char *user_id, const char *name);

int cmd_init(struct cli *cli);
int cmd_serve(struct cli *cli);
int cmd_user_add(struct cli *cli);
int cmd_user_list(struct cli *cli);
int cmd_user_show(struct cli *cli);
int cmd_user_disable(struct cli *cli);
int cmd_user_enable(struct cli *cli);
int cmd_user_remove(struct cli *cli);
int cmd_user_password(struct cli *cli);
int cmd_client_add(struct cli *cli);
int cmd_client_list(struct cli *cli);
int cmd_client_show(struct cli *cli);
int cmd_client_remove(struct cli *cli);
int cmd_device_enrol(struct cli *cli);
int cmd_device_list(struct cli *cli);
int cmd_device_revoke(struct cli *cli);
int cmd_totp_enrol(struct cli *cli);
int cmd_totp_list(struct cli *cli);
int cmd_totp_remove(struct cli *cli);
int cmd_recovery_issue(struct cli *cli);
int cmd_pass_issue(struct cli *cli);
int cmd_pass_list(struct cli *cli);
int cmd_pass_revoke(struct cli *cli);
int cmd_explain(struct cli *cli);
int cmd_audit(struct cli *cli);
int cmd_audit_verify(struct cli *cli);
int cmd_audit_head(struct cli *cli);
int cmd_audit_receipt(struct cli *cli);
int cmd_audit_erase(struct cli *cli);
int cmd_key_list(struct cli *cli);
int cmd_key_rotate(struct cli *cli);
int cmd_backup(struct cli *cli);
int cmd_restore(struct cli *cli);
int cmd_doctor(struct cli *cli);

#endif
