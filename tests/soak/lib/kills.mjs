// The crash loop: people sign in, approve and deny without pause while one process after another is killed. The ledger here
// is outside of the system: what each was told is compared with what the provider remembers and with its audit log.
import { join } from "node:path";
import { setTimeout as rest } from "node:timers/promises";
import { Device } from "../../e2e/lib/device.mjs";
import { send, sendForm } from "../../e2e/lib/http.mjs";
import { Visitor } from "../../e2e/lib/visitor.mjs";
import { bin, World } from "../../e2e/lib/world.mjs";
import { Provider, postgres } from "./processes.mjs";

const KILLS = Number(process.argv[2]);
const PEOPLE = 8;
const SLOWEST_MS = Number(process.env.SOAK_SLOWEST_MS ?? 1000);

let passed = 0, failed = 0;
const tally = (fine, text) => {
	console.log(`${fine ? "ok" : "not ok"} - ${text}`);
	fine ? passed++ : failed++;
};

const closers = [];
const wrong = []; // what contradicts the ledger
const ledger = { logins: new Map(), approvals: 0, denials: 0, codes: 0, tokens: 0, cut: 0 };
let isOver = false;

// A request that a kill may cut: null then. Nobody knows whether it arrived.
async function attempt(request) {
	try {
		const reply = await request();
		if (reply.status < 500) return reply;
	} catch (error) {
		if (!/ECONN|EPIPE|socket hang up|aborted/.test(`${error.code} ${error.message}`)) throw error;
	}
	ledger.cut++;
	return null;
}

// The same again until it is answered.
async function insist(provider, request) {
	for (let i = 0; i < 400; i++) {
		const reply = await attempt(request);
		if (reply) return reply;
		await provider.serving();
		await rest(5);
	}
	throw new Error("a request is cut again and again");
}

class Person {
	constructor(world, provider, client, name, device) {
		Object.assign(this, { world, provider, client, name, device, visitor: new Visitor(world) });
	}

	note(entry, what, text) {
		wrong.push(`${this.name}, login ${entry.id}: ${what}: ${text}`);
	}

	async begin() {
		for (const name of this.visitor.jar.keys()) if (name.endsWith("session")) this.visitor.jar.delete(name);
		let login;
		while (!login && !isOver) {
			login = await this.visitor.begin(this.client).catch(() => null);
			if (!login) await this.provider.serving();
		}
		return login;
	}

	// What the person wants, what was sent, what was answered.
	async signIn() {
		const login = await this.begin();
		if (!login) return;
		const entry = { id: login.id, wants: ["approve", "approve", "approve", "deny", "nothing"][Math.floor(Math.random() * 5)], sent: false, told: null, finished: false };
		ledger.logins.set(login.id, entry);
		const shown = await attempt(() => login.step("identify", { username: this.name }));
		if (shown?.status === 200 && shown.json.challenge) await this.answer(entry, shown.json.challenge.number);
		await this.finish(entry, login);
	}

	async answer(entry, number) {
		const list = await attempt(() => this.device.request("GET", "/challenges"));
		const id = list?.json.challenges[0]?.id;
		const details = id && await attempt(() => this.device.request("GET", `/challenges/${id}`));
		if (details?.status !== 200 || entry.wants === "nothing") return;
		const challenge = { ...details.json, bytes: details.text };
		const answer = this.device.answerJws(challenge, entry.wants, entry.wants === "approve" ? number ?? undefined : undefined);
		const wanted = entry.wants === "approve" ? "approved" : "denied";
		entry.sent = true;
		let reply = await attempt(() => this.device.sendAnswer(id, answer));
		entry.cut = !reply;
		reply ??= await insist(this.provider, () => this.device.sendAnswer(id, answer)); // the same bytes again
		if (reply.status === 200 && reply.json.state === wanted) entry.told = wanted;
		else if (![404, 409, 410].includes(reply.status)) this.note(entry, "answer", `${reply.status} ${reply.text}`);
		if (entry.told) entry.told === "approved" ? ledger.approvals++ : ledger.denials++;
	}

	// Only an approval leads to a code, and an approval that was acknowledged always does.
	async finish(entry, login) {
		const first = await attempt(() => login.step("finish"));
		const reply = first ?? await insist(this.provider, () => login.step("finish"));
		if (reply.status === 200 && entry.told !== "approved") this.note(entry, "granted", `${entry.wants}, told ${entry.told}`);
		if (first && entry.told === "approved" && reply.status !== 200) this.note(entry, "an acknowledged approval is lost", `${reply.status} ${reply.text}`);
		if (reply.status !== 200) return;
		entry.finished = true;
		ledger.codes++;
		const again = await insist(this.provider, () => login.step("finish"));
		if (again.status === 200) this.note(entry, "finished twice", again.text);
		await this.redeem(entry, login, new URL(reply.json.location).searchParams.get("code"));
	}

	async redeem(entry, login, code) {
		const fields = { grant_type: "authorization_code", code, redirect_uri: this.client.redirectUri, code_verifier: login.checks.pkceCodeVerifier };
		const authorization = `Basic ${Buffer.from(`${this.client.id}:${this.client.secret}`).toString("base64")}`;
		const ask = () => sendForm(`${this.world.issuer}/token`, fields, { authorization });
		const first = await attempt(ask);
		const reply = first ?? await insist(this.provider, ask);
		if (first && reply.status !== 200) this.note(entry, "an acknowledged code is lost", `${reply.status} ${reply.text}`);
		if (reply.status !== 200) return; // taken by the request that was cut
		ledger.tokens++;
		const token = { authorization: `Bearer ${reply.json.access_token}` };
		await rest(Math.random() * 300); // a kill may come between
		const known = await insist(this.provider, () => send(`${this.world.issuer}/userinfo`, { headers: token }));
		if (known.status !== 200) this.note(entry, "an acknowledged token is lost", `${known.status} ${known.text}`);
	}

