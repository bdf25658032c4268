#include "core/user.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "core/audit.h"
#include "core/factor_password.h"

#define NAME_MAX_CHARS  64
#define EMAIL_MAX_CHARS 254

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("._-@+", c));
}

/* ASCII only, so that no two names look alike. */
static enum status canonical(struct arena *arena, const char *typed, size_t max, char **ret_name)
{
	char *name;
	size_t size;

	typed += strspn(typed, " ");
	size = strlen(typed);
	while (size > 0 && typed[size - 1] == ' ')
		size--;
	if (size == 0 || size > max)
		return E_INVALID;
	name = arena_strndup(arena, typed, size);
	if (name)
		name = text_lower(arena, name);
	if (!name)
		return E_NOMEM;
	for (const char *c = name; *c; c++)
		if (!is_name_char(*c))
			return E_INVALID;
	*ret_name = name;
	return OK;
}

enum status username_canonical(struct arena *arena, const char *typed, char **ret_name)
{
	return canonical(arena, typed, EMAIL_MAX_CHARS, ret_name);
}

/* ---- adding ---- */

struct add {
	struct user_row row;
	const struct user_new *user;
	char stored[PASSWORD_STORED_SIZE];
};

static enum status add_write(struct store_tx *tx, void *ctx)
{
	const struct add *add = ctx;

	TRY(store_user_insert(tx, &add->row));
	TRY(store_user_set_groups(tx, add->row.id, add->user->groups, add->user->group_count));
	return audit_write(tx, &(struct audit_row){.at = add->row.created_at,
						   .event = "user.added",
						   .user_id = add->row.id,
						   .username = add->row.name});
}

