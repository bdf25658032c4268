#ifndef AUTHENTICATOR_COMMAND_H
#define AUTHENTICATOR_COMMAND_H

/* What the subcommands of symbolon-authenticator share. They speak the protocol only through symbolon-device.h. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"
#include "code.h"
#include "symbolon-device.h"
#include "vault.h"

#define PROGRAM "symbolon-authenticator"

struct options {
	bool json;
	bool yes;
	bool force;
	bool remove;
	const char *account;
	const char *name;
	const char *number;
	const char *code;
	const char *issuer;
	const char *new_file;
	const char *passphrase_file;
	const char *format;
	int64_t reconnect_s;
	int64_t clear_after_s;
	bool copy;
	bool keyring;
	bool notify;
};

struct command {
	struct options options;
	char *const *args; /* behind the subcommand */
	size_t arg_count;
	struct vault *vault;
	struct arena *arena;
};

/* One file each. */
enum exit_code cmd_enrol(struct command *command);
enum exit_code cmd_list(struct command *command);
enum exit_code cmd_watch(struct command *command);
enum exit_code cmd_pending(struct command *command);
enum exit_code cmd_approve(struct command *command);
enum exit_code cmd_review(struct command *command);
enum exit_code cmd_deny(struct command *command);
enum exit_code cmd_report(struct command *command);
enum exit_code cmd_expect(struct command *command);
enum exit_code cmd_history(struct command *command);
enum exit_code cmd_code(struct command *command);
enum exit_code cmd_add(struct command *command);
enum exit_code cmd_import(struct command *command);
enum exit_code cmd_export(struct command *command);
enum exit_code cmd_remove(struct command *command);
enum exit_code cmd_passphrase(struct command *command);

/* ---- account.c ---- */

const char *account_text(const json_t *account, const char *key); /* "" when absent */
bool account_is_active(const json_t *account);
/* "demo at Example (https://id.example.org)", safe to show. */
const char *account_label(struct arena *arena, const json_t *account);
/* By device id (or its beginning, 4 characters at least), user name, organisation or issuer; either case. */
bool account_matches(const json_t *account, const char *wanted);
/* The only active one that matches --account; says what to do when there is none or more than one. */
enum exit_code account_choose(struct command *command, const json_t **ret_account);
/* All active ones that match --account; EXIT_REFUSED, said, when there is none. The array is in the arena. */
enum exit_code accounts_choose(struct command *command, const json_t ***ret_accounts, size_t *ret_count);
/* A device of the library; symbolon_device_free. */
enum exit_code account_device(struct command *command, const json_t *account, struct symbolon_device **ret_device);
/* Says once that this machine's clock is off, when the device has learnt so. */
void account_warn_skew(const struct symbolon_device *device);

/*
 * The details of requests that were shown are kept for a day, at most 20, so that "it's not me" can be said after a
 * request has ended, when the server does not give them any more.
 */
enum exit_code recent_keep(struct command *command, const json_t *account, const struct symbolon_challenge *challenge);
/* SYMBOLON_NOT_FOUND: not among them. *ret_account is borrowed. */
enum symbolon_result recent_find(const struct command *command, const char *id, const json_t **ret_account,
				 struct symbolon_challenge **ret_challenge);

/* ---- a request, cmd_answer.c ---- */

struct answering {
	const char *id;
	enum symbolon_decision decision;
	json_t *account; /* held */
	struct symbolon_device *device;
	struct symbolon_challenge *challenge;
};
void answering_done(struct answering *answering);
/* Fetches the request of this id from the account where it waits; says what is wrong. */
enum exit_code challenge_fetch(struct command *command, struct answering *answering);

/* ---- codes ---- */

struct codes_added {
	size_t added, same, beside; /* beside: another secret is there under the same name; both are kept */
};
/* Adds the URI unless it is there. For vault changes. */
enum exit_code codes_add(json_t *root, const char *uri, int64_t now, struct codes_added *added);
void codes_count(struct codes_added *added, enum code_fate fate);

#endif
