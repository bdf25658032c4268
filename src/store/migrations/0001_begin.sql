-- Times are Unix seconds, 0 is never or not. Ids and states are words; hashes are 32 bytes.
-- A column has the name of the row struct's member (src/store/rows.h).

CREATE TABLE users (
	id TEXT NOT NULL PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	display_name TEXT NOT NULL,
	email TEXT NOT NULL,
	password TEXT,
	password_at {int} NOT NULL,
	disabled {int} NOT NULL,
	caution {int} NOT NULL,
	caution_until {int} NOT NULL,
	expect_until {int} NOT NULL,
	created_at {int} NOT NULL,
	updated_at {int} NOT NULL
) {table};
CREATE INDEX users_email ON users (email);

CREATE TABLE user_groups (
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	name TEXT NOT NULL,
	PRIMARY KEY (user_id, name)
) {keyed_table};

CREATE TABLE clients (
	id TEXT NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	is_public {int} NOT NULL,
	secret_hash {bytes} NOT NULL,
	redirect_uris TEXT NOT NULL,
	logout_uris TEXT NOT NULL,
	alg TEXT NOT NULL,
	third_party {int} NOT NULL,
	disabled {int} NOT NULL,
	created_at {int} NOT NULL
) {table};

CREATE TABLE consents (
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	client_id TEXT NOT NULL,
	scope TEXT NOT NULL,
	granted_at {int} NOT NULL,
	PRIMARY KEY (user_id, client_id)
) {keyed_table};
CREATE INDEX consents_client ON consents (client_id);

CREATE TABLE logins (
	id TEXT NOT NULL PRIMARY KEY,
	version {int} NOT NULL,
	browser_hash {bytes} NOT NULL,
	client_id TEXT NOT NULL,
	params TEXT NOT NULL,
	state TEXT NOT NULL,
	user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
	subject TEXT,
	username TEXT,
	plan TEXT,
	proofs TEXT NOT NULL,
	decision TEXT,
	notice TEXT,
	challenge_id TEXT,
	session_sid TEXT,
	ip TEXT NOT NULL,
	user_agent TEXT NOT NULL,
	ua_label TEXT NOT NULL,
	known_browser {int} NOT NULL,
	approved_at {int} NOT NULL,
	created_at {int} NOT NULL,
	expires_at {int} NOT NULL
) {table};
CREATE INDEX logins_user ON logins (user_id, expires_at);
CREATE INDEX logins_over ON logins (expires_at);
CREATE INDEX logins_unnamed_over ON logins (expires_at) WHERE subject IS NULL;

CREATE TABLE challenges (
	id TEXT NOT NULL PRIMARY KEY,
	login_id TEXT NOT NULL,
	user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
	mode TEXT NOT NULL,
	digits {int} NOT NULL,
	number TEXT NOT NULL,
	code TEXT NOT NULL,
	nonce TEXT NOT NULL,
	details TEXT NOT NULL,
	shown {bytes} NOT NULL,
	state TEXT NOT NULL,
	hidden {int} NOT NULL,
	popup {int} NOT NULL,
	known_browser {int} NOT NULL,
	browser_hash {bytes} NOT NULL,
	why TEXT NOT NULL,
	client_name TEXT NOT NULL,
	device_id TEXT,
	answer_hash {bytes} NOT NULL,
	answer TEXT,
	created_at {int} NOT NULL,
	expires_at {int} NOT NULL,
	seen_at {int} NOT NULL,
	settled_at {int} NOT NULL
) {table};
-- One question at a time for each person; decoys (no user) and hidden ones do not count.
CREATE UNIQUE INDEX challenges_one_pending ON challenges (user_id) WHERE state = 'pending' AND hidden = 0;
CREATE INDEX challenges_user ON challenges (user_id, created_at);
CREATE INDEX challenges_pending_over ON challenges (expires_at) WHERE state = 'pending';
CREATE INDEX challenges_over ON challenges (expires_at);

CREATE TABLE devices (
	id TEXT NOT NULL PRIMARY KEY,
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	name TEXT NOT NULL,
	platform TEXT NOT NULL,
	jwk TEXT NOT NULL,
	thumbprint TEXT NOT NULL UNIQUE,
	state TEXT NOT NULL,
	enrolment_id TEXT NOT NULL,
	push_endpoint TEXT,
	push_p256dh TEXT,
	push_auth TEXT,
	push_ok_at {int} NOT NULL,
	reported_at {int} NOT NULL,
	created_at {int} NOT NULL,
	seen_at {int} NOT NULL,
	revoked_at {int} NOT NULL
) {table};
CREATE INDEX devices_user ON devices (user_id, created_at);

CREATE TABLE enrolments (
	id TEXT NOT NULL PRIMARY KEY,
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	sealed_secret {bytes} NOT NULL,
	code_hash {bytes} NOT NULL UNIQUE,
	code_taken {int} NOT NULL,
	state TEXT NOT NULL,
	device_id TEXT,
	digits TEXT,
	with_totp {int} NOT NULL,
	totp_id TEXT,
	made_by TEXT NOT NULL,
	created_at {int} NOT NULL,
	expires_at {int} NOT NULL
) {table};
CREATE INDEX enrolments_user ON enrolments (user_id);
CREATE INDEX enrolments_over ON enrolments (expires_at);

