#include "core_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/log.h"
#include "core/keyring.h"
#include "crypto/hash.h"
#include "crypto/otp.h"
#include "keyholder/client.h"
#include "keyholder/server.h"

static const char organisation[] = "issuer: https://id.example.org\n"
				   "policy:\n"
				   "  default: { ask: [password, \"push:enter:6 | totp | recovery\"] }\n"
				   "  rules:\n"
				   "    - { name: quick, when: { client: [quick, partner] }, ask: [password] }\n"
				   "    - { name: wiki, when: { client: wiki }, ask: [\"push:confirm | totp\"] }\n"
				   "    - { name: choose, when: { client: choose }, ask: [\"push:choose:2 | totp\"] }\n"
				   "    - { name: enter, when: { client: enter }, ask: [\"push:enter:2\"] }\n"
				   "    - { name: vault, when: { client: vault }, deny: true }\n"
				   "    - { name: codes, when: { client: codes }, ask: [\"totp | recovery\"] }\n";

static const char *const client_ids[] = {"mail",  "quick", "partner", "wiki", "choose",
					 "enter", "vault", "codes",   "other"};

/* ---- the machinery ---- */

/* Each look at the keyholder's clock is a minute later: its own limit is tested elsewhere and must not hide ours. */
static int64_t late_ms(void)
{
	static _Atomic int64_t ms = 0;

	return ms += 61000;
}

struct wire {
	struct core_test *test;
	struct keyholder_server *server;
};

static enum status wire_call(void *transport, const uint8_t *in, size_t in_size, uint8_t *out, size_t out_max,
			     size_t *ret_size)
{
	struct wire *wire = transport;
	void (*between)(struct core_test * test) = wire->test->between;

	if (between) {
		wire->test->between = NULL;
		between(wire->test);
	}
	return keyholder_server_handle(wire->server, in, in_size, out, out_max, ret_size);
}

static void wire_close(void *transport)
{
	struct wire *wire = transport;

	keyholder_server_free(&wire->server);
	free(wire);
}

static void keyholder_make(struct core_test *test)
{
	static const uint8_t kek[32] = "a key-encryption key for tests";
	const struct keyholder_server_options options = {.kek = kek, .mono_ms = late_ms};
	struct wire *wire = calloc(1, sizeof(*wire));
	const struct keyholder_transport transport = {.call = wire_call, .close = wire_close, .transport = wire};

	assert_non_null(wire);
	wire->test = test;
	IS(keyholder_server_new(&options, &wire->server), OK);
	IS(keyholder_connect(&transport, &test->core.keyholder), OK);
}

static void random_locked(void *state, void *out, size_t size)
{
	struct core_test *test = state;

	pthread_mutex_lock(&test->lock);
	random_fill(&test->random, out, size);
	pthread_mutex_unlock(&test->lock);
}

static void wake_note(void *ctx, const char *topic)
{
	struct core_test *test = ctx;

	pthread_mutex_lock(&test->lock);
	snprintf(test->wakes[test->wake_count++ % ARRAY_COUNT(test->wakes)], sizeof(test->wakes[0]), "%s", topic);
	pthread_mutex_unlock(&test->lock);
}

bool woke(const struct core_test *test, const char *kind, const char *id)
{
	char topic[128];

	snprintf(topic, sizeof(topic), "%s:%s", kind, id);
	for (size_t i = 0; i < ARRAY_COUNT(test->wakes); i++)
		if (strcmp(test->wakes[i], topic) == 0)
			return true;
	return false;
}

static void settings_make(struct core_test *test, const char *organisation_yaml)
{
	const struct settings *settings = NULL;
	struct text errors;

	text_init(&errors, 4096);
	if (settings_parse(test->arena, "/etc/symbolon.yaml", organisation_yaml, strlen(organisation_yaml), &settings,
			   &errors) != OK)
		fail_msg("%s", errors.data);
	text_done(&errors);
	test->settings = *settings;
	test->settings.password.memory_kib = 64;
	test->settings.password.passes = 1;
	test->core.settings = &test->settings;
}

