// Debian's Chromium with real push: a profile folder of its own (in a private window push is refused), and the switches that send
// it to fakefcm.mjs. It is started here and driven over the DevTools protocol, so that its profile outlives `stop` and `start`
// and its log, where complaints of service workers go too, can be read.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { endProcess, eventually, linesOf } from "./patience.mjs";

const FLAGS = [
	"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run", "--disable-component-update", "--disable-sync",
	"--password-store=basic", "--force-prefers-reduced-motion", "--ignore-certificate-errors", "--lang=en-GB", "--enable-logging=stderr", "--v=0", "--remote-debugging-port=0",
];
// Broken policies, and errors that nobody caught, of pages and workers.
const COMPLAINT = /CONSOLE.*(Content Security Policy|TrustedHTML|TrustedScript|Uncaught)/;

// Notifications are allowed in the profile itself: what the DevTools protocol grants does not outlive the browser.
const PREFERENCES = { profile: { default_content_setting_values: { notifications: 1 } }, intl: { accept_languages: "en-GB,en" } };

export class Chromium {
	static name = "chromium";

	static async open({ switches, env = {} }) {
		const browser = new Chromium();
		browser.switches = switches;
		browser.folder = mkdtempSync(join(tmpdir(), "symbolon-chromium-"));
		browser.env = { ...process.env, HOME: browser.folder, ...env };
		browser.found = [];
		mkdirSync(join(browser.folder, "Default"));
		writeFileSync(join(browser.folder, "Default/Preferences"), JSON.stringify(PREFERENCES));
		await browser.start();
		return browser;
	}

	async start() {
		this.child = spawn(process.env.CHROMIUM ?? "/usr/bin/chromium", [...FLAGS, ...this.switches, `--user-data-dir=${this.folder}`, "about:blank"], { env: this.env, stdio: ["ignore", "ignore", "pipe"] });
		const said = linesOf(this.child.stderr, "line of Chromium's");
		const keep = said.add.bind(said);
		said.add = (line) => {
			if (COMPLAINT.test(line)) this.found.push(line);
			keep(line);
		};
		const [, url] = /(ws:\S+)/.exec(await said.next((line) => line.startsWith("DevTools listening on"), 120_000));
		this.browser = await chromium.connectOverCDP(url, { timeout: 120_000 });
		this.context = this.browser.contexts()[0];
		this.context.setDefaultTimeout(60_000);
		this.page = this.context.pages()[0] ?? (await this.context.newPage());
	}

	// As a person quits it: what it knows goes to its profile.
	async stop() {
		if (!this.child) return;
		const { child } = this;
		this.child = null;
		const ended = new Promise((resolve) => child.once("exit", resolve));
		const session = await this.browser.newBrowserCDPSession();
		await session.send("Browser.close").catch(() => {}); // the connection may end before the answer
		await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 30_000).unref())]);
		await endProcess(child);
	}

	async close() {
		await this.stop();
		rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
	}

	complaints() {
		return this.found;
	}

	goto(url) {
		return this.page.goto(url);
	}

	// No tab shows any page of the provider now.
	leave() {
		return this.goto("about:blank");
	}

	// To the tab at this address, which somebody else may still be opening.
	async turnTo(address) {
		this.page = await eventually(() => this.context.pages().find((page) => page.url().startsWith(address)), `a tab at ${address}`);
		await this.page.bringToFront();
	}

	async closeOtherTabs() {
		for (const page of this.context.pages()) if (page !== this.page) await page.close();
	}

	addresses() {
		return this.context.pages().map((page) => page.url());
	}

	// Statements in the page that may await, and see `args`.
	run(script, args = []) {
		return this.page.evaluate(`(async (args) => { ${script} })(${JSON.stringify(args)})`);
	}

	// As a hand would: with the pointer, on the element that the expression gives.
	async click(expression) {
		const element = (await this.page.evaluateHandle(expression)).asElement();
		if (!element) throw new Error(`nothing to click: ${expression}`);
		await element.click();
	}

	// "\n" is the enter key.
	async type(css, text) {
		await this.page.locator(css).pressSequentially(text);
	}
}