	async live() {
		while (!isOver) await this.signIn();
	}
}

// The audit log holds every event that was acknowledged, and none for what nobody approved.
function auditJudge(events) {
	const of = (event) => new Set(events.filter((row) => row.event === event).map((row) => row.login_id ?? row.login));
	const approved = of("challenge.approved"), denied = of("challenge.denied"), finished = of("login.finished");
	const entries = [...ledger.logins.values()];
	const lost = entries.filter(({ id, told, finished: done }) => (told === "approved" && !approved.has(id)) || (told === "denied" && !denied.has(id)) || (done && !finished.has(id)));
	const invented = [...approved, ...finished].filter((id) => ledger.logins.has(id) && !(ledger.logins.get(id).wants === "approve" && ledger.logins.get(id).sent));
	tally(approved.size > 0 && finished.size > 0, `the audit log has ${approved.size} approvals, ${denied.size} denials, ${finished.size} finished sign-ins`);
	tally(lost.length === 0, `acknowledged and not in the audit log: ${lost.length}`);
	tally(invented.length === 0, `in the audit log and approved by nobody: ${invented.length}`);
}

// The process of that role, which may only just be coming back after the last kill.
async function targetOf(role, provider, more) {
	if (more?.role === role) return more;
	for (let i = 0; i < 2000; i++) {
		const found = provider.processes().find((one) => one.role === role);
		if (found) return found;
		await rest(1);
	}
	throw new Error(`there is no ${role} to kill`);
}

async function kills(provider) {
	const more = postgres(), done = new Map(), slowest = new Map(), times = [], owns = [];
	const roles = ["serve", "keyholder", "daemon", ...(more ? [more.role] : [])];
	let left = 0;
	for (let i = 0; i < KILLS; i++) {
		await rest(20 + Math.random() * 280);
		const target = await targetOf(roles[i % roles.length], provider, more);
		const result = await (target.kill ? target.kill(provider) : provider.kill(target));
		times.push(result.ms);
		if (result.own) owns.push(result.own);
		slowest.set(target.role, Math.max(slowest.get(target.role) ?? 0, result.ms));
		left += result.left;
		done.set(target.role, (done.get(target.role) ?? 0) + 1);
	}
	for (const list of [times, owns]) list.sort((a, b) => a - b);
	tally(times.length === KILLS && roles.every((role) => done.get(role) >= Math.floor(KILLS / roles.length)), `${KILLS} kills: ${[...done].map(([role, count]) => `${role} ${count}`).join(", ")}`);
	tally(left === 0, `processes left over: ${left}`);
	tally(times.at(-1) < SLOWEST_MS, `serving again after ${times[KILLS >> 1].toFixed(0)} ms in the median, ${times[Math.floor(KILLS * 0.99)].toFixed(0)} ms in 99 of 100, at most ${[...slowest].map(([role, ms]) => `${ms.toFixed(0)} ms after ${role}`).join(", ")}`);
	if (owns.length > 0) console.log(`PostgreSQL itself answered again after ${owns[owns.length >> 1].toFixed(0)} ms in the median, ${owns.at(-1).toFixed(0)} ms at most; serving is counted from there`);
}

async function main() {
	const world = new World();
	const settings = { password: { memory_kib: 7168, passes: 1 } }; // the least that the release build takes
	const database = process.env.SOAK_DATABASE && process.env.SOAK_DATABASE !== "sqlite" ? process.env.SOAK_DATABASE : "sqlite:data/symbolon.db";
	world.folder = process.env.SOAK_FOLDER;
	await world.init({ policy: { default: { ask: ["push:confirm"] } }, settings, database });
	const provider = new Provider(join(bin, "symbolon"), world.config, world.issuer, join(world.folder, "daemon.log"));
	closers.push(() => provider.child.kill("SIGKILL"));
	provider.start();
	await provider.serving();
	const client = await world.addClient("mail");
	const people = [];
	for (let i = 0; i < PEOPLE; i++) {
		await world.command(["user", "add", `demo.${i}`]);
		people.push(new Person(world, provider, client, `demo.${i}`, await Device.enrol(world, `demo.${i}`)));
	}
	const lives = people.map((person) => person.live());
	await Promise.race([kills(provider), Promise.all(lives)]);
	isOver = true;
	await Promise.all(lives);
	tally(ledger.approvals > 0 && ledger.denials > 0 && ledger.tokens > 0 && ledger.cut > 0, `${ledger.logins.size} sign-ins: ${ledger.approvals} approvals, ${ledger.denials} denials, ${ledger.codes} codes and ${ledger.tokens} tokens acknowledged; ${ledger.cut} requests cut`);
	tally(wrong.length === 0, `contradictions to the ledger: ${wrong.length}`);
	for (const line of wrong.slice(0, 20)) console.log(`  ${line}`);
	auditJudge(await world.audit());
	const end = await provider.stop();
	tally(end.code === 0 && end.left === 0, `ends by itself: ${end.code}, left over: ${end.left}`);
}

main().catch((error) => tally(false, error.stack)).finally(() => {
	for (const close of closers) close();
	console.log(`\n${passed} passed, ${failed} failed`);
	process.exit(failed === 0 && passed > 0 ? 0 : 1);
});