static void clients_make(struct core_test *test)
{
	for (size_t i = 0; i < ARRAY_COUNT(client_ids); i++) {
		char secret[TOKEN_SIZE];
		const char *problem = NULL;
		const char *uris[] = {arena_format(test->arena, "https://%s.example.org/cb", client_ids[i])};
		const struct client_new client = {.id = client_ids[i],
						  .name = client_ids[i],
						  .redirect_uris = uris,
						  .redirect_uri_count = 1,
						  .third_party = strcmp(client_ids[i], "partner") == 0};

		IS(client_add(&test->core, test->arena, &client, CORE_NOW, secret, &problem), OK);
	}
}

struct core_test *core_make(const char *url, const char *organisation_yaml)
{
	struct core_test *test = calloc(1, sizeof(*test));
	const struct store_settings store = {.url = url, .create = true, .migrate = true};
	char problem[256] = "";

	log_level_set(LOG_ERROR_);
	test->arena = arena_new(256 << 20);
	test->now = CORE_NOW;
	pthread_mutex_init(&test->lock, NULL);
	test->random = random_seed(&test->seeded, 7);
	test->locked = (struct random){random_locked, test};
	test->core.random = &test->locked;
	test->core.wake = wake_note;
	test->core.wake_ctx = test;
	IS(store_open(&store, &test->core.store, problem), OK);
	keyholder_make(test);
	IS(keyring_init(test->core.store, test->core.keyholder, CORE_NOW), OK);
	IS(keyring_open(test->core.store, &test->core.keyring), OK);
	settings_make(test, organisation_yaml);
	clients_make(test);
	user_make(test, "demo", DEMO_PASSWORD, test->user_id);
	return test;
}

int core_setup(void **state)
{
	*state = core_make("sqlite::memory:", organisation);
	return 0;
}

int core_teardown(void **state)
{
	struct core_test *test = *state;

	for (size_t i = 0; i < test->key_count; i++)
		jose_key_free(&test->keys[i]);
	keyring_close(&test->core.keyring);
	store_close(&test->core.store);
	keyholder_close(&test->core.keyholder);
	arena_free(test->arena);
	pthread_mutex_destroy(&test->lock);
	free(test);
	return 0;
}

/* ---- the store, looked at ---- */

void write_now(struct core_test *test, store_fn fn, void *ctx)
{
	IS(store_write(test->core.store, fn, ctx), OK);
}

void read_now(struct core_test *test, store_fn fn, void *ctx)
{
	IS(store_read(test->core.store, test->arena, fn, ctx), OK);
}

struct looking {
	const char *id, *kind;
	struct user_row user;
	struct challenge_row challenge;
	struct login_row login;
	int64_t count;
	bool found;
};

static enum status user_look(struct store_tx *tx, void *ctx)
{
	struct looking *looking = ctx;

	return store_user_find(tx, looking->id, &looking->user);
}

struct user_row user_row_now(struct core_test *test, const char *id)
{
	struct looking looking = {.id = id};

	read_now(test, user_look, &looking);
	return looking.user;
}

static enum status challenge_look(struct store_tx *tx, void *ctx)
{
	struct looking *looking = ctx;

	return store_challenge_find(tx, looking->id, &looking->challenge);
}

struct challenge_row challenge_now(struct core_test *test, const char *id)
{
	struct looking looking = {.id = id};

	read_now(test, challenge_look, &looking);
	return looking.challenge;
}

static enum status login_look(struct store_tx *tx, void *ctx)
{
	struct looking *looking = ctx;

	return store_login_find(tx, looking->id, &looking->login);
}

struct login_row login_row_now(struct core_test *test, const char *id)
{
	struct looking looking = {.id = id};

	read_now(test, login_look, &looking);
	return looking.login;
}

static enum status attempts_look(struct store_tx *tx, void *ctx)
{
	struct looking *looking = ctx;

	return store_attempt_count(tx, looking->id, looking->kind, 0, &looking->count);
}

