// A person with the one-time codes of the web authenticator open, and pictures of QR codes for them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Person } from "./browser.mjs";
import { root } from "./world.mjs";

const { encodeQR } = await import(join(root, "web/node_modules/qr/index.js"));

export const PAYROLL = "otpauth://totp/Payroll:demo?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Payroll&algorithm=SHA1&digits=6&period=30";
export const WIKI = "otpauth://totp/Wiki:demo%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Wiki&algorithm=SHA256&digits=8&period=60";
export const MAIL = "otpauth://totp/Mail:demo?secret=MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK&issuer=Mail&algorithm=SHA1&digits=6&period=30";

// A file that a browser opens as a picture.
export const qrPicture = (text) => ({ name: "qr.gif", mimeType: "image/gif", buffer: Buffer.from(encodeQR(text, "gif", { scale: 6, border: 4 })) });

// One frame of video (YUV4MPEG2) that shows a QR code: what Chromium's pretended camera sees.
export function qrVideo(file, text) {
	const [width, height, scale] = [640, 480, 6];
	const rows = encodeQR(text, "raw", { border: 4 });
	const [left, top] = [width, height].map((side) => (side - rows.length * scale) >> 1);
	const luma = Buffer.alloc(width * height, 235);
	rows.forEach((row, y) => row.forEach((dark, x) => {
		for (let line = 0; dark && line < scale; line++) luma.fill(16, (top + y * scale + line) * width + left + x * scale, (top + y * scale + line) * width + left + (x + 1) * scale);
	}));
	const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, Buffer.alloc(width * height / 2, 128)]);
	writeFileSync(file, Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`), ...Array(10).fill(frame)]));
	return file;
}

// In the page: keeps what is read out, because it passes from the screen after seconds.
function hearAll() {
	window.said = new Set();
	const hear = () => document.querySelectorAll("[role=status]").forEach((status) => window.said.add(status.textContent));
	new MutationObserver(hear).observe(document, { subtree: true, childList: true, characterData: true });
}

export class Keeper extends Person {
	static async open(t, browser, issuer, options = {}) {
		const keeper = Object.assign(new Keeper(), await Person.open(t, browser, options));
		keeper.issuer = issuer;
		keeper.context.setDefaultTimeout(60_000); // argon2id in JavaScript on a busy machine
		await keeper.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: issuer });
		await keeper.context.addInitScript(hearAll);
		await keeper.go();
		return keeper;
	}

	async go(rest = "") {
		await this.page.goto(`${this.issuer}/a/#/codes${rest && `/${rest}`}`);
	}

	title(name) {
		return this.page.getByRole("heading", { name, level: 2, exact: true }).waitFor();
	}

	// Was read out since the page was loaded.
	said(text) {
		return this.page.waitForFunction((part) => [...window.said].some((one) => one.includes(part)), text);
	}

	press(name, options = { exact: true }) {
		return this.page.getByRole("button", { name, ...options }).click();
	}

	// The codes in their order, by the name of the service.
	async names() {
		return this.page.locator(".code .w b").allTextContents();
	}

	row(name) {
		return this.page.locator(".code", { hasText: name });
	}

	// What the row reads out: "Copy the code of Payroll · demo: 1 2 3 4 5 6".
	async code(name) {
		const text = this.row(name).locator(".vh");
		await text.filter({ hasText: /\d \d/ }).waitFor({ state: "attached" });
		return (await text.textContent()).replace(/^.*: /s, "").replace(/\s/g, "");
	}

	async paste(link) {
		await this.go("paste");
		await this.page.getByRole("textbox", { name: "Link" }).fill(link);
		await this.press("Add");
	}

	async add(...links) {
		for (const link of links) {
			await this.paste(link);
			await this.title("Codes");
		}
	}

	async more(name, action) {
		await this.row(name).getByRole("button", { name: /^More for/ }).click();
		await this.press(action, {});
	}

	async lock(passphrase) {
		await this.go("lock");
		await this.page.getByRole("textbox", { name: "New passphrase" }).fill(passphrase);
		await this.page.getByRole("textbox", { name: "Once more" }).fill(passphrase);
		await this.press("Turn on the lock");
		await this.page.getByText("The lock is on.").first().waitFor();
	}

	// The download of the encrypted export.
	async exportSealed(passphrase) {
		await this.go("export");
		await this.press("Encrypted file", {});
		await this.page.getByRole("textbox", { name: "Passphrase for the file" }).fill(passphrase);
		await this.page.getByRole("textbox", { name: "Once more" }).fill(passphrase);
		const [file] = await Promise.all([this.page.waitForEvent("download", { timeout: 60_000 }), this.press("Save the file")]);
		return file;
	}

	// Chooses the file in the view of imports.
	async choose(file) {
		await this.page.locator("input[type=file]").setInputFiles(file);
	}
}
