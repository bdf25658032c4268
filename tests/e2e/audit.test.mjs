// The audit log as evidence: that it is whole, that no hand in the database goes unseen, and that a device's answer can
// be checked by whoever holds it. The hashes are computed here a second time, from docs/audit.md alone.
import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Device, sha256 } from "./lib/device.mjs";
import { signIn, Visitor } from "./lib/visitor.mjs";
import { PASSWORD, start, World } from "./lib/world.mjs";

const LIMIT = { timeout: 120_000 };
const policy = { default: { ask: ["password", "push:enter:6 | totp | recovery"] } };
const HOSTILE = "\"><script>alert(1)</script>'; DROP TABLE audits; --\u{1f511}";

async function scene(t, options = {}) {
	const world = await World.open(t, { policy, ...options });
	world.database = join(world.dir, "data/symbolon.db");
	const device = await Device.enrol(world, "demo");
	const payroll = await world.addClient("payroll");
	return { world, device, payroll };
}

async function sql(world, text, options = []) {
	const { code, out, err } = await start("sqlite3", ["-batch", "-bail", ...options, world.database], { input: `.timeout 5000\n${text};\n` }).done;
	assert.equal(code, 0, `${text}: ${err}`);
	return out;
}

// The exit code and what was said; a sanitizer's finding fails the test.
async function verifyLog(world, options = []) {
	const { code, out, err } = await world.run(["audit", "verify", "--json", ...options]);
	assert.doesNotMatch(err, /Sanitizer|runtime error/);
	assert.ok(code === 0 || code === 1, `${code}: ${out}${err}`);
	const report = JSON.parse(out);
	assert.equal(report.whole, code === 0);
	return report;
}

// The daemon puts its MAC on within about a second; slow machines get five.
async function settled(world) {
	const until = Date.now() + 5000;
	for (;;) {
		const report = await verifyLog(world);
		assert.deepEqual(report.findings, []);
		if (report.since_mac === 0) return report;
		assert.ok(Date.now() < until, JSON.stringify(report));
	}
}

/* ---- docs/audit.md, written down a second time ---- */

const u32 = (number) => Buffer.from([number >>> 24, number >>> 16, number >>> 8, number].map((byte) => byte & 255));
const i64 = (number) => { const bytes = Buffer.alloc(8); bytes.writeBigInt64BE(BigInt(number)); return bytes; };
const string = (text) => (text === null || text === undefined ? Buffer.from([0]) : Buffer.concat([Buffer.from([1]), u32(Buffer.byteLength(text)), Buffer.from(text)]));
const hex = (text) => Buffer.from(text, "hex");
const hash = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest("hex");
const CONTENT = ["user_id", "username", "client_id", "device_id", "login_id", "ip", "detail", "receipt", "shown", "device_jwk"];
const commitmentOf = (row) => hash(string("symbolon audit content v1"), hex(row.salt), ...CONTENT.map((name) => string(row[name])));
const hashOf = (row) => hash(string("symbolon audit row v1"), string(row.chain), i64(row.seq), hex(row.prev), i64(row.at), string(row.event), hex(row.commitment));

async function rowsOf(world) {
	const columns = ["salt", "prev", "commitment", "hash"].map((name) => `lower(hex(${name})) AS ${name}`).join(", ");
	const out = await sql(world, `SELECT chain, seq, at, event, ${CONTENT.join(", ")}, ${columns} FROM audits ORDER BY chain, seq`, ["-json"]);
	return JSON.parse(out);
}

function verifyAgain(rows) {
	const chains = {};
	for (const row of rows) {
		const before = chains[row.chain] ?? { seq: 0, hash: "00".repeat(32) };
		assert.equal(row.seq, before.seq + 1);
		assert.equal(row.prev, before.hash);
		assert.equal(row.commitment, commitmentOf(row));
		assert.equal(row.hash, hashOf(row));
		chains[row.chain] = row;
	}
	return chains;
}