int64_t attempts(struct core_test *test, const char *subject, const char *kind)
{
	struct looking looking = {.id = subject, .kind = kind};

	read_now(test, attempts_look, &looking);
	return looking.count;
}

static enum status audit_look(struct store_tx *tx, void *ctx)
{
	struct looking *looking = ctx;
	struct audit_row *rows;
	size_t count;

	TRY(store_audit_newest(tx, NULL, 1000, &rows, &count));
	for (size_t i = 0; i < count; i++)
		looking->found |= strcmp(rows[i].event, looking->kind) == 0;
	return OK;
}

bool audited(struct core_test *test, const char *event)
{
	struct looking looking = {.kind = event};

	read_now(test, audit_look, &looking);
	return looking.found;
}

/* ---- people and what they have ---- */

void user_make(struct core_test *test, const char *name, const char *password, char ret_id[ID_SIZE])
{
	const char *problem = NULL;
	const struct user_new user = {.name = name,
				      .password = password,
				      .email = arena_format(test->arena, "%s@example.org", name)};

	if (user_add(&test->core, test->arena, &user, CORE_NOW, ret_id, &problem) != OK)
		fail_msg("%s", problem ? problem : "no user");
}

void user_disable(struct core_test *test, const char *id)
{
	IS(user_set_disabled(&test->core, id, true, test->now), OK);
}

static enum status device_insert(struct store_tx *tx, void *ctx)
{
	return store_device_insert(tx, ctx);
}

void phone_make(struct core_test *test, const char *user_id, struct phone *phone)
{
	char thumbprint[44];

	*phone = (struct phone){0};
	id_new(test->core.random, phone->id);
	assert_true(test->key_count < ARRAY_COUNT(test->keys));
	IS(jose_key_generate(JOSE_ES256, &test->keys[test->key_count]), OK);
	phone->key = test->keys[test->key_count++];
	assert_int_equal(jose_key_thumbprint(phone->key, thumbprint), OK);
	phone->row = (struct device_row){.id = arena_strdup(test->arena, phone->id),
					 .user_id = arena_strdup(test->arena, user_id),
					 .name = "A phone",
					 .platform = "Tests",
					 .jwk = jose_key_public(test->arena, phone->key, NULL),
					 .thumbprint = arena_strdup(test->arena, thumbprint),
					 .state = "active",
					 .enrolment_id = "e",
					 .push_endpoint = "https://push.example.org/1",
					 .push_p256dh = "p",
					 .push_auth = "a",
					 .created_at = test->now};
	write_now(test, device_insert, &phone->row);
}

void totp_code(const struct codes *codes, int64_t at, char out[16])
{
	const struct otp_params params = {OTP_SHA1, 6, 30};

	IS(otp_code(codes->seed, codes->seed_size, &params, at / 30, out), OK);
}

/* Confirmed with a code of a while ago, so that today's are unused. */
void totp_make(struct core_test *test, const char *user_id, struct codes *codes)
{
	const struct totp_wish wish = {
		.user_id = user_id, .username = "demo", .label = "app", .algorithm = "SHA1", .digits = 6};
	struct totp_enrolment enrolment;
	struct otpauth otp;
	const char *problem = NULL;
	char code[16];

	IS(totp_enrol_start(&test->core, test->arena, &wish, test->now - 900, &enrolment), OK);
	IS(otpauth_parse(test->arena, enrolment.otpauth, &otp, &problem), OK);
	memcpy(codes->seed, otp.seed, otp.seed_size);
	codes->seed_size = otp.seed_size;
	memcpy(codes->id, enrolment.id, ID_SIZE);
	totp_code(codes, test->now - 900, code);
	IS(totp_enrol_confirm(&test->core, test->arena, enrolment.id, code, test->now - 900), OK);
}

/* ---- browsers ---- */

struct browser browser_new(struct core_test *test)
{
	struct browser browser = {.ip = "192.0.2.7"};

	token_new(test->core.random, browser.token);
	return browser;
}

