// Debian's Chromium, headless: what a person does, and what must not happen meanwhile.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { root } from "./world.mjs";

const FLAGS = ["--no-sandbox", "--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

// What arrives fades in, and a change of theme begins with the next frame: colours are what they are when all that ends has ended.
async function stillness() {
	const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
	const moving = () => document.getAnimations().filter((one) => one.playState === "running" && one.effect.getComputedTiming().endTime < 2000);
	do {
		await Promise.allSettled(moving().map((one) => one.finished));
		await frame();
		await frame();
	} while (moving().length > 0);
}

// One person's browser. What its pages complain about is kept; `calm()` says there was nothing.
export class Person {
	static async open(t, browser, options = {}) {
		const person = new Person();
		person.context = await browser.newContext({ locale: "en-GB", ...options });
		person.context.setDefaultTimeout(15_000);
		person.complaints = [];
		person.context.on("console", (message) => { if (message.type() === "error") person.complaints.push(message.text()); });
		person.context.on("weberror", (error) => person.complaints.push(String(error.error())));
		await person.context.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`)));
		t.after(() => person.context.close());
		person.page = await person.context.newPage();
		return person;
	}

	calm(allowed = null) {
		assert.deepEqual(this.complaints.filter((text) => !allowed?.test(text)), [], "no console error and no broken content security policy");
	}

	heading(name, page = this.page) {
		return page.getByRole("heading", { name, level: 1 }).waitFor();
	}

	async identify(name = "demo", page = this.page) {
		await this.heading("Who are you?", page);
		await page.locator("#username").fill(name);
		await page.keyboard.press("Enter");
	}

	async password(text, page = this.page) {
		await this.heading("Your password", page);
		await page.locator("#password").fill(text);
		await page.keyboard.press("Enter");
	}

	// What the page reads out: "Your number: 4 8 1" gives 481.
	async carried(page = this.page) {
		const carry = page.locator("#carry");
		await carry.waitFor({ state: "attached" });
		return (await carry.textContent()).replace(/^.*: /, "").replace(/\s/g, "");
	}

	why(page = this.page) {
		return page.locator("p.why").textContent().then((text) => text.replace(/[\u2066-\u2069\u200e\u200f]/g, "").trim());
	}

	async signedIn(page = this.page) {
		await this.heading("Signed in", page);
		return JSON.parse(await page.locator("#claims").textContent());
	}

	// From now on: gives a function that waits until the page's event stream has said something.
	async ear(page = this.page) {
		const session = await page.context().newCDPSession(page);
		const said = new Promise((resolve) => session.once("Network.eventSourceMessageReceived", resolve));
		await session.send("Network.enable");
		return async () => {
			await said;
			await session.detach();
		};
	}

	async accessible(page = this.page) {
		const session = await page.context().newCDPSession(page);
		await session.send("Runtime.evaluate", { expression: axe });
		const { result } = await session.send("Runtime.evaluate", {
			expression: "axe.run(document).then((found) => JSON.stringify(found.violations.map((one) => [one.id, ...one.nodes.map((node) => String(node.target))])))",
			awaitPromise: true, returnByValue: true,
		});
		await session.detach();
		assert.deepEqual(JSON.parse(result.value ?? '"axe did not run"'), []);
	}

	// The page as it is, both themes and both sizes, checked by axe-core in each.
	async shoot(name, page = this.page) {
		const folder = join(root, "build/shots");
		mkdirSync(folder, { recursive: true });
		for (const theme of ["light", "dark"])
			for (const [size, viewport] of Object.entries(SIZES)) {
				await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
				await page.setViewportSize(viewport);
				await page.evaluate(() => document.fonts.ready);
				await page.evaluate(stillness);
				await this.accessible(page);
				await page.screenshot({ path: join(folder, `${name}-${theme}-${size}.png`) });
			}
	}
}