test("sign-ins, commands and hostile names: the log is whole, and another verifier agrees", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t, { settings: { node: "idp-1" } });
	await signIn(new Visitor(world), payroll, device, { password: PASSWORD });
	const login = await new Visitor(world).begin(payroll);
	await login.identify("nobody.here");
	await login.password("wrong");
	const odd = await world.addClient("odd", { name: HOSTILE });
	await signIn(new Visitor(world), odd, device, { password: PASSWORD });
	const report = await settled(world);
	// `init` ran before the configuration had a name for this node: its chain has the host's.
	assert.deepEqual(report.chains.map(({ chain }) => chain).filter((chain) => chain.startsWith("idp-1/")), ["idp-1/command", "idp-1/daemon"]);
	assert.ok(report.rows > 5);
	const rows = await rowsOf(world);
	assert.ok(rows.some(({ username, user_id }) => username === "nobody.here" && !user_id) && rows.some(({ shown }) => shown?.includes("</script>")));
	const chains = verifyAgain(rows);
	for (const { chain, last_seq } of report.chains) assert.equal(chains[chain].seq, last_seq);
	const { code, out } = await world.run(["audit", "verify"]);
	assert.equal(code, 0);
	assert.match(out, /The audit log is whole/);
	const head = await world.run(["audit", "head"]);
	for (const { chain, seq, hash: shown } of JSON.parse(head.out).heads) assert.equal(shown, chains[chain].hash, `${chain} ${seq}`);
	await world.stop();
	await settled(world);
});

test("every hand in the database is found: a byte, a row gone, two swapped, the end cut, an older state put back", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t, { settings: { node: "idp-1" } });
	await signIn(new Visitor(world), payroll, device, { password: PASSWORD });
	await settled(world);
	const old = join(world.folder, "old.db"), whole = join(world.folder, "whole.db"), head = join(world.folder, "head.json");
	const keep = (file) => sql(world, `VACUUM INTO '${file}'`);
	const putBack = (file) => {
		for (const ending of ["-wal", "-shm"]) if (existsSync(world.database + ending)) rmSync(world.database + ending);
		copyFileSync(file, world.database);
	};
	await keep(old);
	await signIn(new Visitor(world), payroll, device, { password: PASSWORD });
	await settled(world);
	writeFileSync(head, (await world.run(["audit", "head"])).out);
	await world.stop();
	await keep(whole);
	const [{ last, at }] = JSON.parse(await sql(world, "SELECT MAX(seq) AS last, MAX(at) AS at FROM audits WHERE chain = 'idp-1/daemon'", ["-json"]));
	const daemon = "chain = 'idp-1/daemon'";
	const hands = [
		["one byte", `UPDATE audits SET ip = ip || '0' WHERE ${daemon} AND seq = 3`, 3, /content was changed/],
		["another event", `UPDATE audits SET event = 'login.finishes' WHERE ${daemon} AND seq = 3`, 3, /time, event/],
		["a row gone", `DELETE FROM audits WHERE ${daemon} AND seq = 3`, 4, /removed/],
		["two swapped", `UPDATE audits SET seq = -1 WHERE ${daemon} AND seq = 3; UPDATE audits SET seq = 3 WHERE ${daemon} AND seq = 4; UPDATE audits SET seq = 4 WHERE ${daemon} AND seq = -1`, 3, /place/],
		["the end cut", `DELETE FROM audits WHERE ${daemon} AND seq > ${last - 2}`, last - 2, /cut off/],
		["the end cut and the record with it", `DELETE FROM audits WHERE ${daemon} AND seq > ${last - 2}; UPDATE audit_chains SET head_seq = ${last - 2}, head_hash = (SELECT hash FROM audits WHERE ${daemon} AND seq = ${last - 2}) WHERE ${daemon}`, 0, /MAC/],
		["a row of nobody", `INSERT INTO audits (at, event, username) VALUES (${at}, 'login.finished', 'demo')`, 0, /without a chain/],
	];
	for (const [name, text, seq, what] of hands) {
		await sql(world, text);
		const report = await verifyLog(world);
		assert.equal(report.whole, false, name);
		assert.match(report.findings[0].what, what, name);
		assert.equal(report.findings[0].seq, seq, name);
		if (seq === 3) assert.ok(report.findings[0].at > 1_700_000_000, name);
		const human = await world.run(["audit", "verify"]);
		assert.equal(human.code, 1);
		assert.match(human.out, /The audit log is NOT whole/);
		putBack(whole);
		assert.equal((await verifyLog(world, ["--head", head])).whole, true, name);
	}
	putBack(old); // rows and MACs as they were together: only what is kept outside tells
	assert.equal((await verifyLog(world)).whole, true);
	const report = await verifyLog(world, ["--head", head]);
	assert.match(report.findings[0].what, /older state was put back/);
	writeFileSync(head, readFileSync(head, "utf8").replace(/"at":\d+,"kid"/, '"at":1,"kid"'));
	assert.ok((await verifyLog(world, ["--head", head])).findings.some(({ what }) => /MAC does not fit/.test(what)));
	assert.equal((await world.run(["audit", "verify", "--head", world.config])).code, 1);
});

