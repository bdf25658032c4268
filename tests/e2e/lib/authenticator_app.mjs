// The web authenticator at /a/ as a person uses it, in a real browser that may or may not show it right now.
import assert from "node:assert/strict";
import { eventually } from "./patience.mjs";
import { Screen } from "./screen.mjs";

const SPELLED = /: ([\dA-Z ]+)$/;

export class AuthenticatorApp {
	constructor(here, world) {
		Object.assign(this, here); // browser, service, desktop
		this.world = world;
		this.screen = new Screen(this.browser);
	}

	open(hash = "") {
		return this.browser.goto(`${this.world.issuer}/a/${hash}`);
	}

	// No tab shows the app, or anything else of the provider.
	leave() {
		return this.browser.leave();
	}

	// A newcomer with a temporary pass, this browser on both sides: the account page's link opens the app in a second tab, and the
	// six digits go back by hand.
	async enrolByAccountPage(user, password) {
		const { issuer } = this.world;
		const [{ pass }] = await this.world.command(["pass", "issue", user]);
		await this.browser.goto(`${issuer}/account/`);
		await this.screen.identify(user, password);
		await this.screen.heading("Type your temporary pass");
		await this.screen.type("#pass", `${pass}\n`);
		await this.screen.press("Add");
		await this.screen.press("Use this device");
		await this.browser.turnTo(`${issuer}/a/`);
		await this.screen.press("Add account");
		const digits = await this.spelledOut("#digits");
		await this.browser.turnTo(`${issuer}/account/`);
		await this.screen.type("[name=code]", `${digits}\n`);
		await this.screen.see("is yours");
		await this.browser.turnTo(`${issuer}/a/`);
		await this.screen.see("Ready to approve");
		await this.browser.closeOtherTabs();
	}

	// What is read out one character at a time: "Six digits: 4 8 2 9 1 3".
	async spelledOut(css) {
		const text = await this.screen.text(css);
		assert.match(text, SPELLED);
		return SPELLED.exec(text)[1].replaceAll(" ", "");
	}

	// What the operator sees once the app has echoed a message that came to its present subscription.
	reachable(user = "demo") {
		return eventually(async () => {
			const listed = (await this.world.command(["device", "list", user])).flat();
			return listed.find((device) => device.state === "active" && device.reachable_since > 0);
		}, "a device that push reaches");
	}

	// Another subscription than `old`, and no second one; the provider knows it, and its test message was echoed.
	async subscribedAgain(old) {
		const fresh = await eventually(() => {
			const [one, ...others] = this.service.subscribed;
			return one && one.path !== old.path && others.length === 0 ? one : null;
		}, "a new subscription in place of the old one");
		await this.service.answers.next((answer) => answer.path === fresh.path && answer.status === 201);
		await this.reachable();
		return fresh;
	}

	async subscription() {
		await this.open();
		const subscription = await this.screen.until("return (await (await navigator.serviceWorker.getRegistration('/a/')).pushManager.getSubscription()).toJSON()", "a subscription");
		await this.leave();
		return subscription;
	}

	async tabsOpen() {
		return (await this.browser.addresses()).filter((address) => address.startsWith(this.world.issuer)).length;
	}

	// The notification of a request, as it comes up on the desktop.
	request() {
		return this.desktop.notes.next((note) => note.summary === "Sign-in request");
	}

	// By the notification's button; the app comes up by itself, at this request.
	async review(note) {
		this.desktop.press(note, "Review");
		await this.browser.turnTo(`${this.world.issuer}/a/`);
		await this.browser.closeOtherTabs();
		await this.screen.see("Are you signing in to");
	}

	// A choice shows its number, and says it one digit at a time.
	async approve({ mode, code, number }) {
		await { confirm: () => this.confirm(code), choose: () => this.screen.press(`${number}Number ${[...number].join(" ")}`), enter: () => this.enter(number) }[mode]();
		await this.screen.see("It’s a match");
	}

	async confirm(code) {
		assert.equal(await this.spelledOut("#carry"), code, "the app shows the page's letters");
		await this.screen.press("The codes match");
	}

	async enter(number) {
		for (const digit of number) await this.screen.press(digit);
		await this.screen.press("Approve");
	}
}
