#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/status.h"

struct policy;

/* Push services that messages may go to (core/push_endpoint.h). */
struct push_host {
	const char *host; /* "fcm.googleapis.com", or of "*.push.apple.com" what follows the star, ".push.apple.com" */
	unsigned port;
	bool is_private;     /* it may have an address that is not public */
	const char *connect; /* "127.0.0.1:8443": where its connections go instead; or NULL */
};

/*
 * What symbolon.yaml says, checked and with every default filled in. Immutable once loaded. Paths are absolute
 * (relative ones count from the configuration file's folder). Lives in the arena it was loaded with.
 */
struct settings {
	const char *path;        /* of the file itself */
	const char *issuer;      /* https://host[:port], an origin; http only for localhost, 127.0.0.1 and [::1] */
	const char *issuer_host; /* host[:port] */
	bool issuer_is_https;
	struct {
		const char *name;
		const char *help_url;    /* or NULL */
		const char *privacy_url; /* or NULL */
	} organisation;
	const char **listen; /* "127.0.0.1:8080"; port 0 takes a free one */
	size_t listen_count;
	const char *metrics;         /* "127.0.0.1:9464", or NULL for none */
	const char *tls_certificate; /* or NULL: plain HTTP behind a proxy */
	const char *tls_key;
	const char **trusted_proxies; /* addresses or CIDR blocks */
	size_t trusted_proxy_count;
	const char *database;          /* "sqlite:/…" or "postgresql://…" */
	const char *database_shown;    /* the same without a password */
	unsigned database_connections; /* PostgreSQL */
	const char *kek;               /* path of the key-encryption key, or "credential:NAME" */
	bool sandbox_required;         /* `sandbox: required`: rather no service than one that is not confined */
	const char *web; /* folder of the built pages; a default from the build, for installed and built trees */
	unsigned loops, workers, hashers, hash_queue; /* 0 in the file: chosen by the number of cores */
	struct {
		uint32_t memory_kib, passes, lanes;
	} password;
	struct {
		int64_t idle_s, absolute_s; /* 1 h, 12 h */
	} session;
	struct {
		int64_t login_s;         /* 600: one sign-in from /authorize to finish */
		int64_t challenge_s;     /* 120, at most 600 */
		int64_t code_s;          /* 60 */
		int64_t access_token_s;  /* 300 */
		int64_t id_token_s;      /* 300 */
		int64_t enrolment_s;     /* 600 */
		int64_t known_browser_s; /* 30 days without use */
	} life;
	struct {
		unsigned window_pushes;       /* 3 unanswered pushes in any … */
		int64_t window_s;             /* … 600 s */
		unsigned pushes;              /* 10 until the next success */
		unsigned code_failures;       /* 5 in … */
		int64_t code_failures_s;      /* … 300 s */
		unsigned code_failures_month; /* 50 in 30 days */
		unsigned password_spray; /* 60: failed passwords an address may make in an hour before it must wait */
	} budget;
	unsigned totp_window;   /* 1: one step either side; 0 is strict */
	unsigned choose_digits; /* 2 */
	unsigned enter_digits;  /* 6 */
	struct {
		const char *subject; /* whom a push service may write to: mailto: or https: (RFC 8292); or NULL */
		const char *ca_file; /* trusted for push services instead of the system's; or NULL */
		int64_t timeout_s;   /* of one message to a push service */
		const struct push_host *hosts;
		size_t host_count;
	} push;
	const struct policy *policy;
	const char *node; /* this machine, in the names of audit chains; its host name when not given */
	const char *daemon_chain, *command_chain; /* "node/daemon", "node/command" */
	int64_t audit_keep_s;                     /* 400 days */
	const char *log_level;                    /* "info" */
};

/*
 * Loads, checks against the schema and fills in. On E_INVALID `errors` has one line for each mistake, each with
 * file:line:column, what is wrong and what would be right. E_NOT_FOUND, E_IO: the file cannot be read; `errors` says
 * why. Defaults and bounds stand in the schema. Test builds lift the bounds of password, session, life, budget
 * and audit.
 */
enum status must_check settings_load(struct arena *arena, const char *path, const struct settings **ret_settings,
				     struct text *errors);
/* The same from text, for tests and fuzzing. `path` is shown in errors, and relative paths count from its folder. */
enum status must_check settings_parse(struct arena *arena, const char *path, const char *yaml, size_t size,
				      const struct settings **ret_settings, struct text *errors);
/* A commented configuration that settings_parse accepts; `organisation` may be NULL. NULL: out of memory. */
char *settings_template(struct arena *arena, const char *issuer, const char *organisation);
/* Our own JSON Schema, for editors: `symbolon.schema.json`. */
extern const char settings_schema[];

#endif