test("a receipt is checked anywhere, also when device and person are gone, and no byte of it can be altered", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	await signIn(new Visitor(world), payroll, device, { password: PASSWORD });
	const row = (await world.audit("demo")).find(({ event }) => event === "challenge.approved");
	const none = (await world.audit("demo")).find(({ receipt }) => !receipt);
	const file = join(world.folder, "receipt.json");
	const [receipt] = await world.command(["audit", "receipt", String(row.id), "--export", file]);
	assert.deepEqual([receipt.valid, receipt.decision, receipt.client_id, receipt.device_id, receipt.key], [true, "approve", "payroll", device.id, sha256(JSON.stringify(device.jwk))]);
	assert.equal(receipt.shown.client.name, "Payroll");
	assert.equal((await world.run(["audit", "receipt", String(none.id)])).code, 1);
	assert.equal((await world.run(["audit", "receipt", String(row.id), "--export", file])).code, 1, "never over a file that is there");
	await world.command(["device", "revoke", device.id]);
	const removed = await world.run(["user", "remove", "demo"]);
	assert.equal(removed.code, 0, removed.err);
	assert.equal((await world.command(["audit", "receipt", String(row.id)]))[0].valid, true);

	// With node:crypto and nothing of ours: the file says all that is needed.
	const text = readFileSync(file, "utf8");
	const { row: place, content } = JSON.parse(text);
	assert.equal(commitmentOf({ ...place, ...content }), place.commitment);
	assert.equal(hashOf(place), place.hash);
	const [header, payload, signature] = content.receipt.split(".");
	const key = createPublicKey({ key: JSON.parse(content.device_jwk), format: "jwk" });
	assert.ok(verify("sha256", Buffer.from(`${header}.${payload}`), { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url")));
	assert.equal(JSON.parse(Buffer.from(payload, "base64url")).shown, sha256(content.shown));

	const elsewhere = { config: false, env: { SYMBOLON_CONFIG: "/nowhere" } };
	const good = await world.run(["audit", "receipt", "--verify", file], elsewhere);
	assert.equal(good.code, 0, good.err);
	assert.match(good.out, /approved, with the number \d{6}/);
	const altered = join(world.folder, "altered.json");
	for (let i = 0; i < 40; i++) {
		const at = Math.floor(i * text.length / 40);
		writeFileSync(altered, text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1));
		const { code, err } = await world.run(["audit", "receipt", "--verify", altered], elsewhere);
		assert.equal(code, 1, `byte ${at}`);
		assert.match(err, /^symbolon: .*altered\.json: .+\n$/);
	}
	assert.equal((await world.run(["audit", "receipt"])).code, 2);
});

test("a person is erased from the log, and it stays whole", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t);
	await signIn(new Visitor(world), payroll, device, { password: PASSWORD });
	const [{ user_id: id }] = await world.audit("demo");
	const { code, out, err } = await world.run(["user", "remove", "demo", "--erase"]);
	assert.equal(code, 0, err);
	assert.match(out, /Erased what \d+ rows of the audit log said of demo/);
	const report = await settled(world);
	assert.ok(report.erased > 4);
	const rows = await world.audit();
	assert.equal(rows.filter(({ erased }) => erased).length, report.erased);
	assert.ok(!JSON.stringify(rows).includes(id), "no row has the id");
	assert.ok(rows.some(({ event }) => event === "audit.erased"));
	await world.stop();
	const bytes = readFileSync(world.database, "latin1");
	assert.ok(!bytes.includes(id) && !bytes.includes(device.id), "nor the file");
	const nobody = await world.run(["audit", "erase", "demo"]);
	assert.equal(nobody.code, 1, "nothing was found, and that must not look as if it had been done");
	assert.match(nobody.err, /there is no user "demo".*user_id/s);
	await sql(world, "UPDATE audits SET erased_at = erased_at + 1 WHERE erased_at > 0");
	assert.match((await verifyLog(world)).findings[0].what, /emptied by hand/);
});

test("what is old enough goes, and the rest stays whole", LIMIT, async (t) => {
	const { world, device, payroll } = await scene(t, { settings: { audit: { keep: 2 }, node: "idp-1" } });
	await signIn(new Visitor(world), payroll, device, { password: PASSWORD });
	const { rows: before } = await settled(world);
	assert.ok(before > 5);
	const until = Date.now() + 60_000; // the sweep comes every ten seconds
	for (;;) {
		const report = await verifyLog(world);
		assert.deepEqual(report.findings, []);
		if (report.rows === 0) break;
		assert.ok(Date.now() < until, JSON.stringify(report));
		await new Promise((resolve) => setTimeout(resolve, 500));
	}
	await world.addUser("later");
	const report = await settled(world);
	assert.equal(report.chains.find(({ chain }) => chain === "idp-1/command").whole, true);
	assert.equal(report.rows, 1);
});
