/*
 * An authorization request from the bytes of its query, for a confidential and a public client. Whatever comes, a
 * browser is sent to nowhere but the registered address, the answer names the issuer, and what is stored comes back the
 * same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "endpoints/oidc/params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REGISTERED "https://app.example.org/cb"
#define LOOPBACK   "http://127.0.0.1"
#define ISSUER     "https://id.example.org"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void params_check(struct arena *arena, const struct authorize_params *params)
{
	const char *json = authorize_params_format(arena, params);
	struct authorize_params back;

	must(json && authorize_params_parse(arena, json, &back) == OK);
	must(equal(back.redirect_uri, params->redirect_uri) && equal(back.response_mode, params->response_mode));
	must(equal(back.scope, params->scope) && equal(back.state, params->state) && equal(back.nonce, params->nonce));
	must(equal(back.login_hint, params->login_hint) && equal(back.acr_values, params->acr_values));
	must(equal(back.ui_locales, params->ui_locales) && equal(back.code_challenge, params->code_challenge));
	must(back.max_age == params->max_age && back.prompt_none == params->prompt_none);
	must(back.prompt_login == params->prompt_login && back.prompt_consent == params->prompt_consent);
	must(words_has(params->scope, "openid"));
	must(!params->prompt_none ||
	     !(params->prompt_login || params->prompt_consent || params->prompt_select_account));
}

static void response_check(const struct authorize_response *response, const struct authorize_params *params)
{
	const size_t size = strlen(params->redirect_uri);
	bool named = false;

	must(strncmp(response->location, params->redirect_uri, size) == 0);
	for (const char *c = response->location; *c; c++)
		must(*c > ' ' && *c < 0x7f);
	for (size_t i = 0; i < response->field_count; i++)
		named |= equal(response->fields[i].name, "iss") && equal(response->fields[i].value, ISSUER);
	must(named);
	if (response->form_post)
		must(response->location[size] == '\0');
	else
		must(response->location[size] == '?' || response->location[size] == '&');
}

static void request_check(struct arena *arena, const struct authorize_raw *raw, const struct client_row *client)
{
	static const struct settings settings = {.issuer = ISSUER};
	const struct core core = {.settings = &settings};
	struct authorize_response response;
	struct authorize_result result;

	must(authorize_judge(arena, raw, client, &result) == OK);
	must((result.answer == AUTHORIZE_GO) == (result.error.code == NULL));
	if (result.answer == AUTHORIZE_PAGE)
		return;
	must(equal(result.params.redirect_uri, REGISTERED) ||
	     (client->is_public && text_has_prefix(result.params.redirect_uri, LOOPBACK)));
	if (result.answer == AUTHORIZE_REDIRECT) {
		must(authorize_response_error(&core, arena, &result.params, &result.error, &response) == OK);
	} else {
		must(!client->is_public || result.params.code_challenge);
		params_check(arena, &result.params);
		must(authorize_response_code(&core, arena, &result.params, "code", &response) == OK);
	}
	response_check(&response, &result.params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct client_row web = {.id = "web", .redirect_uris = "[\"" REGISTERED "\"]", .alg = "ES256"};
	static const struct client_row native = {.id = "native",
						 .is_public = true,
						 .redirect_uris = "[\"" REGISTERED "\",\"" LOOPBACK "/cb\"]",
						 .alg = "ES256"};
	struct arena *arena = arena_new(4 << 20);
	struct form *form = NULL;
	struct authorize_raw raw;

	if (form_parse(arena, (const char *)data, size, &form) == OK) {
		authorize_raw_read(form, &raw);
		request_check(arena, &raw, &web);
		request_check(arena, &raw, &native);
		must(!raw.redirect_uri || strlen(raw.redirect_uri) > 0);
	}
	arena_free(arena);
	return 0;
}
