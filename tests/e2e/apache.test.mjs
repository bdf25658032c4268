// A service that nobody here wrote: Apache with mod_auth_openidc protects a page; people sign in through it.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, Person } from "./lib/browser.mjs";
import { Device } from "./lib/device.mjs";
import { freePort, PASSWORD, start, World } from "./lib/world.mjs";

const LIMIT = { timeout: 120_000 };
const MODULES = "/usr/lib/apache2/modules";
const apache = "/usr/sbin/apache2";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

function configuration({ world, folder, port, client }) {
	const load = (...names) => names.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join("\n");
	return `
ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
LogLevel warn
Listen 127.0.0.1:${port}
Mutex file:${folder}
${load("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "mime", "headers", "auth_openidc")}
TypesConfig /dev/null
DocumentRoot ${folder}/www
DirectoryIndex index.html
ServerTokens Prod
OIDCProviderMetadataURL ${world.issuer}/.well-known/openid-configuration
OIDCClientID ${client.id}
OIDCClientSecret ${client.secret}
OIDCRedirectURI http://localhost:${port}/callback
OIDCCryptoPassphrase ${"x".repeat(32)}
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCRemoteUserClaim preferred_username
OIDCPassClaimsAs both
OIDCCookie apache_session
OIDCCacheType shm
OIDCCacheShmMax 100
<Location />
	AuthType openid-connect
	Require valid-user
	Header set X-Remote-User "expr=%{REMOTE_USER}"
	Header set X-Acr "%{OIDC_CLAIM_acr}e"
</Location>
<Location /strong>
	Require claim acr:phr
</Location>
`;
}

test("mod_auth_openidc: the same sign-in through Apache, and its own check of acr", { ...LIMIT, skip: existsSync(apache) && existsSync(`${MODULES}/mod_auth_openidc.so`) ? false : "apache2-bin and libapache2-mod-auth-openidc are not installed: ./run setup" }, async (t) => {
	const world = await World.open(t, { policy: { default: { ask: ["password", "push:enter:6"] } } });
	const device = await Device.enrol(world, "demo");
	const port = await freePort();
	const folder = join(world.folder, "apache");
	const client = await world.addClient("apache", { name: "Apache", redirectUri: `http://localhost:${port}/callback` });
	mkdirSync(join(folder, "www/strong"), { recursive: true });
	writeFileSync(join(folder, "www/index.html"), '<!doctype html><html lang="en"><title>Inside</title><link rel="icon" href="data:,"><h1>Inside Apache</h1></html>');
	writeFileSync(join(folder, "www/strong/index.html"), "<h1>never</h1>");
	writeFileSync(join(folder, "httpd.conf"), configuration({ world, folder, port, client }));
	for (const path of [world.folder, folder, join(folder, "www"), join(folder, "www/strong")]) chmodSync(path, 0o755); // Apache's workers are another user
	const server = start(apache, ["-f", join(folder, "httpd.conf"), "-D", "FOREGROUND"], { input: "" });
	world.closers.push(async () => { server.child.kill("SIGTERM"); await server.done; });
	await answers(port, server);

	const person = await Person.open(t, browser);
	await person.page.goto(`http://localhost:${port}/`);
	await person.identify();
	await person.password(PASSWORD);
	const number = await person.carried();
	const challenge = await device.challenge();
	assert.deepEqual([challenge.client.name, challenge.mode], ["Apache", "enter"]);
	const inside = person.page.waitForResponse((response) => response.url() === `http://localhost:${port}/` && response.status() === 200);
	await device.approve(challenge, number);
	await person.heading("Inside Apache");
	const headers = await (await inside).allHeaders();
	assert.deepEqual([headers["x-remote-user"], headers["x-acr"]], ["demo", "mfa"]);
	person.calm();
	const strong = await person.page.goto(`http://localhost:${port}/strong/`);
	assert.notEqual(strong.status(), 200, "Apache itself sees that nothing phishing-resistant was proven");
});

// Apache says nothing when it listens: a connection does.
async function answers(port, server) {
	const deadline = Date.now() + 20_000;
	for (;;) {
		const reply = await fetch(`http://127.0.0.1:${port}/`, { redirect: "manual", headers: { host: `localhost:${port}` } }).catch(() => null);
		if (reply) return;
		assert.ok(!server.ended && Date.now() < deadline, `Apache did not start: ${server.out}${server.err}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}
