// A sender that nobody here wrote: npm web-push builds the request, and it goes over HTTP/2 to a stand-in on this machine.
import { connect } from "node:http2";
import webpush from "web-push";

// A message for this subscription that never went through a sender's door: whoever could read the subscription might make one.
export const encrypted = ({ keys }, text) => webpush.encrypt(keys.p256dh, keys.auth, text, "aes128gcm").cipherText;

export const newVapidKeys = () => webpush.generateVAPIDKeys();

// `change` may spoil the request. Gives the status that the push service answered.
export async function sendWebPush(inlet, subscription, text, keys, { ttl = 60, topic, change = (request) => request } = {}) {
	const options = { TTL: ttl, urgency: "high", topic, contentEncoding: "aes128gcm", vapidDetails: { subject: "mailto:demo@example.org", ...keys } };
	const request = change(webpush.generateRequestDetails(subscription, text, options));
	const { host, pathname } = new URL(request.endpoint);
	const session = connect(`https://127.0.0.1:${inlet.port}`, { rejectUnauthorized: false });
	try {
		return await post(session, { ...lowerCased(request.headers), ":method": "POST", ":path": pathname, ":authority": host }, request.body);
	} finally {
		session.close();
	}
}

const lowerCased = (headers) => Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined).map(([name, value]) => [name.toLowerCase(), value]));

function post(session, headers, body) {
	return new Promise((resolve, reject) => {
		session.on("error", reject);
		const stream = session.request(headers);
		stream.on("error", reject);
		stream.on("response", (reply) => resolve(reply[":status"]));
		stream.resume();
		stream.end(body);
	});
}
