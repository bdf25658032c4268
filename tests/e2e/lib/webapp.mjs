// The web authenticator in a browser of its own: a person's phone.
import assert from "node:assert/strict";
import { Person } from "./browser.mjs";
import { startEnrolment } from "./device.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, permissions: ["notifications"] };
export const NO_PUSH = /does not support the Push API in incognito mode/;
const digitsOf = (text) => text.replace(/\D/g, "");

export class WebApp extends Person {
	// An app that is open at the provider, with no account yet. Without a permission of its own the browser is one where notifications are off.
	static async open(t, browser, world, options = {}) {
		const person = await Person.open(t, browser, { ...PHONE, ...options });
		const app = Object.setPrototypeOf(person, WebApp.prototype);
		app.issuer = world.issuer;
		await app.page.goto(`${world.issuer}/a/`);
		await app.page.getByRole("navigation").waitFor();
		return app;
	}

	// …and with an account, enrolled by link from the operator's terminal.
	static async enrolled(t, browser, world, user = "demo", options = {}) {
		const app = await WebApp.open(t, browser, world, options);
		await app.enrol(world, user);
		return app;
	}

	async enrol(world, user = "demo") {
		const { task, link } = await startEnrolment(world, user);
		await this.follow(link);
		await this.acceptEnrolment(task);
		await this.closeAdded();
	}

	// A link that is opened while the app is: the browser changes only the fragment.
	async follow(link, page = this.page) {
		await page.evaluate((hash) => { location.hash = hash; }, new URL(link).hash);
	}

	async acceptEnrolment(task, button = "Add account") {
		await this.page.locator("#enrol").getByRole("button", { name: button }).click();
		const digits = this.page.locator("#digits");
		await digits.waitFor({ state: "attached" });
		await task.says(/\{.*"confirm".*\}\n/);
		task.type(digitsOf(await digits.textContent()));
		const { code, err } = await task.done;
		assert.equal(code, 0, err);
		await this.sheetTitle("Ready to approve");
	}

	async closeAdded() {
		await this.page.locator("#enrol").getByRole("button").last().click();
		await this.page.locator("#enrol").waitFor({ state: "detached" });
	}

	// These browsers are incognito, where Chromium says that it has no push; tests with real pushes have browsers of their own.
	calm(allowed = null) {
		super.calm(allowed ? new RegExp(`${NO_PUSH.source}|${allowed.source}`) : NO_PUSH);
	}

	sheetTitle(name, page = this.page) {
		return page.getByRole("heading", { name, level: 2 }).waitFor();
	}

	async tab(name, page = this.page) {
		await page.getByRole("navigation").getByRole("link", { name }).click();
	}

	// The request that is up; its question.
	async request(client, page = this.page) {
		await page.locator("#request").getByRole("heading", { name: client }).waitFor();
		return page.locator("#request");
	}

	async press(name, page = this.page) {
		await page.locator("dialog").getByRole("button", { name }).click();
	}

	async type(number, page = this.page) {
		for (const digit of number) await page.locator(".pad").getByRole("button", { name: digit, exact: true }).click();
	}
}

export const spelled = (text) => [...text].join(" ");
