// A service that nobody here wrote: Apache with mod_auth_openidc, both from Debian, started here on a free port.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { Device } from "./lib/device.mjs";
import { send } from "./lib/http.mjs";
import { Login, Visitor } from "./lib/visitor.mjs";
import { PASSWORD, World, freePort, start } from "./lib/world.mjs";

const MODULES = "/usr/lib/apache2/modules";
const POLICY = { default: { ask: ["password", "push:enter:6"] }, rules: [] };

function config(folder, port, world, client) {
	// Compiled in on some builds, a module on others.
	const load = (name) => (existsSync(join(MODULES, `mod_${name}.so`)) ? `LoadModule ${name}_module ${join(MODULES, `mod_${name}.so`)}\n` : "");
	return `${["mpm_event", "authn_core", "authz_core", "authz_user", "headers", "unixd", "log_config", "auth_openidc"].map(load).join("")}
ServerRoot ${folder}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
LogLevel warn
DocumentRoot ${folder}/www
StartServers 1
MinSpareThreads 1
MaxSpareThreads 25
ThreadsPerChild 25
MaxRequestWorkers 25
${process.getuid() === 0 ? "User www-data\nGroup www-data" : ""}
OIDCProviderMetadataURL ${world.issuer}/.well-known/openid-configuration
OIDCClientID ${client.id}
OIDCClientSecret ${client.secret}
OIDCRedirectURI http://localhost:${port}/private/callback
OIDCCryptoPassphrase ${"0123456789abcdef".repeat(2)}
OIDCScope "openid profile email"
OIDCRemoteUserClaim preferred_username
OIDCPKCEMethod S256
OIDCSSLValidateServer Off
<Directory ${folder}/www>
	Require all granted
</Directory>
<Location /private>
	AuthType openid-connect
	Require valid-user
	Header set X-Remote-User "expr=%{REMOTE_USER}"
	Header set X-Acr "expr=%{env:OIDC_CLAIM_acr}"
</Location>
`;
}

async function apacheStart(t, world, client, port) {
	const folder = join(world.folder, "apache");
	mkdirSync(join(folder, "www/private"), { recursive: true });
	execFileSync("chmod", ["-R", "a+rX", world.folder]);
	execFileSync("chmod", ["700", world.dir]);
	writeFileSync(join(folder, "www/private/page.html"), "what only signed-in people see\n");
	writeFileSync(join(folder, "httpd.conf"), config(folder, port, world, client));
	const apache = start("/usr/sbin/apache2", ["-f", join(folder, "httpd.conf"), "-DFOREGROUND"], { input: "" });
	world.closers.push(async () => {
		apache.child.kill("SIGTERM");
		await apache.done;
	});
	for (;;) {
		if (apache.ended) assert.fail(`apache: ${apache.err}${existsSync(join(folder, "error.log")) ? readFileSync(join(folder, "error.log"), "utf8") : ""}`);
		const answered = await send(`http://localhost:${port}/`).catch(() => null);
		if (answered) return join(folder, "error.log");
	}
}

// One more cookie jar: the service's.
class Browser {
	jar = new Map();

	async get(url) {
		const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
		const reply = await send(url, { headers: { accept: "text/html", ...(cookie ? { cookie } : {}) } });
		for (const line of [reply.headers["set-cookie"] ?? []].flat()) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
			this.jar.set(name, value);
		}
		return reply;
	}
}

test("A person signs in through Apache with mod_auth_openidc, by password and a typed number", { timeout: 120_000 }, async (t) => {
	const world = await World.open(t, { policy: POLICY });
	const device = await Device.enrol(world, "demo");
	const port = await freePort();
	const client = await world.addClient("apache", { redirectUri: `http://localhost:${port}/private/callback` });
	const log = await apacheStart(t, world, client, port);
	const service = new Browser();
	const visitor = new Visitor(world);

	const refused = await service.get(`http://localhost:${port}/private/page.html`);
	assert.equal(refused.status, 302, refused.text);
	const wanted = new URL(refused.headers.location);
	assert.equal(wanted.origin, world.issuer);
	assert.equal(wanted.searchParams.get("code_challenge_method"), "S256");

	const reply = await visitor.get(wanted.pathname + wanted.search);
	assert.equal(reply.status, 303, reply.text);
	const login = new Login(visitor, { location: new URL(reply.headers.location, world.issuer) });
	await login.identify();
	let state = await login.password(PASSWORD);
	assert.equal(state.challenge.mode, "enter");
	assert.equal(state.challenge.number.length, 6);
	await device.approve(await device.challenge(), state.challenge.number);
	state = await login.until((one) => one.state === "done");
	const back = await login.finish();

	const landed = await service.get(back.href);
	assert.equal(landed.status, 302, `${landed.text}\n${readFileSync(log, "utf8")}`);
	const page = await service.get(landed.headers.location);
	assert.equal(page.status, 200, page.text);
	assert.match(page.text, /what only signed-in people see/);
	assert.equal(page.headers["x-remote-user"], "demo");
	assert.equal(page.headers["x-acr"], "mfa");

	const again = await service.get(back.href);
	assert.notEqual(again.status, 200, "the answer with its code works once");
});
