#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "core/backup.h"

/* ---- backup ---- */

static int failed(enum status status, const char *problem)
{
	const bool is_refusal = status == E_CONFLICT || status == E_REFUSED || status == E_BUSY ||
				status == E_INVALID || status == E_NOT_FOUND;

	if (status == E_NOMEM)
		return cli_trouble(status, "this");
	return cli_fail(is_refusal ? EXIT_REFUSED : EXIT_TROUBLE, "%s. Nothing was changed.", problem);
}

int cmd_backup(struct cli *cli)
{
	const char *path = cli->args.words[0];
	struct backup_sums sums = {0};
	char problem[256] = "failed";
	int code = cli_open(cli);
	enum status status;

	if (code != EXIT_DONE)
		return code;
	status = backup_make(&cli->core, path, cli_has(cli, "force"), clock_now(), &sums, problem);
	if (status == E_CONFLICT && !cli_has(cli, "force"))
		return cli_fail(EXIT_REFUSED, "%s. Choose another name, or give --force to replace it.", problem);
	if (status != OK)
		return failed(status, problem);
	if (cli->json)
		return cli_print_json(json_pack("{s:s, s:I, s:s}", "file", path, "rows", (json_int_t)sums.rows,
						"sha256", sums.sha256));
	printf("Made %s: %llu rows, SHA-256 of the content %s.\n"
	       "It is of use only with the key-encryption key: keep a copy of %s, and keep it elsewhere.\n",
	       cli_clean(cli, path), (unsigned long long)sums.rows, sums.sha256, cli->core.settings->kek);
	return EXIT_DONE;
}

/* ---- restore ---- */

static json_t *names_json(const struct restore_names *names)
{
	json_t *list = json_array();

	for (int64_t i = 0; list && i < names->count && i < RESTORE_NAMES; i++)
		json_array_append_new(list, json_string(names->names[i]));
	return json_pack("{s:I, s:o}", "count", (json_int_t)names->count, "first", list);
}

static int restored_json(const struct cli *cli, const struct backup_restored *restored)
{
	const struct restored *done = &restored->done;

	return cli_print_json(json_pack("{s:I, s:I, s:I, s:b, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:b, s:s}", "epoch",
					(json_int_t)done->epoch, "made_at", (json_int_t)restored->made_at, "rows",
					(json_int_t)done->rows, "present_read", done->present_was_read,
					"disabled_again", (json_int_t)done->disabled_again, "revoked_again",
					(json_int_t)done->revoked_again, "attempts", (json_int_t)done->attempts, "back",
					names_json(&done->back), "gone", names_json(&done->gone), "old_passwords",
					names_json(&done->passwords), "recovery", names_json(&done->recovery),
					"recovery_kept", cli_has(cli, "keep-recovery"), "kept", done->kept));
}

static void names_print(struct cli *cli, const char *what, const struct restore_names *names)
{
	if (names->count == 0)
		return;
	printf("%s:", what);
	for (int64_t i = 0; i < names->count && i < RESTORE_NAMES; i++)
		printf("%s %s", i > 0 ? "," : "", cli_clean(cli, names->names[i]));
	if (names->count > RESTORE_NAMES)
		printf(" and %lld more", (long long)(names->count - RESTORE_NAMES));
	printf("\n");
}

static void present_print(struct cli *cli, const struct restored *done)
{
	if (!done->present_was_read) {
		printf("The database as it was could not be read: what was disabled, revoked or changed since the "
		       "backup is not known here.\nGo through `symbolon user list` and the devices.\n");
		return;
	}
	if (!cli_has(cli, "exact"))
		printf("Taken over from the database as it was: %lld users stay disabled, %lld devices stay revoked.\n",
		       (long long)done->disabled_again, (long long)done->revoked_again);
	names_print(cli, "Removed since the backup, and back", &done->back);
	names_print(cli, "Made since the backup, and gone", &done->gone);
	names_print(cli, "Their password of then holds again", &done->passwords);
}

static int restored_print(struct cli *cli, const struct backup_restored *restored)
{
	const struct restored *done = &restored->done;

	printf("Restored the backup of %s: %llu rows, epoch %lld.\n", cli_time(cli, restored->made_at),
	       (unsigned long long)done->rows, (long long)done->epoch);
	present_print(cli, done);
	if (cli_has(cli, "keep-recovery"))
		names_print(cli, "Recovery codes can be used, also those used since the backup, of", &done->recovery);
	else
		names_print(cli, "Recovery codes are void (`symbolon recovery issue` makes new ones) of",
			    &done->recovery);
	if (*done->kept)
		printf("The database as it was: %s\n", done->kept);
	printf("Everybody signs in anew; for a minute or two no code and no phone is accepted.\n"
	       "Next: symbolon doctor, then symbolon serve\n");
	return EXIT_DONE;
}

int cmd_restore(struct cli *cli)
{
	const struct backup_restore wanted = {.path = cli->args.words[0],
					      .is_exact = cli_has(cli, "exact"),
					      .keep_recovery = cli_has(cli, "keep-recovery"),
					      .discard = cli_has(cli, "discard"),
					      .now = clock_now()};
	struct backup_restored restored = {0};
	char problem[256] = "failed";
	int code = cli_open_settings(cli);
	enum status status;

	if (code != EXIT_DONE)
		return code;
	if (keyholder_open(cli->core.settings->kek, &cli->core.keyholder, problem) != OK)
		return cli_fail(EXIT_TROUBLE, "%s: %s. Without the key-encryption key of then a backup is of no use.",
				cli->core.settings->kek, problem);
	status = backup_restore(&cli->core, &wanted, &restored, problem);
	if (status != OK)
		return failed(status, problem);
	return cli->json ? restored_json(cli, &restored) : restored_print(cli, &restored);
}
