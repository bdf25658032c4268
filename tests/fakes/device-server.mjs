// A device server of the protocol's version 1 for tests of authenticators. It holds one account and a list of requests,
// checks every signature by node:crypto (nothing of ours), and can be told to misbehave.
import { createServer } from "node:http";
import { createHash, createHmac, createPublicKey, hkdfSync, randomBytes, timingSafeEqual, verify } from "node:crypto";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("base64url");
// As the provider's: never with a dash in front, which would be an option behind a command's name.
export const newId = () => {
	const id = randomBytes(16).toString("base64url");
	return id.startsWith("-") ? newId() : id;
};

// RFC 7638, for EC keys.
export const thumbprint = (jwk) =>
	sha256(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }));

export const enrolProof = (issuer, id, secret, jwk) => {
	const key = hkdfSync("sha256", Buffer.from(secret, "base64url"), Buffer.from(id, "base64url"), "symbolon enrol v1", 32);
	const message = ["symbolon-enrol", issuer, id, thumbprint(jwk)].join("\0");
	return createHmac("sha256", Buffer.from(key)).update(message).digest("base64url");
};

class Refusal extends Error {
	constructor(status, error, more = {}) {
		super(error);
		this.status = status;
		this.body = { error, message: `refused: ${error}`, ...more };
	}
}

