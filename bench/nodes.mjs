// How much later a page hears of the phone's answer when the answer came to another node. Two nodes on one PostgreSQL; turns are taken, so that
// both figures meet the same neighbours. Called by bench/run.
import { Cluster } from "../tests/e2e/lib/cluster.mjs";
import { Device } from "../tests/e2e/lib/device.mjs";
import { Visitor } from "../tests/e2e/lib/visitor.mjs";

const ROUNDS = 150;
const closers = [];
const quiet = { after: (fn) => closers.push(fn), diagnostic: () => {} };

const at = (device, cluster, index) => Object.assign(Object.create(device), { target: cluster.at(index).target });
const sorted = (times) => [...times].sort((a, b) => a - b);
const share = (times, part) => sorted(times)[Math.floor((times.length - 1) * part)];

// Milliseconds from the phone's sending to the page's hearing, and to the phone's own reply.
async function once(cluster, visitor, client, device, node) {
	const login = await visitor.begin(client, { prompt: "login" });
	let state = await login.state();
	if (state.state === "identify") state = await login.identify();
	if (!state.challenge) state = await login.state("push");
	const phone = at(device, cluster, node);
	const challenge = await phone.challenge();
	const stream = login.events();
	await stream.opened;
	const answer = phone.answerJws(challenge, "approve", state.challenge.number);
	const begun = performance.now();
	const heard = stream.next((event) => event.name === "state" && event.data.state === "done").then(() => performance.now() - begun);
	const reply = await phone.sendAnswer(challenge.id, answer);
	const replied = performance.now() - begun;
	if (reply.status !== 200) throw new Error(reply.text);
	const took = await heard;
	stream.close();
	await login.finish();
	return { took, replied };
}

const cluster = await Cluster.open(quiet, { nodes: 2, policy: { default: { ask: ["push:enter:2"] } } });
try {
	const device = await Device.enrol(cluster, "demo");
	const client = await cluster.addClient("bench");
	const visitor = new Visitor(cluster.at(0));
	const times = [[], []];
	for (let round = 0; round < ROUNDS; round++)
		for (const node of [0, 1]) times[node].push((await once(cluster, visitor, client, device, node)).took);
	const [same, other] = times.map((one) => share(one, 0.5));
	console.log(`nodes: ${2 * ROUNDS} sign-ins, two nodes on one PostgreSQL, the page waits on the first`);
	for (const node of [0, 1])
		console.log(`  answer at the ${node ? "other" : "same "} node: the page hears after ${share(times[node], 0.5).toFixed(1)} ms (median), ${share(times[node], 0.99).toFixed(1)} ms (99 of 100)`);
	console.log(`  other ÷ same: ${(other / same).toFixed(2)}; the way between nodes adds ${(other - same).toFixed(1)} ms`);
} finally {
	for (const close of closers) await close();
}
