#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/text.h"
#include "cli/cli.h"
#include "core/receipt.h"

/* ---- printing ---- */

static void line(struct cli *cli, const char *name, const char *value)
{
	if (!text_is_empty(value))
		printf("  %-10s %s\n", name, cli_clean(cli, value));
}

static const char *question_of(struct cli *cli, const struct receipt *receipt)
{
	const char *mode = json_get_string(receipt->shown, "mode");
	const json_t *choices = json_object_get(receipt->shown, "choices");

	if (mode && strcmp(mode, "confirm") == 0)
		return arena_format(cli->arena, "confirm, with the letters %s",
				    cli_clean(cli, json_get_string(receipt->shown, "code")));
	if (mode && strcmp(mode, "choose") == 0)
		return arena_format(cli->arena, "choose one of %s", json_format(cli->arena, choices));
	return "type the number from the page";
}

static const char *answer_of(struct cli *cli, const struct receipt *receipt)
{
	const char *said = strcmp(receipt->decision, "approve") == 0 ? "approved"
			   : strcmp(receipt->decision, "deny") == 0  ? "denied"
								     : "reported: it was not me";

	if (!receipt->number)
		return said;
	return arena_format(cli->arena, "%s, with the number %s%s", said, cli_clean(cli, receipt->number),
			    strcmp(receipt->row.event, "challenge.wrong") == 0 ? ", which was not the page's" : "");
}

static void receipt_print(struct cli *cli, const struct receipt *receipt)
{
	const json_t *account = json_object_get(receipt->shown, "account"),
		     *client = json_object_get(receipt->shown, "client"),
		     *request = json_object_get(receipt->shown, "request");
	char hash[65];

	hex_format(receipt->row.hash, 32, hash);
	line(cli, "service", json_get_string(client, "name"));
	line(cli, "at", receipt->issuer);
	line(cli, "account", json_get_string(account, "username"));
	line(cli, "from", json_get_string(request, "ip"));
	line(cli, "browser", json_get_string(request, "browser"));
	line(cli, "why", json_get_string(receipt->shown, "why"));
	line(cli, "asked to", question_of(cli, receipt));
	line(cli, "answered", answer_of(cli, receipt));
	line(cli, "signed", cli_time(cli, receipt->signed_at));
	line(cli, "taken", cli_time(cli, receipt->row.at));
	line(cli, "device", receipt->row.device_id);
	line(cli, "its key", receipt->thumbprint);
	line(cli, "chain", arena_format(cli->arena, "%s, row %lld", receipt->row.chain, (long long)receipt->row.seq));
	line(cli, "row hash", hash);
}

static int receipt_print_json(struct cli *cli, const struct receipt *receipt)
{
	const struct audit_row *row = &receipt->row;
	char hash[65];

	hex_format(row->hash, 32, hash);
	return cli_print_json(
		json_pack("{s:b, s:s, s:s?, s:s, s:s, s:s?, s:s?, s:s, s:s, s:I, s:I, s:s, s:I, s:s, s:O}", "valid", 1,
			  "decision", receipt->decision, "number", receipt->number, "event", row->event, "issuer",
			  receipt->issuer, "username", row->username, "client_id", row->client_id, "device_id",
			  row->device_id, "key", receipt->thumbprint, "signed_at", (json_int_t)receipt->signed_at, "at",
			  (json_int_t)row->at, "chain", row->chain, "seq", (json_int_t)row->seq, "hash", hash, "shown",
			  receipt->shown));
}

static int receipt_tell(struct cli *cli, const struct receipt *receipt, const char *verdict)
{
	if (cli->json)
		return receipt_print_json(cli, receipt);
	puts(verdict);
	receipt_print(cli, receipt);
	return EXIT_DONE;
}

/* ---- of the database ---- */

struct finding {
	int64_t id;
	struct audit_row row;
};

static enum status row_read(struct store_tx *tx, void *ctx)
{
	struct finding *finding = ctx;

	return store_audit_find(tx, finding->id, &finding->row);
}

/* Never over a file that is there. */
static int file_write(const char *path, const char *text)
{
	const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	const size_t size = strlen(text);
	bool is_written;

	if (file < 0)
		return cli_fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
	is_written = write(file, text, size) == (ssize_t)size && fsync(file) == 0;
	is_written = close(file) == 0 && is_written;
	if (is_written)
		return EXIT_DONE;
	unlink(path);
	return cli_fail(EXIT_TROUBLE, "%s: cannot be written", path);
}

static int receipt_export(struct cli *cli, const struct audit_row *row, const char *path)
{
	char *text = NULL;
	enum status status = receipt_format(cli->arena, row, &text);

	if (status == E_INVALID)
		return cli_fail(EXIT_REFUSED, "the row holds bytes that are not text: it cannot be exported");
	if (status != OK)
		return cli_trouble(status, "exporting the receipt");
	return file_write(path, text);
}

static int of_database(struct cli *cli, const char *word)
{
	struct finding finding = {0};
	struct receipt receipt;
	const char *problem = "";
	enum status status;
	int code;

	if (text_parse_int(word, 1, INT64_MAX, &finding.id) != OK)
		return cli_fail(EXIT_USAGE, "\"%s\" is not a row's number: `symbolon audit` begins each line with it",
				cli_clean(cli, word));
	code = cli_open(cli);
	if (code != EXIT_DONE)
		return code;
	status = store_read(cli->core.store, cli->arena, row_read, &finding);
	if (status == E_NOT_FOUND)
		return cli_fail(EXIT_REFUSED, "the audit log has no row %lld", (long long)finding.id);
	if (status == OK)
		status = receipt_check(cli->arena, &finding.row, &receipt, &problem);
	if (status == E_REFUSED || status == E_NOT_FOUND)
		return cli_fail(EXIT_REFUSED, "row %lld: %s", (long long)finding.id, problem);
	if (status != OK)
		return cli_trouble(status, "reading the receipt");
	if (cli_has(cli, "export"))
		code = receipt_export(cli, &finding.row, cli_option(cli, "export"));
	return code == EXIT_DONE ? receipt_tell(cli, &receipt, "The device's signature holds.") : code;
}

/* ---- of a file: no database, no configuration ---- */

static int of_file(struct cli *cli, const char *path)
{
	struct audit_row row;
	struct receipt receipt;
	const char *problem = "";
	char *bytes;
	size_t size;
	enum status status;
	int code = cli_file_read(cli, path, RECEIPT_SIZE_MAX, &bytes, &size);

	if (code != EXIT_DONE)
		return code;
	status = receipt_parse(cli->arena, bytes, size, &row, &problem);
	if (status == OK)
		status = receipt_check(cli->arena, &row, &receipt, &problem);
	if (status == E_NOMEM)
		return cli_trouble(status, path);
	if (status != OK)
		return cli_fail(EXIT_REFUSED, "%s: %s", path, problem);
	return receipt_tell(cli, &receipt,
			    "The signature holds: this key signed this answer to what is shown here.\n"
			    "Whose key it is, the service knows: compare its thumbprint and the row's hash there.");
}

int cmd_audit_receipt(struct cli *cli)
{
	const char *file = cli_option(cli, "verify");

	if (file && cli->args.word_count == 0 && !cli_has(cli, "export"))
		return of_file(cli, file);
	if (file || cli->args.word_count == 0)
		return cli_fail(EXIT_USAGE, "give a row's number, or --verify and a file");
	return of_database(cli, cli->args.words[0]);
}