static enum status names_check(struct arena *arena, const struct user_new *user, struct user_row *row,
			       const char **ret_problem)
{
	char *name, *email = "";

	*ret_problem = "a user name is 1 to 64 of a-z 0-9 . _ - @ +";
	if (canonical(arena, user->name, NAME_MAX_CHARS, &name) != OK)
		return E_INVALID;
	*ret_problem = "this cannot be an email address";
	if (user->email && *user->email &&
	    (canonical(arena, user->email, EMAIL_MAX_CHARS, &email) != OK || !strchr(email, '@')))
		return E_INVALID;
	*ret_problem = "the display name has characters that cannot be shown, or is longer than 200 bytes";
	if (user->display_name && *user->display_name &&
	    (!text_is_displayable(user->display_name) || strlen(user->display_name) > 200))
		return E_INVALID;
	for (size_t i = 0; i < user->group_count; i++) {
		*ret_problem = "a group is 1 to 64 of a-z 0-9 . _ - @ +";
		if (strlen(user->groups[i]) > NAME_MAX_CHARS || !*user->groups[i] ||
		    user->groups[i][strspn(user->groups[i],
					   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@+")])
			return E_INVALID;
	}
	*ret_problem = NULL;
	row->name = name;
	row->email = email;
	row->display_name = user->display_name ? user->display_name : "";
	return OK;
}

static enum status password_set(const struct core *core, const struct user_new *user, struct add *add,
				const char **ret_problem)
{
	if (user->imported) {
		const enum password_kind kind = password_kind(user->imported);

		*ret_problem =
			"this hash is of no kind that can be imported: $y$, $2a$, $2b$, $2y$, $5$, $6$ or $argon2id$";
		if (kind != PASSWORD_CRYPT && kind != PASSWORD_ARGON2_PHC)
			return E_INVALID;
		*ret_problem = NULL;
		add->row.password = user->imported;
	}
	if (!user->password)
		return OK;
	if (!password_is_acceptable(user->password, add->row.name, ret_problem))
		return E_INVALID;
	TRY(password_store(core, user->password, add->stored));
	add->row.password = add->stored;
	return OK;
}

enum status user_add(const struct core *core, struct arena *arena, const struct user_new *user, int64_t now,
		     char ret_id[ID_SIZE], const char **ret_problem)
{
	struct add add = {.user = user, .row = {.created_at = now, .updated_at = now}};

	TRY(names_check(arena, user, &add.row, ret_problem));
	TRY(password_set(core, user, &add, ret_problem));
	add.row.password_at = add.row.password ? now : 0;
	id_new(core->random, ret_id);
	add.row.id = ret_id;
	return store_write(core->store, add_write, &add);
}

/* ---- changing ---- */

struct change {
	const char *id;
	bool disabled;
	const char *stored;
	int64_t now;
};

static enum status disabled_write(struct store_tx *tx, void *ctx)
{
	const struct change *change = ctx;

	TRY(store_user_set_disabled(tx, change->id, change->disabled, change->now));
	if (change->disabled)
		TRY(store_pass_end_all(tx, change->id, change->now));
	return audit_write(tx, &(struct audit_row){.at = change->now,
						   .event = change->disabled ? "user.disabled" : "user.enabled",
						   .user_id = change->id});
}

enum status user_set_disabled(const struct core *core, const char *id, bool disabled, int64_t now)
{
	struct change change = {.id = id, .disabled = disabled, .now = now};

	TRY(store_write(core->store, disabled_write, &change));
	core_wake(core, "user", id);
	return OK;
}

static enum status remove_write(struct store_tx *tx, void *ctx)
{
	const struct change *change = ctx;
	struct user_row user;

	TRY(store_user_find(tx, change->id, &user));
	TRY(audit_write(tx, &(struct audit_row){.at = change->now,
						.event = "user.removed",
						.user_id = change->id,
						.username = user.name}));
	return store_user_remove(tx, change->id);
}

enum status user_remove(const struct core *core, const char *id, int64_t now)
{
	struct change change = {.id = id, .now = now};

	TRY(store_write(core->store, remove_write, &change));
	core_wake(core, "user", id);
	return OK;
}

static enum status password_write(struct store_tx *tx, void *ctx)
{
	const struct change *change = ctx;

	TRY(store_user_set_password(tx, change->id, change->stored, change->now));
	TRY(store_browser_remove_all(tx, change->id));
	TRY(store_session_end_all(tx, change->id, NULL, change->now));
	return audit_write(tx,
			   &(struct audit_row){.at = change->now, .event = "password.changed", .user_id = change->id});
}

struct naming {
	const char *id;
	struct user_row row;
};

static enum status name_read(struct store_tx *tx, void *ctx)
{
	struct naming *naming = ctx;

	return store_user_find(tx, naming->id, &naming->row);
}

enum status user_set_password(const struct core *core, struct arena *arena, const char *id, const char *password,
			      int64_t now, const char **ret_problem)
{
	struct change change = {.id = id, .now = now};
	struct naming naming = {.id = id};
	char stored[PASSWORD_STORED_SIZE];

	TRY(store_read(core->store, arena, name_read, &naming));
	if (!password_is_acceptable(password, naming.row.name, ret_problem))
		return E_INVALID;
	TRY(password_store(core, password, stored));
	change.stored = stored;
	return store_write(core->store, password_write, &change);
}

/* ---- what the account has ---- */

enum status user_factors_find(struct store_tx *tx, const struct user_row *user, int64_t now,
			      struct user_factors *ret_factors)
{
	struct user_factors factors = {.password = user->password != NULL};
	struct device_row *devices;
	struct totp_row *seeds;
	struct pass_row pass;
	size_t count;
	int64_t codes;

	TRY(store_device_list(tx, user->id, &devices, &count));
	for (size_t i = 0; i < count; i++)
		factors.device |= strcmp(devices[i].state, "active") == 0;
	TRY(store_totp_list(tx, user->id, &seeds, &count));
	for (size_t i = 0; i < count; i++)
		factors.totp |= strcmp(seeds[i].state, "active") == 0;
	TRY(store_recovery_count(tx, user->id, &codes));
	factors.recovery = codes > 0;
	TRY(absent_is_fine(store_pass_find_live(tx, user->id, now, &pass), &factors.pass));
	*ret_factors = factors;
	return OK;
}
