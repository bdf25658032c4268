-- The audit log becomes chains (docs/audit.md). A row from before has no chain; seq counts from 1 in each.
-- erased_at: the content was erased, commitment and place in the chain stay; erased_mac is the keyholder's word for it.

ALTER TABLE audits ADD COLUMN shown TEXT;
ALTER TABLE audits ADD COLUMN device_jwk TEXT;
ALTER TABLE audits ADD COLUMN chain TEXT;
ALTER TABLE audits ADD COLUMN seq {int} NOT NULL DEFAULT 0;
ALTER TABLE audits ADD COLUMN salt {bytes};
ALTER TABLE audits ADD COLUMN prev {bytes};
ALTER TABLE audits ADD COLUMN commitment {bytes};
ALTER TABLE audits ADD COLUMN hash {bytes};
ALTER TABLE audits ADD COLUMN erased_at {int} NOT NULL DEFAULT 0;
ALTER TABLE audits ADD COLUMN erased_mac {bytes};

-- A place in a chain is taken once; rows without a chain may be as many as they like: NULLs differ.
CREATE UNIQUE INDEX audits_chain ON audits (chain, seq);

-- Where a chain begins (what retention has removed before) and how far the keyholder has put its MAC. The newest row of
-- a chain is the one of audits with the greatest seq.
CREATE TABLE audit_chains (
	chain TEXT NOT NULL PRIMARY KEY,
	base_seq {int} NOT NULL,
	base_hash {bytes} NOT NULL,
	head_seq {int} NOT NULL,
	head_hash {bytes} NOT NULL,
	head_at {int} NOT NULL,
	head_kid TEXT NOT NULL,
	head_mac {bytes} NOT NULL
) {table};