struct login_browser browser_sends(const struct browser *browser)
{
	return (struct login_browser){.browser_token = browser->token,
				      .session_token = *browser->session ? browser->session : NULL,
				      .known_cookie = *browser->known ? browser->known : NULL,
				      .ip = browser->ip,
				      .ip_trusted = true,
				      .user_agent =
					      "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"};
}

struct authorize_raw raw_for(struct core_test *test, const char *client)
{
	return (struct authorize_raw){.client_id = client,
				      .redirect_uri = arena_format(test->arena, "https://%s.example.org/cb", client),
				      .response_type = "code",
				      .scope = "openid email",
				      .state = "s",
				      .nonce = "n"};
}

static void cookies_take(struct browser *browser, const char *session, const char *known)
{
	if (session)
		snprintf(browser->session, sizeof(browser->session), "%s", session);
	if (known)
		snprintf(browser->known, sizeof(browser->known), "%s", known);
}

enum status login_ask_for(struct core_test *test, struct browser *browser, const struct authorize_raw *raw,
			  struct login_begun *ret_begun)
{
	const struct login_browser sent = browser_sends(browser);
	struct authorize_result request;
	enum status status;

	IS(authorize_check(&test->core, test->arena, raw, &request), OK);
	assert_int_equal(request.answer, AUTHORIZE_GO);
	status = login_begin(&test->core, test->arena, &request, &sent, test->now, ret_begun);
	if (status == OK)
		cookies_take(browser, ret_begun->set_session, ret_begun->set_known);
	return status;
}

const char *login_new(struct core_test *test, const struct browser *browser, const char *client)
{
	const struct authorize_raw raw = raw_for(test, client);
	struct browser copy = *browser;
	struct login_begun begun;

	IS(login_ask_for(test, &copy, &raw, &begun), OK);
	assert_false(begun.has_response);
	return arena_strdup(test->arena, begun.id);
}

/* ---- a page's events ---- */

#define EVENT(call_)                                                                                                   \
	const struct login_browser sent = browser_sends(browser);                                                      \
	struct login_view view = {0};                                                                                  \
	enum status status = call_;                                                                                    \
	if (ret_view)                                                                                                  \
		*ret_view = view;                                                                                      \
	return status

enum status page_identify(struct core_test *test, const struct browser *browser, const char *id, const char *name,
			  struct login_view *ret_view)
{
	EVENT(login_identify(&test->core, test->arena, id, &sent, name, test->now, &view));
}

enum status page_password(struct core_test *test, const struct browser *browser, const char *id, const char *password,
			  struct login_view *ret_view)
{
	EVENT(login_password(&test->core, test->arena, id, &sent, password, test->now, &view));
}

enum status page_push(struct core_test *test, const struct browser *browser, const char *id,
		      struct login_view *ret_view)
{
	EVENT(login_push(&test->core, test->arena, id, &sent, test->now, &view));
}

enum status page_totp(struct core_test *test, const struct browser *browser, const char *id, const char *code,
		      struct login_view *ret_view)
{
	EVENT(login_totp(&test->core, test->arena, id, &sent, code, test->now, &view));
}

enum status page_recovery(struct core_test *test, const struct browser *browser, const char *id, const char *code,
			  struct login_view *ret_view)
{
	EVENT(login_recovery(&test->core, test->arena, id, &sent, code, test->now, &view));
}

enum status page_cancel(struct core_test *test, const struct browser *browser, const char *id, bool forget,
			struct login_view *ret_view)
{
	EVENT(login_cancel(&test->core, test->arena, id, &sent, forget, test->now, &view));
}

enum status page_consent(struct core_test *test, const struct browser *browser, const char *id, bool allow,
			 struct login_view *ret_view)
{
	EVENT(login_consent(&test->core, test->arena, id, &sent, allow, test->now, &view));
}

enum status page_state(struct core_test *test, const struct browser *browser, const char *id,
		       struct login_view *ret_view)
{
	EVENT(login_state(&test->core, test->arena, id, &sent, test->now, &view));
}

enum status page_finish(struct core_test *test, struct browser *browser, const char *id,
			struct login_finished *ret_finished)
{
	const struct login_browser sent = browser_sends(browser);
	struct login_finished finished = {0};
	enum status status = login_finish(&test->core, test->arena, id, &sent, true, test->now, &finished);

