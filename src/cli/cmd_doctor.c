#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "core/audit.h"
#include "core/backup.h"
#include "core/keyring.h"
#include "core/policy.h"

/* One line for each thing looked at. */
struct doctor {
	struct cli *cli;
	json_t *list;
	bool sick;
};

static void tell(struct doctor *doctor, const char *verdict, const char *what, const char *detail)
{
	doctor->sick |= strcmp(verdict, "problem") == 0;
	if (doctor->list)
		json_array_append_new(doctor->list,
				      json_pack("{s:s, s:s, s:s}", "what", what, "verdict", verdict, "detail", detail));
	else
		printf("%-8s %-14s %s\n", verdict, what, cli_clean(doctor->cli, detail));
}

static void file_look(struct doctor *doctor, const char *what, const char *path, mode_t forbidden)
{
	struct stat there;
	const char *detail;

	if (stat(path, &there) != 0) {
		tell(doctor, "problem", what, arena_format(doctor->cli->arena, "%s is not there", path));
		return;
	}
	detail = arena_format(doctor->cli->arena, "%s (mode %03o)", path, (unsigned)(there.st_mode & 0777));
	if (there.st_mode & forbidden)
		detail = arena_format(doctor->cli->arena, "%s can be read by others: chmod 600 it", path);
	tell(doctor, there.st_mode & forbidden ? "problem" : "ok", what, detail);
}

static void store_look(struct doctor *doctor)
{
	const char *url = doctor->cli->core.settings->database;
	char problem[256] = "the check found damage";

	if (strncmp(url, "sqlite:/", 8) == 0)
		file_look(doctor, "database", url + 7, 0077);
	if (store_check(doctor->cli->core.store, problem) == OK)
		tell(doctor, "ok", "database", "its structure is sound");
	else
		tell(doctor, "problem", "database", problem);
}

#define BACKUP_OLD_S (7 * 24 * 3600)

static void backup_look(struct doctor *doctor)
{
	struct arena *arena = doctor->cli->arena;
	struct backup_history history;

	if (backup_history(&doctor->cli->core, &history) != OK) {
		tell(doctor, "problem", "backup", "when the last one was made cannot be read");
		return;
	}
	if (history.made_at == 0)
		tell(doctor, "warning", "backup", "none was ever made; see symbolon backup");
	else
		tell(doctor, history.made_at < clock_now() - BACKUP_OLD_S ? "warning" : "ok", "backup",
		     arena_format(arena, "the last one was made at %s", cli_time(doctor->cli, history.made_at)));
	if (history.epoch > 0)
		tell(doctor, "ok", "epoch",
		     arena_format(arena, "%lld, restored at %s", (long long)history.epoch,
				  cli_time(doctor->cli, history.restored_at)));
}

static void keys_look(struct doctor *doctor)
{
	const struct core *core = &doctor->cli->core;
	uint8_t mac[32];

	if (strncmp(core->settings->kek, KEK_CREDENTIAL, strlen(KEK_CREDENTIAL)) == 0)
		tell(doctor, "ok", "kek", core->settings->kek); /* it was opened, so its permissions were right */
	else
		file_look(doctor, "kek", core->settings->kek, 0077);
	if (keyholder_mac(core->keyholder, &keyring_view(core->keyring)->mac, "doctor", "", 0, mac) == OK)
		tell(doctor, "ok", "keys", "the key-encryption key opens what lies in the database");
	else
		tell(doctor, "problem", "keys",
		     "the key-encryption key does not open what lies in the database: is it the right file?");
}

static void audit_look(struct doctor *doctor)
{
	const enum status status = audit_heads_check(&doctor->cli->core);

	if (status == OK)
		tell(doctor, "ok", "audit log", "its heads fit; `symbolon audit verify` looks at every row");
	else if (status == E_REFUSED)
		tell(doctor, "problem", "audit log", "it was changed: `symbolon audit verify` says where");
	else
		tell(doctor, "problem", "audit log", "its heads cannot be read");
}

static void pages_look(struct doctor *doctor)
{
	const char *page = arena_format(doctor->cli->arena, "%s/signin/index.html", doctor->cli->core.settings->web);

	if (page && access(page, R_OK) == 0)
		tell(doctor, "ok", "pages", page);
	else
		tell(doctor, "problem", "pages",
		     arena_format(doctor->cli->arena,
				  "%s is not there: build the pages with `./run build`, or set `web`",
				  page ? page : "index.html"));
}

static void issuer_look(struct doctor *doctor)
{
	const struct settings *settings = doctor->cli->core.settings;

	if (!settings->issuer_is_https)
		tell(doctor, "warning", "issuer",
		     "http is only for trying out on this machine; browsers and phones elsewhere need https");
	else if (!settings->tls_certificate && settings->trusted_proxy_count == 0)
		tell(doctor, "warning", "issuer",
		     "https, but neither tls nor trusted_proxies is set: is a proxy in front?");
	else
		tell(doctor, "ok", "issuer", settings->issuer);
	if (settings->tls_certificate) {
		file_look(doctor, "certificate", settings->tls_certificate, 0);
		file_look(doctor, "tls key", settings->tls_key, 0077);
	}
}

static void push_look(struct doctor *doctor)
{
	const struct settings *settings = doctor->cli->core.settings;

	if (!keyring_vapid(keyring_view(doctor->cli->core.keyring), NULL))
		tell(doctor, "warning", "push", "there is no VAPID key; `symbolon serve` makes one as it starts");
	else if (settings->push.host_count == 0)
		tell(doctor, "warning", "push", "push.endpoints is empty: no phone is woken");
	else if (!settings->push.subject)
		tell(doctor, "warning", "push",
		     "push.subject is not set: push services that want to tell you something have only the issuer");
	else
		tell(doctor, "ok", "push", settings->push.subject);
	if (settings->push.ca_file)
		file_look(doctor, "push.ca_file", settings->push.ca_file, 0);
}

static enum status lint_tell(const char *rule, const char *warning, void *ctx)
{
	struct doctor *doctor = ctx;

	tell(doctor, "warning", "policy", arena_format(doctor->cli->arena, "%s: %s", rule, warning));
	return OK;
}

int cmd_doctor(struct cli *cli)
{
	struct doctor doctor = {.cli = cli, .list = cli->json ? json_array() : NULL};
	int code = cli_open(cli);

	if (code != EXIT_DONE) {
		json_decref(doctor.list);
		return code == EXIT_USAGE ? code : EXIT_REFUSED;
	}
	tell(&doctor, "ok", "configuration", cli->config_path);
	file_look(&doctor, "configuration", cli->config_path, 0022);
	store_look(&doctor);
	backup_look(&doctor);
	keys_look(&doctor);
	audit_look(&doctor);
	pages_look(&doctor);
	issuer_look(&doctor);
	push_look(&doctor);
	status_ignore(policy_lint(cli->core.settings->policy, lint_tell, &doctor), "warnings only");
	if (clock_now() < 1767225600)
		tell(&doctor, "problem", "clock", "it is set before 2026: codes and tokens will not fit");
	code = doctor.sick ? EXIT_REFUSED : EXIT_DONE;
	if (doctor.list)
		cli_print_json(doctor.list);
	return code;
}
