#include "keyring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-bus.h>

#include "base/clock.h"
#include "base/secret.h"

enum { CALL_TIMEOUT_US = 10 * 1000 * 1000, WAIT_S = 60, WAIT_MAX_S = 600, PATH_MAX_SIZE = 512 };

static const char service[] = "org.freedesktop.secrets";
static const char service_path[] = "/org/freedesktop/secrets";
static const char service_interface[] = "org.freedesktop.Secret.Service";
static const char collection_interface[] = "org.freedesktop.Secret.Collection";
static const char item_interface[] = "org.freedesktop.Secret.Item";
static const char prompt_interface[] = "org.freedesktop.Secret.Prompt";
static const char schema[] = "org.symbolon.Authenticator";
static const char none[] = "/"; /* how the protocol says "no object" */

struct keyring {
	sd_bus *bus;
	char session[PATH_MAX_SIZE];
	int64_t wait_ms;
};

static void keyring_close(struct keyring *keyring)
{
	sd_bus_flush_close_unref(keyring->bus);
	*keyring = (struct keyring){0};
}

static void keyring_cleanup_(struct keyring *keyring)
{
	keyring_close(keyring);
}
#define scoped_keyring __attribute__((cleanup(keyring_cleanup_))) struct keyring

static void message_cleanup_(sd_bus_message **message)
{
	sd_bus_message_unref(*message);
}
#define scoped_message __attribute__((cleanup(message_cleanup_))) sd_bus_message

static enum exit_code complain_call(const char *what, int error, const sd_bus_error *said)
{
	bool absent = said && said->name &&
		      (strcmp(said->name, SD_BUS_ERROR_SERVICE_UNKNOWN) == 0 ||
		       strcmp(said->name, SD_BUS_ERROR_NAME_HAS_NO_OWNER) == 0);
	scoped_arena *arena = arena_new(4096);

	if (absent)
		return complain(
			EXIT_TROUBLE, "no_keyring",
			"no Secret Service runs in this session; start your desktop's (GNOME Keyring, KeePassXC, "
			"KWallet), or seal the vault by a passphrase");
	if (error == -ETIMEDOUT || (said && sd_bus_error_has_name(said, SD_BUS_ERROR_NO_REPLY)))
		return complain(EXIT_TROUBLE, "keyring_hangs",
				"the Secret Service did not answer in 10 s (%s); try again", what);
	return complain(EXIT_TROUBLE, "keyring", "the Secret Service failed (%s): %s", what,
			said && said->message ? shown(arena, said->message) : strerror(-error));
}

/* Sends `call` (taken) and waits; says what went wrong. */
static enum exit_code call_send(struct keyring *keyring, const char *what, sd_bus_message *call,
				sd_bus_message **ret_reply)
{
	sd_bus_error said = SD_BUS_ERROR_NULL;
	int error = sd_bus_call(keyring->bus, call, CALL_TIMEOUT_US, &said, ret_reply);
	enum exit_code code = error < 0 ? complain_call(what, error, &said) : EXIT_DONE;

	sd_bus_error_free(&said);
	sd_bus_message_unref(call);
	return code;
}

static enum exit_code complain_format(const char *what, int error)
{
	return complain(EXIT_TROUBLE, "keyring", "the Secret Service speaks otherwise than expected (%s): %s", what,
			strerror(-error));
}

/* ---- opening ---- */

static int64_t wait_ms(void)
{
	const char *given = getenv("SYMBOLON_AUTHENTICATOR_KEYRING_WAIT");
	int64_t seconds = WAIT_S;

	if (!text_is_empty(given))
		status_ignore(text_parse_int(given, 1, WAIT_MAX_S, &seconds), "the usual one then");
	return seconds * 1000;
}

/* "plain": the bus is a socket of this user alone; encrypting on it would hide nothing from whoever can watch it. */
static enum exit_code session_open(struct keyring *keyring)
{
	sd_bus_message *call = NULL;
	scoped_message *reply = NULL;
	const char *path = NULL;
	int error = sd_bus_message_new_method_call(keyring->bus, &call, service, service_path, service_interface,
						   "OpenSession");

	if (error >= 0)
		error = sd_bus_message_append(call, "sv", "plain", "s", "");
	if (error < 0) {
		sd_bus_message_unref(call);
		return complain_format("OpenSession", error);
	}
	enum exit_code code = call_send(keyring, "OpenSession", call, &reply);
	if (code != EXIT_DONE)
		return code;
	error = sd_bus_message_skip(reply, "v");
	if (error >= 0)
		error = sd_bus_message_read(reply, "o", &path);
	if (error < 0)
		return complain_format("OpenSession", error);
	size_t size = strlen(path) + 1;
	if (size > sizeof(keyring->session))
		return complain_format("OpenSession", -ENAMETOOLONG);
	memcpy(keyring->session, path, size);
	return EXIT_DONE;
}

