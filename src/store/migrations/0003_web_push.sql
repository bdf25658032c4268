-- Web Push (docs/push.md). Whoever sends a message claims it by moving not_before ahead; if that node dies, the time comes and another sends it.

ALTER TABLE outbox ADD COLUMN tries {int} NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN claimed_by TEXT;
CREATE INDEX outbox_due ON outbox (not_before);

-- push_kid: the VAPID key that the subscription was made with. push_nonce: of the newest test message.
ALTER TABLE devices ADD COLUMN push_kid TEXT;
ALTER TABLE devices ADD COLUMN push_since {int} NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN push_nonce TEXT;
ALTER TABLE devices ADD COLUMN push_nonce_until {int} NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN push_accepted_at {int} NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN push_failed_at {int} NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN push_failure TEXT;
CREATE INDEX devices_push_kid ON devices (push_kid);

-- Whether a push service has taken the message of a challenge: queued, reached, failed; NULL: there was nobody to send to.
ALTER TABLE challenges ADD COLUMN delivery TEXT;
