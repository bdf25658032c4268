#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "core/audit_verify.h"

/* ---- verify ---- */

#define FINDINGS_MAX 200 /* told one by one; the rest is counted */

struct telling {
	struct cli *cli;
	json_t *findings, *chains; /* --json */
	size_t told;
};

static void finding_tell(const struct audit_finding *finding, void *ctx)
{
	struct telling *telling = ctx;
	struct cli *cli = telling->cli;
	const char *chain = cli_clean(cli, finding->chain);

	if (telling->told++ >= FINDINGS_MAX)
		return;
	if (cli->json)
		json_array_append_new(telling->findings,
				      json_pack("{s:s, s:I, s:I, s:s}", "chain", chain, "seq", (json_int_t)finding->seq,
						"at", (json_int_t)finding->at, "what", finding->what));
	else if (finding->seq == 0 && finding->at == 0)
		printf("not whole: %s%s%s\n", *chain ? "chain " : "", chain, *chain ? " " : "");
	if (!cli->json && finding->seq == 0 && finding->at == 0)
		printf("           %s\n", finding->what);
	else if (!cli->json && finding->at)
		printf("not whole: chain %s, row %lld of %s\n           %s\n", chain, (long long)finding->seq,
		       cli_time(cli, finding->at), finding->what);
	else if (!cli->json)
		printf("not whole: chain %s, row %lld\n           %s\n", chain, (long long)finding->seq, finding->what);
}

static void chain_tell(const struct audit_chain_report *report, void *ctx)
{
	struct telling *telling = ctx;
	struct cli *cli = telling->cli;
	const char *chain = cli_clean(cli, report->chain);

	if (cli->json) {
		json_array_append_new(telling->chains,
				      json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "chain", chain, "first_seq",
						(json_int_t)report->first_seq, "last_seq", (json_int_t)report->last_seq,
						"rows", (json_int_t)report->rows, "erased", (json_int_t)report->erased,
						"since_mac", (json_int_t)report->young, "mac_at",
						(json_int_t)report->head_at, "whole", (int)(report->findings == 0)));
		return;
	}
	printf("chain %s: %s, %lld rows", chain, report->findings ? "NOT whole" : "whole", (long long)report->rows);
	if (report->rows)
		printf(" (%lld to %lld)", (long long)report->first_seq, (long long)report->last_seq);
	if (report->erased)
		printf(", %lld erased", (long long)report->erased);
	printf(", %lld since the last MAC (%s)\n", (long long)report->young,
	       report->head_at ? cli_time(cli, report->head_at) : "there was none yet");
}

static int report_print(struct telling *telling, const struct audit_report *report)
{
	if (telling->cli->json)
		return cli_print_json(
			json_pack("{s:b, s:I, s:I, s:I, s:I, s:o, s:o}", "whole", (int)(report->findings == 0), "rows",
				  (json_int_t)report->rows, "erased", (json_int_t)report->erased, "since_mac",
				  (json_int_t)report->young, "not_chained", (json_int_t)report->unchained, "findings",
				  json_incref(telling->findings), "chains", json_incref(telling->chains)));
	if (telling->told > FINDINGS_MAX)
		printf("and %zu more findings\n", telling->told - FINDINGS_MAX);
	if (report->unchained)
		printf("%lld rows are not chained: they are from before there were chains\n",
		       (long long)report->unchained);
	printf("%s: %zu chains, %lld rows\n",
	       report->findings ? "The audit log is NOT whole" : "The audit log is whole", report->chains,
	       (long long)report->rows);
	return EXIT_DONE;
}

static int heads_read(struct cli *cli, const char *path, struct audit_heads *heads)
{
	const char *problem = "";
	char *bytes;
	size_t size;
	enum status status;
	int code = cli_file_read(cli, path, AUDIT_HEADS_SIZE_MAX, &bytes, &size);

	if (code != EXIT_DONE)
		return code;
	status = audit_heads_parse(cli->arena, bytes, size, heads, &problem);
	if (status == E_INVALID)
		return cli_fail(EXIT_REFUSED, "%s: %s", path, problem);
	return status == OK ? EXIT_DONE : cli_trouble(status, path);
}

int cmd_audit_verify(struct cli *cli)
{
	const char *path = cli_option(cli, "head");
	struct audit_heads heads = {0};
	struct audit_report report;
	scoped_json *findings = json_array(), *chains = json_array();
	struct telling telling = {.cli = cli, .findings = findings, .chains = chains};
	const struct audit_listener listener = {finding_tell, chain_tell, &telling};
	enum status status;
	int code = cli_open(cli);

	if (code == EXIT_DONE && path)
		code = heads_read(cli, path, &heads);
	if (code != EXIT_DONE)
		return code;
	status = audit_verify(&cli->core, path ? &heads : NULL, &listener, &report);
	if (status != OK)
		return cli_trouble(status, "verifying the audit log");
	code = report_print(&telling, &report);
	return code == EXIT_DONE && report.findings ? EXIT_REFUSED : code;
}

/* ---- head ---- */

int cmd_audit_head(struct cli *cli)
{
	char *text = NULL;
	int code = cli_open(cli);
	enum status status;

	if (code != EXIT_DONE)
		return code;
	status = audit_heads_move(&cli->core, clock_now());
	if (status == E_REFUSED)
		return cli_fail(EXIT_REFUSED, "the audit log was changed: run `symbolon audit verify`");
	if (status == OK)
		status = audit_heads_format(&cli->core, cli->arena, clock_now(), &text);
	if (status != OK)
		return cli_trouble(status, "reading the heads");
	puts(text);
	return EXIT_DONE;
}