static enum exit_code keyring_open(struct keyring *keyring)
{
	int error = sd_bus_open_user(&keyring->bus);

	keyring->wait_ms = wait_ms();
	if (error < 0)
		return complain(
			EXIT_TROUBLE, "no_bus",
			"there is no session bus to reach the keyring by (%s); run this inside your desktop session",
			strerror(-error));
	return session_open(keyring);
}

/* ---- prompts: the service asks the person ---- */

struct prompt {
	bool done, dismissed;
};

static int prompt_completed(sd_bus_message *message, void *ctx, sd_bus_error *error)
{
	struct prompt *prompt = ctx;
	int dismissed = 1;

	if (sd_bus_message_read(message, "b", &dismissed) < 0)
		dismissed = 1;
	*prompt = (struct prompt){true, dismissed != 0};
	return 0;
}

static enum exit_code prompt_wait(struct keyring *keyring, const struct prompt *prompt)
{
	int64_t until = clock_mono_ms() + keyring->wait_ms;

	while (!prompt->done) {
		int64_t left = until - clock_mono_ms();
		int error = sd_bus_process(keyring->bus, NULL);

		if (error == 0 && left > 0)
			error = sd_bus_wait(keyring->bus, (uint64_t)left * 1000);
		if (error < 0 && error != -EINTR)
			return complain_call("a question to the person", error, NULL);
		if (left <= 0 && !prompt->done)
			return complain(EXIT_REFUSED, "keyring_locked",
					"nobody unlocked the keyring in %lld s; unlock it, then try again",
					(long long)(keyring->wait_ms / 1000));
	}
	return prompt->dismissed
		       ? complain(EXIT_REFUSED, "keyring_locked", "the keyring stays locked: it was not allowed")
		       : EXIT_DONE;
}

/* `path` is "/" when nothing is asked. */
static enum exit_code prompt_run(struct keyring *keyring, const char *path)
{
	struct prompt prompt = {0};
	sd_bus_slot *slot = NULL;
	sd_bus_message *call = NULL;
	scoped_message *reply = NULL;

	if (strcmp(path, none) == 0)
		return EXIT_DONE;
	note("The keyring asks for your permission or its password.");
	int error = sd_bus_match_signal(keyring->bus, &slot, service, path, prompt_interface, "Completed",
					prompt_completed, &prompt);
	if (error >= 0)
		error = sd_bus_message_new_method_call(keyring->bus, &call, service, path, prompt_interface, "Prompt");
	if (error >= 0)
		error = sd_bus_message_append(call, "s", "");
	enum exit_code code = error < 0 ? complain_format("Prompt", error) : call_send(keyring, "Prompt", call, &reply);
	if (code == EXIT_DONE)
		code = prompt_wait(keyring, &prompt);
	sd_bus_slot_unref(slot);
	return code;
}

/* ---- items ---- */

static int attributes_append(sd_bus_message *call, const char *id)
{
	return sd_bus_message_append(call, "a{ss}", 2, "xdg:schema", schema, "vault", id);
}

/* The first path of an array of them; NULL when it is empty. */
static int path_first(sd_bus_message *reply, char **ret_path)
{
	const char *path, *first = NULL;
	int error = sd_bus_message_enter_container(reply, 'a', "o");

	while (error > 0 && (error = sd_bus_message_read(reply, "o", &path)) > 0)
		first = first ? first : path;
	if (error >= 0)
		error = sd_bus_message_exit_container(reply);
	*ret_path = first ? strdup(first) : NULL;
	return error < 0 ? error : first && !*ret_path ? -ENOMEM : 0;
}

/* *ret_path is NULL when there is none; free it. */
static enum exit_code item_search(struct keyring *keyring, const char *id, char **ret_path, bool *ret_locked)
{
	sd_bus_message *call = NULL;
	scoped_message *reply = NULL;
	char *open = NULL, *locked = NULL;
	int error = sd_bus_message_new_method_call(keyring->bus, &call, service, service_path, service_interface,
						   "SearchItems");