CREATE TABLE replays (
	scope TEXT NOT NULL,
	value TEXT NOT NULL,
	expires_at {int} NOT NULL,
	PRIMARY KEY (scope, value)
) {keyed_table};
CREATE INDEX replays_over ON replays (expires_at);

CREATE TABLE totps (
	id TEXT NOT NULL PRIMARY KEY,
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	label TEXT NOT NULL,
	sealed_seed {bytes} NOT NULL,
	algorithm TEXT NOT NULL,
	digits {int} NOT NULL,
	period {int} NOT NULL,
	last_step {int} NOT NULL,
	state TEXT NOT NULL,
	created_at {int} NOT NULL,
	used_at {int} NOT NULL
) {table};
CREATE INDEX totps_user ON totps (user_id, created_at);

CREATE TABLE recoveries (
	selector TEXT NOT NULL PRIMARY KEY,
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	hash {bytes} NOT NULL,
	created_at {int} NOT NULL,
	used_at {int} NOT NULL
) {table};
CREATE INDEX recoveries_user ON recoveries (user_id);

CREATE TABLE sessions (
	sid TEXT NOT NULL PRIMARY KEY,
	token_hash {bytes} NOT NULL UNIQUE,
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	browser_hash {bytes} NOT NULL,
	proofs TEXT NOT NULL,
	acr TEXT NOT NULL,
	amr TEXT NOT NULL,
	auth_time {int} NOT NULL,
	ip TEXT NOT NULL,
	ua_label TEXT NOT NULL,
	created_at {int} NOT NULL,
	used_at {int} NOT NULL,
	idle_until {int} NOT NULL,
	ends_at {int} NOT NULL,
	ended_at {int} NOT NULL
) {table};
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_idle ON sessions (idle_until);
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at <> 0;

CREATE TABLE browsers (
	id TEXT NOT NULL PRIMARY KEY,
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	token_hash {bytes} NOT NULL,
	previous_hash {bytes} NOT NULL,
	ip TEXT NOT NULL,
	ua_label TEXT NOT NULL,
	created_at {int} NOT NULL,
	used_at {int} NOT NULL,
	rotated_at {int} NOT NULL
) {table};
CREATE INDEX browsers_user ON browsers (user_id, used_at);

-- keep_until: the end of the longest-living token. Until then the row stays, so that a code used twice is seen.
CREATE TABLE grants (
	id TEXT NOT NULL PRIMARY KEY,
	code_hash {bytes} NOT NULL UNIQUE,
	client_id TEXT NOT NULL,
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	login_id TEXT NOT NULL,
	sid TEXT NOT NULL,
	redirect_uri TEXT NOT NULL,
	scope TEXT NOT NULL,
	nonce TEXT,
	code_challenge TEXT,
	acr TEXT NOT NULL,
	amr TEXT NOT NULL,
	auth_time {int} NOT NULL,
	created_at {int} NOT NULL,
	expires_at {int} NOT NULL,
	redeemed_at {int} NOT NULL,
	revoked_at {int} NOT NULL,
	keep_until {int} NOT NULL DEFAULT 0
) {table};
CREATE INDEX grants_client ON grants (client_id);
CREATE INDEX grants_user ON grants (user_id);
CREATE INDEX grants_login ON grants (login_id);
CREATE INDEX grants_session ON grants (sid);
CREATE INDEX grants_over ON grants (keep_until, expires_at);

CREATE TABLE tokens (
	token_hash {bytes} NOT NULL PRIMARY KEY,
	grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
	client_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	scope TEXT NOT NULL,
	created_at {int} NOT NULL,
	expires_at {int} NOT NULL,
	revoked_at {int} NOT NULL
) {table};
CREATE INDEX tokens_grant ON tokens (grant_id);
CREATE INDEX tokens_over ON tokens (expires_at);

CREATE TABLE attempts (
	id {serial},
	subject TEXT NOT NULL,
	kind TEXT NOT NULL,
	at {int} NOT NULL
) {table};
CREATE INDEX attempts_subject ON attempts (subject, kind, at);
CREATE INDEX attempts_over ON attempts (at);

CREATE TABLE outbox (
	id TEXT NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,
	device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
	subject_id TEXT NOT NULL,
	not_before {int} NOT NULL,
	expires_at {int} NOT NULL,
	created_at {int} NOT NULL
) {table};
CREATE INDEX outbox_device ON outbox (device_id);
CREATE INDEX outbox_over ON outbox (expires_at);

-- Append-only, and no reference to anything: it outlives what it tells of.
CREATE TABLE audits (
	id {serial},
	at {int} NOT NULL,
	event TEXT NOT NULL,
	user_id TEXT,
	username TEXT,
	client_id TEXT,
	device_id TEXT,
	login_id TEXT,
	ip TEXT,
	detail TEXT,
	receipt TEXT
) {table};
CREATE INDEX audits_user ON audits (user_id, id);

CREATE TABLE keys (
	kid TEXT NOT NULL PRIMARY KEY,
	purpose TEXT NOT NULL,
	alg TEXT NOT NULL,
	sealed {bytes} NOT NULL,
	public_jwk TEXT,
	state TEXT NOT NULL,
	created_at {int} NOT NULL,
	changed_at {int} NOT NULL
) {table};
CREATE INDEX keys_purpose ON keys (purpose, created_at);

CREATE TABLE meta (
	name TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
) {keyed_table};
