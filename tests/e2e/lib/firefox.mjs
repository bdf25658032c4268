// Debian's Firefox, headless, with a profile of its own in a temporary folder. `restart` keeps the profile. Everything goes
// by Marionette: pages in the "content" context, the browser itself in the "chrome" one.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Marionette } from "./marionette.mjs";
import { endProcess, eventually, linesOf } from "./patience.mjs";

// Nothing goes to the internet, nothing asks, and pushes come from the stand-in at `pushUrl`.
const preferences = (pushUrl) => ({
	"marionette.port": 0,
	"dom.push.serverURL": pushUrl,
	"dom.push.testing.allowInsecureServerURL": true,
	"dom.push.connection.enabled": true,
	"permissions.default.desktop-notification": 1,
	"alerts.useSystemBackend": true,
	"alerts.showFavicons": false,
	"app.normandy.enabled": false,
	"app.update.enabled": false,
	"browser.aboutwelcome.enabled": false,
	"browser.region.network.url": "",
	"browser.safebrowsing.downloads.remote.enabled": false,
	"browser.safebrowsing.malware.enabled": false,
	"browser.safebrowsing.phishing.enabled": false,
	"browser.shell.checkDefaultBrowser": false,
	"browser.startup.homepage_override.mstone": "ignore",
	"browser.topsites.contile.enabled": false,
	"datareporting.policy.dataSubmissionEnabled": false,
	"extensions.update.enabled": false,
	"intl.accept_languages": "en-GB, en",
	"network.captive-portal-service.enabled": false,
	"network.connectivity-service.enabled": false,
	"network.dns.disabled": false,
	"network.manage-offline-status": false,
	"services.settings.server": "data:,#remote-settings-dummy/v1",
	"toolkit.telemetry.reportingpolicy.firstRun": false,
	"ui.prefersReducedMotion": 1,
});