	if (error >= 0)
		error = attributes_append(call, id);
	if (error < 0) {
		sd_bus_message_unref(call);
		return complain_format("SearchItems", error);
	}
	enum exit_code code = call_send(keyring, "SearchItems", call, &reply);
	if (code != EXIT_DONE)
		return code;
	error = path_first(reply, &open);
	if (error >= 0)
		error = path_first(reply, &locked);
	*ret_path = open ? open : locked;
	*ret_locked = !open && locked;
	if (open)
		free(locked);
	return error < 0 ? complain_format("SearchItems", error) : EXIT_DONE;
}

/* A call that may want the person: after what `skipped` describes the reply names a prompt, which is run. Takes the
 * call over. */
static enum exit_code call_prompted(struct keyring *keyring, const char *what, sd_bus_message *call,
				    const char *skipped)
{
	scoped_message *reply = NULL;
	const char *prompt = none;
	enum exit_code code = call_send(keyring, what, call, &reply);
	int error;

	if (code != EXIT_DONE)
		return code;
	error = sd_bus_message_skip(reply, skipped);
	if (error >= 0)
		error = sd_bus_message_read(reply, "o", &prompt);
	return error < 0 ? complain_format(what, error) : prompt_run(keyring, prompt);
}

/* An item or a collection; what is open already stays so. */
static enum exit_code object_unlock(struct keyring *keyring, const char *path)
{
	sd_bus_message *call = NULL;
	int error =
		sd_bus_message_new_method_call(keyring->bus, &call, service, service_path, service_interface, "Unlock");

	if (error >= 0)
		error = sd_bus_message_append(call, "ao", 1, path);
	if (error < 0) {
		sd_bus_message_unref(call);
		return complain_format("Unlock", error);
	}
	return call_prompted(keyring, "Unlock", call, "ao");
}

/* (session, parameters, value, content type) */
static int secret_read(sd_bus_message *reply, char ret_secret[KEYRING_SECRET_MAX + 1])
{
	const void *value = NULL;
	size_t size = 0;
	int error = sd_bus_message_enter_container(reply, 'r', "oayays");

	if (error > 0)
		error = sd_bus_message_skip(reply, "oay");
	if (error >= 0)
		error = sd_bus_message_read_array(reply, 'y', &value, &size);
	if (error < 0)
		return error;
	if (!value || size > KEYRING_SECRET_MAX || memchr(value, '\0', size))
		return -EBADMSG;
	memcpy(ret_secret, value, size);
	ret_secret[size] = '\0';
	return 0;
}

static enum exit_code secret_get(struct keyring *keyring, const char *path, char ret_secret[KEYRING_SECRET_MAX + 1])
{
	sd_bus_message *call = NULL;
	scoped_message *reply = NULL;
	int error = sd_bus_message_new_method_call(keyring->bus, &call, service, path, item_interface, "GetSecret");

	if (error >= 0)
		error = sd_bus_message_append(call, "o", keyring->session);
	if (error < 0) {
		sd_bus_message_unref(call);
		return complain_format("GetSecret", error);
	}
	enum exit_code code = call_send(keyring, "GetSecret", call, &reply);
	if (code != EXIT_DONE)
		return code;
	sd_bus_message_sensitive(reply);
	error = secret_read(reply, ret_secret);
	return error < 0 ? complain_format("GetSecret", error) : EXIT_DONE;
}

enum exit_code keyring_find(const char *id, char ret_secret[KEYRING_SECRET_MAX + 1])
{
	scoped_keyring keyring = {0};
	char *path = NULL;
	bool locked = false;
	enum exit_code code = keyring_open(&keyring);

	if (code == EXIT_DONE)
		code = item_search(&keyring, id, &path, &locked);
	if (code == EXIT_DONE && !path)
		code = complain(
			EXIT_REFUSED, "keyring_lost",
			"the keyring has no key for this vault; is it the keyring of the same person and machine?");
	if (code == EXIT_DONE && locked)
		code = object_unlock(&keyring, path);
	if (code == EXIT_DONE)
		code = secret_get(&keyring, path, ret_secret);
	free(path);
	return code;
}

/* ---- storing ---- */

static enum exit_code collection_find(struct keyring *keyring, char **ret_path)
{
	sd_bus_message *call = NULL;
	scoped_message *reply = NULL;
	const char *path = none;
	int error = sd_bus_message_new_method_call(keyring->bus, &call, service, service_path, service_interface,
						   "ReadAlias");

