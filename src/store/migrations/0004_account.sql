-- Temporary passes: one use, given by an operator to somebody who has nothing else to sign in with.
CREATE TABLE passes (
	id TEXT NOT NULL PRIMARY KEY,
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	hash {bytes} NOT NULL,
	created_at {int} NOT NULL,
	expires_at {int} NOT NULL,
	used_at {int} NOT NULL,
	ended_at {int} NOT NULL
) {table};
CREATE INDEX passes_user ON passes (user_id, created_at);
CREATE INDEX passes_over ON passes (expires_at);
-- One at a time for each person.
CREATE UNIQUE INDEX passes_one ON passes (user_id) WHERE used_at = 0 AND ended_at = 0;

CREATE INDEX enrolments_made_by ON enrolments (made_by);
