// What a person sees and does in a page, the same for every browser: `browser` needs only `run`, `click` and `type`.
import { eventually } from "./patience.mjs";

const FIRST_HEADING = `return document.querySelector("h1")?.textContent.trim() ?? null`;
const plain = (text) => text.replace(/[\u2066-\u2069\u200e\u200f]/g, "").trim();

// An expression for what a person would press: by what it shows, or by its name where it shows a picture.
const pressable = (label) => `[...document.querySelectorAll("button, a, summary, [role=button], [role=tab], [role=radio], label")].find((one) =>
	[one.getAttribute("aria-label"), one.textContent].some((text) => text?.trim() === ${JSON.stringify(label)}) && one.checkVisibility() && !one.disabled)`;

export class Screen {
	constructor(browser) {
		this.browser = browser;
	}

	// What the script gives as soon as it is true; a page that goes away meanwhile is asked again.
	until(script, what = script) {
		return eventually(() => this.browser.run(script).catch(() => null), `${what}, in ${this.browser.constructor.name}`).catch(async (error) => {
			const shown = await this.browser.run("return `${location.href}\\n${document.body.innerText}`").catch(String);
			throw new Error(`${error.message}\nthe page shows: ${shown}`);
		});
	}

	async heading(text) {
		await this.until(`return document.querySelector("h1")?.textContent.trim() === ${JSON.stringify(text)}`, `a heading "${text}"`);
	}

	headingNow() {
		return this.browser.run(FIRST_HEADING);
	}

	see(text) {
		return this.until(`return document.body.innerText.includes(${JSON.stringify(text)})`, `"${text}" on the page`);
	}

	async press(label) {
		await this.until(`return Boolean(${pressable(label)})`, `something to press: "${label}"`);
		await this.browser.click(pressable(label));
	}

	async type(css, text) {
		await this.until(`return Boolean(document.querySelector(${JSON.stringify(css)}))`, `a field ${css}`);
		await this.browser.type(css, text);
	}

	text(css) {
		return this.until(`return document.querySelector(${JSON.stringify(css)})?.textContent`, `text in ${css}`).then(plain);
	}

	// The sign-in page, from the name to where the phone is asked.
	async identify(name, password) {
		await this.heading("Who are you?");
		await this.type("#username", `${name}\n`);
		await this.heading("Your password");
		await this.type("#password", `${password}\n`);
	}

	// What the sign-in page reads out: "Your number: 4 8 1" gives 481.
	async carried() {
		return (await this.text("#carry")).replace(/^.*: /, "").replace(/\s/g, "");
	}

	async claims() {
		await this.heading("Signed in");
		return JSON.parse(await this.text("#claims"));
	}
}
