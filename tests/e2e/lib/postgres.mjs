// A PostgreSQL server of the test's own (tests/postgres), reached by a socket in its folder.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, start } from "./world.mjs";

const script = join(root, "tests/postgres");

export class Postgres {
	static async open(t, { durable = false } = {}) {
		const postgres = new Postgres();
		postgres.folder = mkdtempSync(join(tmpdir(), "symbolon-postgres-"));
		postgres.env = { SYMBOLON_POSTGRES_FSYNC: durable ? "on" : "off" };
		chmodSync(postgres.folder, 0o755);
		t?.after(() => postgres.close());
		execFileSync(script, ["prepare", postgres.folder]);
		postgres.start();
		return postgres;
	}

	// Also after a crash.
	start() {
		this.server = start(script, ["run", this.folder], { env: this.env });
		execFileSync(script, ["ready", this.folder]);
	}

	async kill(signal) {
		this.server.child.kill(signal);
		await this.server.done;
	}

	async close() {
		await this.kill("SIGQUIT");
		rmSync(this.folder, { recursive: true, force: true });
	}

	sql(text, database = "postgres") {
		return execFileSync("psql", ["-qAtX", "-v", "ON_ERROR_STOP=1", "-h", this.folder, "-U", "postgres", "-d", database, "-c", text], { encoding: "utf8" }).trim();
	}

	url(database = "postgres") {
		assert.match(database, /^\w+$/);
		return `postgresql:///${database}?host=${this.folder}&user=postgres`;
	}

	// A new, empty database; gives its URL.
	database(name) {
		this.sql(`CREATE DATABASE ${name}`);
		return this.url(name);
	}
}
