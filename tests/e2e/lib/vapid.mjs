// What a push service checks before it takes a message: RFC 8030 (TTL), RFC 8188 (one record, encoding) and RFC 8292
// (signature, audience, life, and the key that the subscription is bound to). Written from the RFCs, with node:crypto alone.
import { createPublicKey, verify } from "node:crypto";

const MAX_BODY = 4096;
const DAY_S = 24 * 3600;
const json = (part) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));

function publicKey(raw) {
	const jwk = { kty: "EC", crv: "P-256", x: raw.subarray(1, 33).toString("base64url"), y: raw.subarray(33).toString("base64url") };
	return createPublicKey({ format: "jwk", key: jwk });
}

// RFC 8292 3: "vapid t=JWT, k=KEY".
function credentials(header) {
	const [, rest] = /^vapid\s+(.*)$/i.exec(header ?? "") ?? [];
	if (rest === undefined) return null;
	return Object.fromEntries(rest.split(",").map((part) => part.trim()).map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]));
}

// null, or why the sender is not the one that the subscription was made for.
export function vapidRefusal(header, { audience, key }) {
	const { t: token, k } = credentials(header) ?? {};
	if (!token || !k) return "no vapid credentials with t and k";
	const raw = Buffer.from(k, "base64url");
	if (raw.length !== 65 || raw[0] !== 4) return "k is no uncompressed P-256 point";
	if (!raw.equals(key)) return "k is not the subscription's key";
	const [head, claims, signature] = token.split(".");
	if (json(head).alg !== "ES256") return "alg is not ES256";
	const signed = Buffer.from(`${head}.${claims}`);
	if (!verify("sha256", signed, { key: publicKey(raw), dsaEncoding: "ieee-p1363" }, Buffer.from(signature ?? "", "base64url"))) return "the signature does not fit k";
	const { aud, exp, sub } = json(claims);
	const now = Date.now() / 1000;
	if (aud !== audience) return `aud is ${aud}, and must be ${audience}`;
	if (!(exp > now && exp <= now + DAY_S)) return "exp is not within the next 24 hours";
	if (sub !== undefined && !/^(mailto:|https:)/.test(sub)) return "sub is neither mailto: nor https:";
	return null;
}

// null, or {status, reason}: what a push service answers to a message that it does not take.
export function messageRefusal(headers, body, subscription) {
	if (!/^\d+$/.test(headers.ttl ?? "")) return { status: 400, reason: "no TTL" };
	if (body.length > MAX_BODY) return { status: 413, reason: "larger than 4096 bytes" };
	if (body.length > 0 && headers["content-encoding"] !== "aes128gcm") return { status: 400, reason: "not aes128gcm" };
	if (headers.topic !== undefined && !/^[A-Za-z0-9_-]{1,32}$/.test(headers.topic)) return { status: 400, reason: "Topic is not 1 to 32 base64url characters" };
	if (headers.urgency !== undefined && !/^(very-low|low|normal|high)$/.test(headers.urgency)) return { status: 400, reason: "no such Urgency" };
	const refusal = vapidRefusal(headers.authorization, subscription);
	return refusal && { status: 403, reason: refusal };
}