// Takes a compact JWS apart and verifies it; `keyOf` gives the JWK for a header.
export const jwsVerify = (jws, typ, keyOf) => {
	const parts = String(jws).split(".");
	if (parts.length !== 3 || parts.some((part) => !/^[A-Za-z0-9_-]+$/.test(part))) throw new Refusal(400, "not_a_jws");
	const header = JSON.parse(Buffer.from(parts[0], "base64url"));
	const claims = JSON.parse(Buffer.from(parts[1], "base64url"));
	if (header.alg !== "ES256" || header.typ !== typ) throw new Refusal(401, "wrong_type");
	const jwk = keyOf(header);
	if (!jwk || jwk.d !== undefined) throw new Refusal(401, "unknown_device");
	const good = verify("sha256", Buffer.from(`${parts[0]}.${parts[1]}`), { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" },
		Buffer.from(parts[2], "base64url"));
	if (!good) throw new Refusal(401, "bad_signature");
	return { header, claims };
};

export class DeviceServer {
	constructor({ streams = true } = {}) {
		this.account = { organisation: "Example", username: "demo" };
		this.devices = new Map(); // device id -> {jwk, name, state}
		this.enrolments = new Map(); // id -> {secret, code, state, deviceId, digits, totp}
		this.challenges = new Map(); // id -> {bytes, number, state, settledBy, answers, popup}
		this.jtis = new Set();
		this.log = []; // {method, path, claims}
		this.violations = []; // what a device did against the protocol
		this.history = [];
		this.expected = 0;
		this.ahead = 0; // seconds that this server's clock is ahead
		this.streams = streams ? new Set() : null;
		this.connects = 0;
		this.tellOnOpen = true; // a new stream begins with what is pending
		this.drop = 0; // so many answers are carried out and then lost on the way
		this.override = null; // (request, response) => true when it has answered
		this.waiters = [];
	}

	now() {
		return Math.floor(Date.now() / 1000) + this.ahead;
	}

	async listen() {
		this.server = createServer((request, response) => this.serve(request, response));
		await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
		this.issuer = `http://127.0.0.1:${this.server.address().port}`;
		return this;
	}

	async close() {
		for (const stream of this.streams ?? []) stream.destroy();
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}

	// Resolves once `fn()` is truthy; looked at after every request.
	until(fn) {
		const value = fn();
		if (value) return Promise.resolve(value);
		return new Promise((resolve) => this.waiters.push({ fn, resolve }));
	}

	look() {
		this.waiters = this.waiters.filter(({ fn, resolve }) => {
			const value = fn();
			if (value) resolve(value);
			return !value;
		});
	}

	startEnrolment({ totp = null, code = "ABCDE-FGH12" } = {}) {
		const id = newId();
		const secret = newId();
		this.enrolments.set(id, { secret, code, state: "open", totp });
		return { id, secret, link: `${this.issuer}/a/#e1.${id}.${secret}` };
	}

	typeDigits(id, digits) {
		const enrolment = this.enrolments.get(id);
		enrolment.state = enrolment.digits === digits ? "active" : "void";
		this.devices.get(enrolment.deviceId).state = enrolment.state;
	}

	// A request for the account. `more` overrides members of the details.
	startChallenge({ mode = "confirm", number = null, life = 120, popup = true, ...more } = {}) {
		const id = newId();
		const details = {
			id, nonce: newId(), mode,
			...(mode === "confirm" ? { code: "UIMYQ" } : {}),
			...(mode === "choose" ? { choices: ["17", "42", "86"] } : {}),
			...(mode === "enter" ? { digits: number?.length } : {}),
			account: this.account,
			client: { id: "payroll", name: "Payroll", host: "payroll.example.org" },
			request: { ip: "203.0.113.7", place: "Utrecht, NL", browser: "Firefox on Linux", known: false, at: this.now() },
			why: "Payroll asks for the number because this browser is new.",
			message: null, expires_at: this.now() + life, ...more,
		};
		this.challenges.set(id, { bytes: JSON.stringify(details, null, " "), nonce: details.nonce, number, mode, state: "pending", popup,
			expiresAt: details.expires_at, answers: new Map(), seen: 0 });
		if (popup) this.tell("challenge", { id, expires_at: details.expires_at });
		return id;
	}

	end(id, state) {
		this.challenges.get(id).state = state;
		this.tell("ended", { id, state });
	}

	tell(event, data) {
		for (const stream of this.streams ?? []) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
	}

	async serve(request, response) {
		const chunks = [];
		for await (const chunk of request) chunks.push(chunk);
		const body = Buffer.concat(chunks);
		try {
			if (!this.override?.(request, response, body)) this.route(request, response, body);
		} catch (error) {
			if (!(error instanceof Refusal)) this.violations.push(String(error.stack));
			this.reply(response, error.status ?? 500, error.body ?? { error: "trouble" });
		}
		this.look();
	}

	reply(response, status, body) {
		const bytes = typeof body === "string" ? body : JSON.stringify(body);
		response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(bytes) });
		response.end(bytes);
	}

	route(request, response, body) {
		const path = request.url;
		if (!path.startsWith("/device/v1/")) throw new Refusal(404, "not_found");
		const words = path.slice("/device/v1/".length).split("/");
		const key = `${request.method} ${words[0]}${words.length > 1 ? "/*" : ""}${words[2] ? `/${words[2]}` : ""}`;
		const handler = {
			"POST enrolments/*": () => (words[1] === "lookup" ? this.lookup(body) : this.redeem(words[1], body)),
			"GET enrolments/*": () => this.poll(words[1], this.signed(request, body, true)),
			"GET challenges": () => this.list(this.signed(request, body)),
			"GET challenges/*": () => this.details(words[1], this.signed(request, body)),
			"POST challenges/*/answer": () => this.answer(words[1], this.signed(request, body), JSON.parse(body)),
			"POST expect": () => this.expect(this.signed(request, body)),
			"GET history": () => (this.signed(request, body), [200, { history: this.history }]),
			"GET events": () => this.stream(this.signed(request, body), response),
			"DELETE device": () => this.leave(this.signed(request, body)),
		}[key];
		if (!handler) throw new Refusal(404, "not_found");
		const answer = handler();
		if (!answer) return;
		if (this.drop > 0 && request.method === "POST") {
			this.drop -= 1;
			response.destroy();
			return;
		}
		this.reply(response, ...answer);
	}

	fresh(claims) {
		if (claims.aud !== this.issuer) throw new Refusal(401, "wrong_audience");
		if (Buffer.from(claims.jti ?? "", "base64url").length !== 16) this.violations.push("jti is not 128 bits");
		if (!Number.isInteger(claims.iat) || Math.abs(claims.iat - this.now()) > 60) throw new Refusal(401, "clock_off", { server_time: this.now() });
	}

	signed(request, body, enrolling = false) {
		const [scheme, jws] = (request.headers.authorization ?? "").split(" ");
		if (scheme !== "Symbolon") throw new Refusal(401, "unsigned");
		const { header, claims } = jwsVerify(jws, "symbolon-request+jwt", (head) => this.devices.get(head.kid)?.jwk);
		const device = this.devices.get(header.kid);
		this.log.push({ method: request.method, path: request.url, claims });
		if (claims.htm !== request.method || claims.htu !== this.issuer + request.url) throw new Refusal(401, "other_request");
		if (body.length > 0 ? claims.bh !== sha256(body) : claims.bh !== undefined) throw new Refusal(401, "other_body");
		this.fresh(claims);
		if (request.method !== "GET") {
			if (this.jtis.has(claims.jti)) throw new Refusal(401, "replayed");
			this.jtis.add(claims.jti);
		}
		if (!enrolling && device.state !== "active") throw new Refusal(401, "unauthorized", { server_time: this.now() });
		return { id: header.kid, ...device };
	}

	lookup(body) {
		const { code } = JSON.parse(body);
		for (const [id, enrolment] of this.enrolments) if (enrolment.code === code && enrolment.state === "open") return [200, { id, secret: enrolment.secret }];
		throw new Refusal(404, "not_found");
	}

	redeem(id, body) {
		const enrolment = this.enrolments.get(id);
		if (!enrolment) throw new Refusal(404, "not_found");
		if (enrolment.state === "void") throw new Refusal(410, "void");
		const { header, claims } = jwsVerify(JSON.parse(body).enrolment, "symbolon-enrol+jwt", (head) => head.jwk);
		this.log.push({ method: "POST", path: `/device/v1/enrolments/${id}`, claims });
		this.fresh(claims);
		const wanted = Buffer.from(enrolProof(this.issuer, id, enrolment.secret, header.jwk));
		const got = Buffer.from(claims.proof ?? "");
		if (claims.enrolment !== id || wanted.length !== got.length || !timingSafeEqual(wanted, got)) throw new Refusal(403, "bad_proof");
		if (enrolment.state !== "open") {
			if (thumbprint(header.jwk) !== thumbprint(this.devices.get(enrolment.deviceId).jwk)) throw new Refusal(409, "second_device");
		} else {
			Object.assign(enrolment, { state: "confirm", deviceId: newId(), digits: "482913" });
			this.devices.set(enrolment.deviceId, { jwk: header.jwk, name: claims.name, platform: claims.platform, state: "confirm" });
		}
		return [202, { device_id: enrolment.deviceId, state: "confirm", digits: enrolment.digits, account: { issuer: this.issuer, ...this.account } }];
	}

	poll(id, device) {
		const enrolment = this.enrolments.get(id);
		if (enrolment?.deviceId !== device.id) throw new Refusal(404, "not_found");
		if (enrolment.state === "void") throw new Refusal(410, "void");
		if (enrolment.state !== "active") return [200, { state: enrolment.state }];
		return [200, { state: "active", account: { issuer: this.issuer, ...this.account }, ...(enrolment.totp ? { totp: enrolment.totp } : {}), vapid_public_key: null }];
	}

	list() {
		const pending = [...this.challenges].filter(([, challenge]) => challenge.state === "pending").reverse();
		return [200, { challenges: pending.map(([id, { expiresAt, popup }]) => ({ id, expires_at: expiresAt, popup })) }];
	}

	details(id) {
		const challenge = this.challenges.get(id);
		if (!challenge) throw new Refusal(404, "not_found");
		if (challenge.state !== "pending") throw new Refusal(409, "settled", { state: challenge.state });
		challenge.seen += 1;
		return [200, challenge.bytes];
	}

	answer(id, device, { answer }) {
		const challenge = this.challenges.get(id);
		if (!challenge) throw new Refusal(404, "not_found");
		const hash = sha256(answer);
		if (challenge.answers.has(hash)) return [200, { state: challenge.answers.get(hash) }];
		const { header, claims } = jwsVerify(answer, "symbolon-answer+jwt", () => device.jwk);
		if (header.kid !== device.id || claims.aud !== this.issuer || claims.challenge !== id || claims.nonce !== challenge.nonce ||
			claims.shown !== sha256(challenge.bytes)) throw new Refusal(403, "refused");
		if (Math.abs(claims.iat - this.now()) > 60) throw new Refusal(403, "refused");
		challenge.last = claims;
		if (claims.decision !== "report" && challenge.state !== "pending")
			throw new Refusal(challenge.state === "expired" ? 410 : 409, "settled", { state: challenge.state, settled_by: challenge.settledBy });
		const right = claims.decision !== "approve" || (challenge.number ?? undefined) === claims.number;
		challenge.state = claims.decision === "approve" ? (right ? "approved" : "wrong") : "denied";
		challenge.settledBy = device.name;
		challenge.answers.set(hash, challenge.state);
		return [200, { state: challenge.state }];
	}

	expect() {
		this.expected += 1;
		return [200, { server_time: this.now() }];
	}

	leave(device) {
		this.devices.get(device.id).state = "revoked";
		return [200, { server_time: this.now() }];
	}

	stream(device, response) {
		if (!this.streams) throw new Refusal(404, "not_found");
		this.connects += 1;
		response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
		response.write(": hello\n\n");
		for (const [id, challenge] of this.challenges)
			if (this.tellOnOpen && challenge.state === "pending" && challenge.popup) response.write(`event: challenge\ndata: ${JSON.stringify({ id, expires_at: challenge.expiresAt })}\n\n`);
		this.streams.add(response);
		response.on("close", () => {
			this.streams.delete(response);
			this.look();
		});
		return null;
	}
}