	if (status == OK)
		cookies_take(browser, finished.set_session, finished.set_known);
	if (ret_finished)
		*ret_finished = finished;
	return status;
}

const char *page_word(struct core_test *test, const struct browser *browser, const char *id, const char *key)
{
	struct login_view view;
	const json_t *json;

	IS(page_state(test, browser, id, &view), OK);
	json = json_is_object(json_object_get(view.json, "challenge")) && strncmp(key, "c.", 2) == 0
		       ? json_object_get(view.json, "challenge")
		       : view.json;
	return json_get_string(json, strncmp(key, "c.", 2) == 0 ? key + 2 : key);
}

const char *challenge_of(struct core_test *test, const char *login_id)
{
	return login_row_now(test, login_id).challenge_id;
}

/* ---- phones ---- */

static void claim(json_t *claims, const char *key, const char *value, const char *changed,
		  const struct answer_change *change)
{
	if (change->without && strcmp(change->without, key) == 0)
		return;
	if (changed || value)
		assert_int_equal(json_object_set_new(claims, key, json_string(changed ? changed : value)), 0);
}

const char *answer_sign(struct core_test *test, struct arena *arena, const struct phone *phone,
			const char *challenge_id, const struct answer_change *change)
{
	const struct challenge_row row = challenge_now(test, challenge_id);
	scoped_json *header = json_pack("{s:s, s:s}", "typ", change->typ ? change->typ : "symbolon-answer+jwt", "kid",
					change->kid ? change->kid : phone->id);
	scoped_json *claims = json_pack("{s:I}", "iat", (json_int_t)(change->iat ? change->iat : test->now));
	char shown[BASE64URL_SIZE(32) + 1], jti[ID_SIZE], *jws = NULL;
	const char *decision = change->decision ? change->decision : "approve";
	const char *payload;

	base64url_format(row.shown, 32, shown);
	id_new(test->core.random, jti);
	claim(claims, "aud", test->settings.issuer, change->aud, change);
	claim(claims, "jti", jti, NULL, change);
	claim(claims, "challenge", challenge_id, change->challenge, change);
	claim(claims, "nonce", row.nonce, change->nonce, change);
	claim(claims, "shown", shown, change->shown, change);
	claim(claims, "decision", decision, NULL, change);
	claim(claims, "number", strcmp(decision, "approve") == 0 && *row.number ? row.number : NULL, change->number,
	      change);
	payload = json_format(arena, claims);
	IS(jose_sign(arena, change->key ? change->key : phone->key, header, payload, strlen(payload), &jws), OK);
	return jws;
}

enum status answer_send(struct core_test *test, const struct phone *phone, const char *challenge_id, const char *jws,
			struct challenge_settled *ret_settled)
{
	const struct challenge_answer sent = {.jws = jws,
					      .jws_size = strlen(jws),
					      .device = &phone->row,
					      .ip = "198.51.100.1"};
	struct challenge_settled settled = {0};
	enum status status = challenge_answer(&test->core, test->arena, challenge_id, &sent, test->now, &settled);

	if (ret_settled)
		*ret_settled = settled;
	return status;
}

enum status answer(struct core_test *test, const struct phone *phone, const char *challenge_id, const char *decision)
{
	const struct answer_change change = {.decision = decision};

	return answer_send(test, phone, challenge_id, answer_sign(test, test->arena, phone, challenge_id, &change),
			   NULL);
}

void sign_in(struct core_test *test, struct browser *browser, const struct phone *phone, const char *client)
{
	const char *id = login_new(test, browser, client);

	IS(page_identify(test, browser, id, "demo", NULL), OK);
	IS(page_password(test, browser, id, DEMO_PASSWORD, NULL), OK);
	IS(page_push(test, browser, id, NULL), OK);
	IS(answer(test, phone, challenge_of(test, id), "approve"), OK);
	IS(page_finish(test, browser, id, NULL), OK);
}
