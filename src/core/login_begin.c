#include <string.h>

#include "core/login_internal.h"
#include "core/useragent.h"

/* ---- /authorize has understood the request: is anybody signed in here, and is that enough? ---- */

struct begin {
	struct login_op *op;
	const char *const *groups;
	size_t group_count;
	struct user_factors has;
};

static enum status session_user_read(struct store_tx *tx, void *ctx)
{
	struct begin *begin = ctx;
	struct login_op *op = begin->op;
	struct login *login = &op->login;
	enum status status = session_find(tx, op->browser->session_token, op->browser_hash, op->now, &login->session);

	if (status == E_NOT_FOUND)
		return OK;
	TRY(status);
	status = store_user_find(tx, login->session.user_id, &login->user);
	if (status == E_NOT_FOUND || (status == OK && login->user.disabled))
		return OK;
	TRY(status);
	login->has_session = login->has_user = true;
	TRY(known_browser_find(tx, op->browser->known_cookie, login->user.id, op->now,
			       op->core->settings->life.known_browser_s, &login->known));
	login->known.known &= !login->known.theft;
	TRY(store_user_groups(tx, login->user.id, &begin->groups, &begin->group_count));
	TRY(user_factors_find(tx, &login->user, op->now, &begin->has));
	return login_consent_read(tx, login);
}

static enum status row_begin(struct login_op *op, const struct authorize_result *request, char id[ID_SIZE])
{
	struct login_row *row = &op->login.row;

	op->login.params = request->params;
	op->login.client = request->client;
	op->login.consent_needed = request->client.third_party || request->params.prompt_consent;
	id_new(op->core->random, id);
	*row = (struct login_row){
		.id = id,
		.client_id = request->client.id,
		.params = authorize_params_format(op->arena, &request->params),
		.state = "identify",
		.proofs = "[]",
		.ip = op->browser->ip,
		.user_agent = op->browser->user_agent ? op->browser->user_agent : "",
		.ua_label = useragent_label(op->arena, op->browser->user_agent),
		.created_at = op->now,
		.expires_at = op->now + op->core->settings->life.login_s,
	};
	memcpy(row->browser_hash, op->browser_hash, sizeof(row->browser_hash));
	return row->params && row->ua_label ? OK : E_NOMEM;
}

/* The person of the session goes on, unless the service asks to choose an account. */
static enum status session_use(struct begin *begin)
{
	struct login_op *op = begin->op;
	struct login *login = &op->login;

	TRY(store_read(op->core->store, op->arena, session_user_read, begin));
	if (!login->has_session || login->params.prompt_select_account) {
		login->has_session = login->has_user = false;
		login->known = (struct known_browser){0};
		return OK;
	}
	login->row.user_id = login->row.subject = login->user.id;
	login->row.username = login->user.name;
	login->row.known_browser = login->known.known;
	login_proofs_merge(login, op->now);
	TRY(login_decide(op, begin->groups, begin->group_count, &begin->has, NULL));
	login_advance(login);
	return OK;
}

static enum status insert(struct store_tx *tx, void *ctx)
{
	struct login_op *op = ctx;

	return store_login_insert(tx, &op->login.row);
}

/*= OpenID Connect Core 3.1.2.6: what prompt=none is told when a page would be needed */
static struct oauth_error silent_refusal(const struct login *login)
{
	if (!login->has_session)
		return (struct oauth_error){"login_required", "Nobody is signed in in this browser."};
	if (strcmp(login->row.state, "consent") == 0)
		return (struct oauth_error){"consent_required", "The person has not agreed to share this yet."};
	if (strcmp(login->row.state, "refused") == 0)
		return (struct oauth_error){"access_denied", "Policy does not allow this sign-in."};
	return (struct oauth_error){"login_required", "This service asks for a proof that has not been given yet."};
}

static enum status begin_silently(struct login_op *op, struct login_begun *begun)
{
	const struct oauth_error error = silent_refusal(&op->login);

	begun->has_response = true;
	return authorize_response_error(op->core, op->arena, &op->login.params, &error, &begun->response);
}

enum status login_begin(const struct core *core, struct arena *arena, const struct authorize_result *request,
			const struct login_browser *browser, int64_t now, struct login_begun *ret_begun)
{
	struct login_begun begun = {0};
	struct login_finished finished;
	struct login_op op;
	struct begin begin = {.op = &op};

	login_op_init(&op, core, arena, begun.id, browser, now);
	if (!browser->browser_token)
		return E_REFUSED;
	TRY(row_begin(&op, request, begun.id));
	TRY(session_use(&begin));
	if (strcmp(op.login.row.state, "done") == 0) {
		TRY(login_complete(&op, true, &finished));
		begun.has_response = true;
		begun.response = finished.response;
		begun.set_session = finished.set_session;
		begun.set_known = finished.set_known;
	} else if (op.login.params.prompt_none) {
		TRY(begin_silently(&op, &begun));
	} else {
		TRY(store_write(core->store, insert, &op));
	}
	*ret_begun = begun;
	return OK;
}
