/* TOTP seeds: made here, checked here, shown once. */
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/otp.h"
#include "crypto/seal.h"
#include "keyholder/server_internal.h"

enum { NAME_MAX_SIZE = 256 };

/* RFC 4226 section 4 wants 160 bits; RFC 6238 as many as the hash has. */
static const size_t seed_sizes[] = {[OTP_SHA1] = 20, [OTP_SHA256] = 32, [OTP_SHA512] = 64};

struct totp_read {
	const char *row_id;
	const char *algorithm;
	int64_t digits, period;
};

static struct totp_read totp_read(struct message_reader *request)
{
	struct totp_read read = {0};

	read.row_id = message_text(request);
	read.algorithm = message_text(request);
	read.digits = message_number(request);
	read.period = message_number(request);
	return read;
}

static enum status params_read(const struct totp_read *read, struct otp_params *ret_params)
{
	struct otp_params params = {0};

	if (read->digits < 6 || read->digits > 8 || read->period < 5 || read->period > 300)
		return E_INVALID;
	TRY(otp_hash_parse(read->algorithm, &params.hash));
	params.digits = (unsigned)read->digits;
	params.period = (unsigned)read->period;
	*ret_params = params;
	return OK;
}

static bool name_is_sane(const char *name)
{
	return strlen(name) <= NAME_MAX_SIZE && (!*name || text_is_displayable(name));
}

static enum status seed_reply(struct call *call, const char *identity, const struct otpauth *otp)
{
	uint8_t sealed[OTP_SEED_MAX + SEAL_OVERHEAD];
	const char *uri = otpauth_format(call->arena, otp);

	if (!uri)
		return E_NOMEM;
	TRY(seal(call->server->totp_key, identity, otp->seed, otp->seed_size, sealed));
	message_add_bytes(call->reply, sealed, otp->seed_size + SEAL_OVERHEAD);
	message_add_text(call->reply, uri);
	return OK;
}

enum status handle_totp_new(struct call *call)
{
	struct totp_read read = totp_read(call->request);
	const char *issuer = message_text(call->request), *account = message_text(call->request);
	struct otpauth otp = {.issuer = (char *)(uintptr_t)issuer, .account = (char *)(uintptr_t)account};

	if (!message_is_done(call->request) || !name_is_sane(issuer) || !name_is_sane(account))
		return E_INVALID;
	TRY(params_read(&read, &otp.params));
	const char *identity = identity_format(call, "totp", read.row_id);
	if (!identity)
		return E_INVALID;
	otp.seed_size = seed_sizes[otp.params.hash];
	random_fill(&random_system, otp.seed, otp.seed_size);
	enum status status = seed_reply(call, identity, &otp);
	secret_zero(&otp, sizeof(otp));
	return status;
}

struct check {
	struct otp_params params;
	const char *identity;
	const uint8_t *sealed;
	size_t sealed_size;
	const char *code;
	int64_t now, window, after;
};

static enum status check_read(struct call *call, struct check *check)
{
	struct totp_read read = totp_read(call->request);

	check->sealed = message_bytes(call->request, &check->sealed_size);
	check->code = message_text(call->request);
	check->now = message_number(call->request);
	check->window = message_number(call->request);
	check->after = message_number(call->request);
	if (!message_is_done(call->request) || check->window < 0 || check->window > OTP_WINDOW_MAX || check->now < 0)
		return E_INVALID;
	TRY(params_read(&read, &check->params));
	check->identity = identity_format(call, "totp", read.row_id);
	return check->identity ? OK : E_INVALID;
}

/* Unsealed first: only a seed's true row can spend its budget, and only true rows take places in the table. */
static enum status seed_check(struct call *call, const struct check *check, int64_t *ret_step)
{
	struct keyholder_server *server = call->server;
	uint8_t seed[OTP_SEED_MAX];
	size_t size = check->sealed_size - SEAL_OVERHEAD;

	if (check->sealed_size <= SEAL_OVERHEAD || size > sizeof(seed))
		return E_REFUSED;
	TRY(unseal(server->totp_key, check->identity, check->sealed, check->sealed_size, seed));
	enum status status = budget_spend(server->totp_budget, check->identity, server->mono_ms());
	if (status == OK)
		status = otp_check(seed, size, &check->params, check->code, check->now, (unsigned)check->window,
				   check->after, ret_step);
	else
		log_warn("keyholder.totp_budget", LOG_S("seed", check->identity), LOG_S("status", status_name(status)));
	secret_zero(seed, sizeof(seed));
	return status;
}

enum status handle_totp_check(struct call *call)
{
	struct check check = {0};
	int64_t step = 0;

	TRY(check_read(call, &check));
	call->server->totp_checks++;
	TRY(seed_check(call, &check, &step));
	message_add_number(call->reply, step);
	return OK;
}