const preferenceLines = (all) => Object.entries(all).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`).join("");

// Broken policies, and errors that nobody caught in a page of ours. The console is the one place that hears of workers, too; it
// forgets all but the last 250 messages.
const CONSOLE_SIZE = 250;
const COMPLAINT = /Content-Security-Policy|JavaScript Error: .*http:\/\/localhost/;

export class Firefox {
	static name = "firefox";

	static async open({ pushUrl, env = {}, more = {} }) {
		const firefox = new Firefox();
		firefox.folder = mkdtempSync(join(tmpdir(), "symbolon-firefox-"));
		firefox.profile = join(firefox.folder, "profile");
		firefox.env = { ...process.env, HOME: firefox.folder, MOZ_DISABLE_AUTO_SAFE_MODE: "1", MOZ_CRASHREPORTER_DISABLE: "1", MOZ_LOG: "", ...env };
		firefox.complaintsBefore = [];
		mkdirSync(firefox.profile);
		writeFileSync(join(firefox.profile, "user.js"), preferenceLines({ ...preferences(pushUrl), ...more }));
		await firefox.start();
		return firefox;
	}

	async start() {
		const args = ["--headless", "--no-remote", "--marionette", "-remote-allow-system-access", "--profile", this.profile, "about:blank"];
		this.child = spawn(process.env.FIREFOX ?? "firefox-esr", args, { env: this.env, stdio: ["ignore", "pipe", "pipe"] });
		this.child.stderr.resume();
		const said = linesOf(this.child.stdout, "line of Firefox's");
		const line = await said.next((text) => /Marionette\s+INFO\s+Listening on port \d+/.test(text), 120_000);
		this.marionette = await Marionette.connect(Number(/port (\d+)/.exec(line)[1]));
		await this.command("WebDriver:NewSession", { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
		await this.command("WebDriver:SetTimeouts", { script: 60_000, pageLoad: 60_000 });
	}

	// As a person quits it: what it knows goes to its profile.
	async stop() {
		if (!this.child) return;
		this.complaintsBefore = await this.complaints();
		const { child } = this;
		this.child = null;
		const ended = new Promise((resolve) => child.once("exit", resolve));
		await this.command("Marionette:Quit", { flags: ["eAttemptQuit"] }).catch(() => {}); // the connection may end before the answer
		await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 30_000).unref())]);
		await endProcess(child);
	}

	async close() {
		await this.stop();
		rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
	}

	command(name, parameters) {
		return this.marionette.command(name, parameters);
	}

	// Statements in the page that may await, and see `args`.
	async run(script, args = []) {
		const whole = `const [args, done] = arguments; (async () => { ${script} })().then((value) => done({ value }), (error) => done({ error: String(error) }))`;
		const { value } = await this.command("WebDriver:ExecuteAsyncScript", { script: whole, args: [args], newSandbox: false });
		if (value.error) throw new Error(value.error);
		return value.value ?? null;
	}

	// Runs inside the browser itself.
	async chrome(script, args = []) {
		await this.command("Marionette:SetContext", { value: "chrome" });
		try {
			return (await this.command("WebDriver:ExecuteScript", { script, args, newSandbox: false })).value;
		} finally {
			await this.command("Marionette:SetContext", { value: "content" });
		}
	}

	// The network is gone, and is there again.
	reconnect() {
		return this.chrome("Services.io.offline = true; Services.io.offline = false;");
	}

	async complaints() {
		if (!this.child) return this.complaintsBefore;
		const messages = await this.chrome("return Services.console.getMessageArray().map((one) => one.message)");
		assert.ok(messages.length < CONSOLE_SIZE, `Firefox's console has forgotten something: ${messages.join("\n")}`);
		return [...this.complaintsBefore, ...messages.filter((text) => COMPLAINT.test(text))];
	}

	// As a hand would: with the pointer, on the element that the expression gives.
	async click(expression) {
		const { value } = await this.command("WebDriver:ExecuteScript", { script: `return ${expression}`, args: [], newSandbox: false });
		if (!value) throw new Error(`nothing to click: ${expression}`);
		await this.command("WebDriver:ElementClick", { id: Object.values(value)[0] });
	}

	// "\n" is the enter key, which comes when the page has taken in the rest, as after any finger.
	async type(css, text) {
		for (const keys of text.split(/(?=\n)/)) await this.sendKeys(css, keys.replace("\n", "\ue007"));
	}

	async sendKeys(css, text) {
		const { value } = await this.command("WebDriver:FindElement", { using: "css selector", value: css });
		await this.command("WebDriver:ElementSendKeys", { id: Object.values(value)[0], text });
	}

	goto(url) {
		return this.command("WebDriver:Navigate", { url });
	}

	// No tab shows any page of the provider now.
	leave() {
		return this.goto("about:blank");
	}

	// To the tab at this address, which somebody else may still be opening.
	turnTo(address) {
		return eventually(() => this.isTurnedTo(address), `a tab at ${address}`);
	}

	async isTurnedTo(address) {
		for (const handle of await this.command("WebDriver:GetWindowHandles")) {
			await this.command("WebDriver:SwitchToWindow", { handle });
			const { value } = await this.command("WebDriver:GetCurrentURL");
			if (value.startsWith(address)) return true;
		}
		return false;
	}

	async closeOtherTabs() {
		const { value: own } = await this.command("WebDriver:GetWindowHandle");
		for (const handle of await this.command("WebDriver:GetWindowHandles")) {
			if (handle === own) continue;
			await this.command("WebDriver:SwitchToWindow", { handle });
			await this.command("WebDriver:CloseWindow");
		}
		await this.command("WebDriver:SwitchToWindow", { handle: own });
	}

	addresses() {
		return this.chrome("return [...Services.wm.getEnumerator('navigator:browser')].flatMap((one) => one.gBrowser.browsers.map((tab) => tab.currentURI.spec))");
	}
}