	if (error >= 0)
		error = sd_bus_message_append(call, "s", "default");
	if (error < 0) {
		sd_bus_message_unref(call);
		return complain_format("ReadAlias", error);
	}
	enum exit_code code = call_send(keyring, "ReadAlias", call, &reply);
	if (code != EXIT_DONE)
		return code;
	error = sd_bus_message_read(reply, "o", &path);
	if (error < 0)
		return complain_format("ReadAlias", error);
	if (strcmp(path, none) == 0)
		return complain(EXIT_TROUBLE, "no_keyring",
				"the Secret Service has no default keyring; make one with your desktop's program for "
				"passwords");
	*ret_path = strdup(path);
	return *ret_path ? EXIT_DONE : complain_memory();
}

static int item_append(const struct keyring *keyring, sd_bus_message *call, const char *id, const char *secret)
{
	int error = sd_bus_message_open_container(call, 'a', "{sv}");

	if (error >= 0)
		error = sd_bus_message_append(call, "{sv}", "org.freedesktop.Secret.Item.Label", "s",
					      "Symbolon authenticator");
	if (error >= 0)
		error = sd_bus_message_append(call, "{sv}", "org.freedesktop.Secret.Item.Attributes", "a{ss}", 2,
					      "xdg:schema", schema, "vault", id);
	if (error >= 0)
		error = sd_bus_message_close_container(call);
	if (error >= 0)
		error = sd_bus_message_open_container(call, 'r', "oayays");
	if (error >= 0)
		error = sd_bus_message_append(call, "oay", keyring->session, 0);
	if (error >= 0)
		error = sd_bus_message_append_array(call, 'y', secret, strlen(secret));
	if (error >= 0)
		error = sd_bus_message_append(call, "s", "text/plain");
	if (error >= 0)
		error = sd_bus_message_close_container(call);
	return error < 0 ? error : sd_bus_message_append(call, "b", 1); /* replace one of the same attributes */
}

static enum exit_code item_create(struct keyring *keyring, const char *collection, const char *id, const char *secret)
{
	sd_bus_message *call = NULL;
	int error = sd_bus_message_new_method_call(keyring->bus, &call, service, collection, collection_interface,
						   "CreateItem");

	if (error >= 0)
		error = sd_bus_message_sensitive(call);
	if (error >= 0)
		error = item_append(keyring, call, id, secret);
	if (error < 0) {
		sd_bus_message_unref(call);
		return complain_format("CreateItem", error);
	}
	return call_prompted(keyring, "CreateItem", call, "o");
}

/* A key that does not come back is a vault that does not open: looked at before anything is sealed with it. */
static enum exit_code stored_check(const char *id, const char *secret)
{
	char again[KEYRING_SECRET_MAX + 1] = "";
	enum exit_code code = keyring_find(id, again);

	if (code == EXIT_DONE && !secret_text_equal(again, secret))
		code = complain(EXIT_TROUBLE, "keyring", "the keyring does not give back what was put into it");
	secret_zero(again, sizeof(again));
	return code;
}

enum exit_code keyring_store(const char *id, const char *secret)
{
	scoped_keyring keyring = {0};
	char *collection = NULL;
	enum exit_code code = keyring_open(&keyring);

	if (code == EXIT_DONE)
		code = collection_find(&keyring, &collection);
	if (code == EXIT_DONE)
		code = object_unlock(&keyring, collection);
	if (code == EXIT_DONE)
		code = item_create(&keyring, collection, id, secret);
	free(collection);
	return code == EXIT_DONE ? stored_check(id, secret) : code;
}

static enum exit_code item_delete(struct keyring *keyring, const char *path)
{
	sd_bus_message *call = NULL;
	scoped_message *reply = NULL;
	const char *prompt = none;
	int error = sd_bus_message_new_method_call(keyring->bus, &call, service, path, item_interface, "Delete");

	if (error < 0)
		return complain_format("Delete", error);
	enum exit_code code = call_send(keyring, "Delete", call, &reply);
	if (code != EXIT_DONE)
		return code;
	error = sd_bus_message_read(reply, "o", &prompt);
	return error < 0 ? complain_format("Delete", error) : prompt_run(keyring, prompt);
}

enum exit_code keyring_remove(const char *id)
{
	scoped_keyring keyring = {0};
	char *path = NULL;
	bool locked = false;
	enum exit_code code = keyring_open(&keyring);

	if (code == EXIT_DONE)
		code = item_search(&keyring, id, &path, &locked);
	if (code == EXIT_DONE && path && locked)
		code = object_unlock(&keyring, path);
	if (code == EXIT_DONE && path)
		code = item_delete(&keyring, path);
	free(path);
	return code;
}
