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

	// One picture and one look of axe-core, where the same pieces were seen whole in another state.
	async glance(name, page = this.page) {
		return this.shoot(name, page, ["dark"], ["narrow"]);
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

// The app's service worker while no tab shows the app: pushes come by the debugger, as from a push service, and notifications are pressed.
export class Worker {
	static async of(app) {
		const worker = new Worker();
		await app.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
		worker.origin = app.issuer;
		worker.handle = app.context.serviceWorkers().find((one) => one.url().endsWith("/a/sw.js")) ?? (await app.context.waitForEvent("serviceworker"));
		worker.session = await app.context.newCDPSession(app.page);
		const registered = new Promise((resolve) => worker.session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
			const ours = registrations.find(({ scopeURL }) => scopeURL === `${app.issuer}/a/`);
			if (ours) resolve(ours.registrationId);
		}));
		await worker.session.send("ServiceWorker.enable");
		worker.registrationId = await registered;
		return worker;
	}

	push(data) {
		return this.session.send("ServiceWorker.deliverPushMessage", { origin: this.origin, registrationId: this.registrationId, data });
	}

	pushAbout(fragment) {
		return this.push(JSON.stringify({ web_push: 8030, notification: { title: "Sign-in request", body: "Open to review", navigate: `${this.origin}/a/#${fragment}` }, mutable: true }));
	}

	// The notification of this title (about this request), once it is there.
	async shows(title, tag = null) {
		for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) {
			const all = await this.handle.evaluate(async () => (await self.registration.getNotifications()).map((one) => ({ title: one.title, tag: one.tag, actions: one.actions?.map(({ action }) => action) })));
			const found = all.find((one) => one.title === title && (tag === null || one.tag === tag));
			if (found) return found;
		}
		assert.fail(`no notification "${title}" came`);
	}

	press(action) {
		return this.handle.evaluate(async (pressed) => {
			const [notification] = await self.registration.getNotifications();
			self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action: pressed }));
		}, action);
	}
}

export const spelled = (text) => [...text].join(" ");
