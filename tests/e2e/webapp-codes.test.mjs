// The one-time codes of the web authenticator, in Debian's Chromium, served by the daemon under its policy.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { FLAGS, launch } from "./lib/browser.mjs";
import { Keeper, MAIL, PAYROLL, qrPicture, qrVideo, WIKI } from "./lib/codes.mjs";
import { root, Totp, World } from "./lib/world.mjs";

const PASSPHRASE = "correct horse battery";
const files = join(root, "tests/data/import");
const expected = JSON.parse(readFileSync(join(files, "expected.json"), "utf8"));

// One daemon and one browser for the file; each test has a browser profile of its own.
const world = new World();
let browser;

before(async () => {
	world.prepareFolder();
	await world.init({});
	await world.serve();
	browser = await launch();
});

after(async () => {
	await browser?.close();
	await world.close();
});

const open = (t, options) => Keeper.open(t, browser, world.issuer, options);

test("codes come in by link and by hand, are those of oathtool, and are found again", async (t) => {
	const keeper = await open(t);
	await keeper.title("Codes");
	await keeper.shoot("codes-empty");
	await keeper.add(PAYROLL, WIKI);
	assert.equal(await keeper.code("Payroll").then((code) => code.length), 6);
	const [before_, shown, after_] = [await new Totp(PAYROLL).code(), await keeper.code("Payroll"), await new Totp(PAYROLL).code()];
	assert.ok([before_, after_].includes(shown), `${shown} is the code before or after a step that may have ended: ${before_} ${after_}`);

	await keeper.go("hand");
	await keeper.page.getByRole("button", { name: "Save" }).click();
	await keeper.page.getByText("Give at least one name").waitFor();
	await keeper.page.getByRole("textbox", { name: "Service" }).fill("بريد 🗝");
	await keeper.page.getByRole("textbox", { name: "Setup key" }).fill("jbsw y3dp 0189");
	await keeper.page.getByRole("button", { name: "Save" }).click();
	await keeper.page.getByText("The setup key may hold only").waitFor();
	await keeper.shoot("codes-hand");
	await keeper.page.getByRole("textbox", { name: "Setup key" }).fill("jbsw y3dp ehpk 3pxp");
	await keeper.page.getByRole("combobox", { name: "Group" }).fill("Home");
	await keeper.page.getByRole("button", { name: "Save" }).click();
	await keeper.title("Codes");
	await keeper.add(MAIL);
	assert.deepEqual(await keeper.names(), ["Payroll", "Wiki", "بريد 🗝", "Mail"]);
	await keeper.shoot("codes-list");

	await keeper.page.getByRole("searchbox").fill("EXAMPLE wiki");
	assert.deepEqual(await keeper.names(), ["Wiki"]);
	await keeper.page.getByRole("searchbox").fill("nothing like it");
	await keeper.page.getByText("No code has this").waitFor();
	await keeper.press("Clear the search");
	await keeper.page.getByText("Home", { exact: true }).click();
	assert.deepEqual(await keeper.names(), ["بريد 🗝"]);

	await keeper.page.reload();
	await keeper.row("Mail").waitFor();
	assert.equal((await keeper.names()).length, 4);
	keeper.calm();
});

test("what is no code is refused with a sentence, and the same name never overwrites", async (t) => {
	const keeper = await open(t);
	for (const [link, sentence] of [["https://example.org", "This is not a one-time code"], ["otpauth://hotp/x?secret=JBSWY3DP", "Codes that count uses"], ["otpauth://totp/x?secret=JBSWY3DP&digits=9", "6 to 8 digits"]]) {
		await keeper.paste(link);
		await keeper.page.getByText(sentence).waitFor();
	}
	await keeper.add(PAYROLL, PAYROLL);
	await keeper.said("is here already. Nothing was changed.");
	assert.deepEqual(await keeper.names(), ["Payroll"]);
	const other = PAYROLL.replaceAll("JBSWY3DP", "MFRGGZDF");
	await keeper.paste(other);
	await keeper.page.getByRole("heading", { name: "This name is here already" }).waitFor();
	await keeper.shoot("codes-conflict");
	await keeper.press("Keep both");
	await keeper.title("Codes");
	assert.deepEqual(await keeper.names(), ["Payroll", "Payroll"]);
	keeper.calm();
});

test("a code is copied, and the clipboard is cleared after 30 seconds", async (t) => {
	const keeper = await open(t);
	await keeper.page.clock.install();
	await keeper.go();
	await keeper.add(PAYROLL);
	const clipboard = () => keeper.page.evaluate(() => navigator.clipboard.readText());
	await keeper.row("Payroll").locator(".code-main").click();
	await keeper.said("Copied");
	const copied = await clipboard();
	assert.match(copied, /^\d{6}$/);
	await keeper.page.clock.fastForward(15_000);
	assert.equal(await clipboard(), copied);
	await keeper.page.clock.fastForward(16_000);
	await keeper.page.waitForFunction(() => navigator.clipboard.readText().then((text) => text === ""));

	await keeper.more("Payroll", "Copy the next code");
	await keeper.page.waitForFunction(() => navigator.clipboard.readText().then((text) => /^\d{6}$/.test(text)));
	keeper.calm();
});

test("hidden codes are shown by a tap for a moment", async (t) => {
	const keeper = await open(t);
	await keeper.page.clock.install();
	await keeper.go();
	await keeper.add(PAYROLL);
	await keeper.press("Hide codes");
	await keeper.row("Payroll").getByText("••• •••").waitFor();
	await keeper.shoot("codes-hidden");
	await keeper.page.reload();
	await keeper.row("Payroll").getByText("••• •••").waitFor();
	await keeper.row("Payroll").locator(".code-main").click();
	await keeper.row("Payroll").locator(".o", { hasText: /^\d{3} \d{3}$/ }).waitFor();
	await keeper.page.clock.fastForward(21_000);
	await keeper.row("Payroll").getByText("••• •••").waitFor();
	keeper.calm();
});

test("pin, edit, order by keyboard and by pointer, remove and undo", async (t) => {
	const keeper = await open(t);
	await keeper.add(PAYROLL, WIKI, MAIL);
	await keeper.page.getByRole("link", { name: "Codes, more" }).click();
	await keeper.page.getByRole("link", { name: /Arrange/ }).click();
	await keeper.title("Arrange");
	assert.equal(await keeper.page.evaluate(() => document.activeElement.textContent), "Arrange", "a view is read from its heading");
	await keeper.page.getByRole("button", { name: /^Move .*Mail/ }).press("ArrowUp");
	await keeper.said("2 of 3");
	await keeper.page.waitForFunction(() => document.activeElement.getAttribute("aria-label")?.includes("now 2 of 3"), null, { polling: 50 });
	await keeper.page.getByRole("button", { name: /^Move .*Mail.*now 2 of 3/ }).press("Home");
	await keeper.said("1 of 3");
	const handle = keeper.page.getByRole("button", { name: /^Move .*Payroll.*now 2 of 3/ });
	await handle.waitFor();
	const [from, to] = [await handle.boundingBox(), await keeper.page.getByRole("button", { name: /^Move .*Wiki/ }).boundingBox()];
	await keeper.page.mouse.move(from.x + 20, from.y + 20);
	await keeper.page.mouse.down();
	await keeper.page.mouse.move(to.x + 20, to.y + 25, { steps: 5 });
	await keeper.page.locator("[data-dragged=true]").waitFor();
	await keeper.page.mouse.up();
	await keeper.said("3 of 3");
	await keeper.page.getByRole("button", { name: /^Move .*Payroll.*now 3 of 3/ }).waitFor();
	await keeper.shoot("codes-arrange");
	await keeper.press("Done");
	await keeper.page.waitForFunction(() => document.querySelector(".code .w b")?.textContent === "Mail");
	assert.deepEqual(await keeper.names(), ["Mail", "Wiki", "Payroll"]);

	await keeper.row("Payroll").getByRole("button", { name: /^More for/ }).click();
	await keeper.page.getByRole("button", { name: "Edit" }).waitFor();
	await keeper.shoot("codes-actions");
	await keeper.press("Pin to the top", {});
	await keeper.page.waitForFunction(() => document.querySelector(".code .w b").textContent === "Payroll");
	await keeper.more("Wiki", "Edit");
	await keeper.page.getByRole("textbox", { name: "Service" }).fill("Handbook");
	await keeper.press("Save");
	await keeper.row("Handbook").waitFor();

	await keeper.more("Handbook", "Remove");
	await keeper.page.getByText("was removed").waitFor();
	assert.deepEqual(await keeper.names(), ["Payroll", "Mail"]);
	await keeper.press("Undo");
	await keeper.row("Handbook").waitFor();
	assert.deepEqual(await keeper.names(), ["Payroll", "Mail", "Handbook"]);
	await keeper.more("Handbook", "Remove");
	await keeper.page.getByText("was removed").waitFor();
	await keeper.shoot("codes-removed");
	keeper.calm();
});

test("a QR code from a picture, parts of a Google export one after another, and a picture of nothing", async (t) => {
	const keeper = await open(t);
	await keeper.go("add");
	await keeper.title("Add a code");
	await keeper.shoot("codes-add");
	const picture = async (file) => {
		await keeper.page.locator("dialog input[type=file]").setInputFiles(file);
	};
	await keeper.press("From a picture", {});
	await picture({ name: "x.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
	await keeper.page.getByText("This picture cannot be read.").waitFor();
	await picture(qrPicture("https://example.org/"));
	await keeper.page.getByText("This is not a one-time code").waitFor();
	await keeper.shoot("codes-picture");
	await picture(qrPicture(PAYROLL));
	await keeper.title("Codes");
	assert.deepEqual(await keeper.names(), ["Payroll"]);

	await keeper.go("add");
	await keeper.press("From a picture", {});
	await picture(qrPicture(`${world.issuer}/a/#e1.no.link`));
	await keeper.page.waitForURL(/#\/add$/); // the app's own way to add an account

	const [first, second] = readFileSync(join(files, "google.txt"), "utf8").trim().split("\n");
	await keeper.go("add");
	await keeper.press("From a picture", {});
	await picture(qrPicture(second));
	await keeper.page.getByText("1 of 2 scanned").waitFor();
	await picture(qrPicture(first));
	await keeper.title("What is in it");
	assert.equal(await keeper.page.locator(".preview [data-standing=new], .preview [data-standing=conflict]").count(), expected["google.txt"].codes.length);
	keeper.calm();
});

test("a QR code in front of the camera", async (t) => {
	const video = qrVideo(join(world.folder, "qr.y4m"), WIKI);
	const camera = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...FLAGS, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${video}`] });
	t.after(() => camera.close());
	const keeper = await Keeper.open(t, camera, world.issuer);
	await keeper.go("add");
	await keeper.press("Scan a QR code", {});
	await keeper.title("Codes");
	assert.deepEqual(await keeper.names(), ["Wiki"]);
	keeper.calm();
});

test("without a camera, or without leave to use it, the scanner says what to do", async (t) => {
	const keeper = await open(t);
	await keeper.go("add");
	await keeper.press("Scan a QR code", {});
	await keeper.page.getByText(/No camera was found|may not be used here/).waitFor();
	await keeper.shoot("codes-no-camera");
});

test("the lock: on, shut, wrong passphrase, open, at every start, shown again before a secret leaves, off", async (t) => {
	const keeper = await open(t);
	await keeper.add(PAYROLL);
	await keeper.go("lock");
	await keeper.title("Lock");
	await keeper.shoot("codes-lock-new");
	await keeper.page.getByRole("textbox", { name: "New passphrase" }).fill("short");
	await keeper.press("Turn on the lock");
	await keeper.page.getByText("Take at least 8 characters").waitFor();
	await keeper.page.getByRole("textbox", { name: "New passphrase" }).fill(PASSPHRASE);
	await keeper.page.getByRole("textbox", { name: "Once more" }).fill("something else");
	await keeper.press("Turn on the lock");
	await keeper.page.getByText("The two are not the same").waitFor();
	await keeper.lock(PASSPHRASE);
	await keeper.shoot("codes-lock-on");
	await keeper.press("Lock now");
	await keeper.title("Codes are locked");
	await keeper.shoot("codes-locked");
	assert.equal(await keeper.page.locator(".code").count(), 0);

	const unlock = async (passphrase, button = "Unlock") => {
		await keeper.page.getByRole("textbox", { name: "Passphrase" }).fill(passphrase);
		await keeper.press(button);
	};
	await unlock("wrong passphrase");
	await keeper.page.getByText("That passphrase does not open it").waitFor();
	await unlock(PASSPHRASE);
	await keeper.go();
	await keeper.row("Payroll").waitFor();
	await keeper.page.reload();
	await keeper.title("Codes are locked");
	await unlock(PASSPHRASE);
	await keeper.row("Payroll").waitFor();

	await keeper.more("Payroll", "Show as QR code");
	await keeper.page.getByText("First show that it is you").waitFor();
	await keeper.shoot("codes-prove");
	await unlock("wrong passphrase", "Go on");
	await keeper.page.getByText("That passphrase does not open it").waitFor();
	assert.equal(await keeper.page.locator("svg.qr").count(), 0);
	await unlock(PASSPHRASE, "Go on");
	await keeper.page.locator("svg.qr").waitFor();
	await keeper.shoot("codes-qr");
	await keeper.press("Close");

	await keeper.go("lock");
	await keeper.press("Turn off the lock");
	await unlock(PASSPHRASE, "Go on");
	await keeper.press("Turn off the lock");
	await keeper.said("The lock is off");
	await keeper.page.reload();
	await keeper.go();
	await keeper.row("Payroll").waitFor();
	keeper.calm();
});

test("a second tab sees changes at once and locks with the first", async (t) => {
	const keeper = await open(t);
	await keeper.add(PAYROLL);
	const second = await keeper.context.newPage();
	await second.goto(`${world.issuer}/a/#/codes`);
	await second.locator(".code").waitFor();
	await keeper.add(WIKI);
	await second.locator(".code", { hasText: "Wiki" }).waitFor();

	// The first tab has read the vault and is about to write when the second writes.
	await keeper.page.evaluate(() => {
		const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
		crypto.subtle.encrypt = async (...all) => {
			crypto.subtle.encrypt = encrypt;
			window.held = true;
			await new Promise((resolve) => { window.release = resolve; });
			return encrypt(...all);
		};
	});
	await keeper.paste(MAIL);
	await keeper.page.waitForFunction(() => window.held);
	await second.goto(`${world.issuer}/a/#/codes/paste`);
	await second.getByRole("textbox", { name: "Link" }).fill("otpauth://totp/VPN:demo?secret=JBSWY3DP");
	await second.getByRole("button", { name: "Add", exact: true }).click();
	await second.locator(".code", { hasText: "VPN" }).waitFor();
	await keeper.page.evaluate(() => window.release());
	await keeper.row("Mail").waitFor();
	assert.deepEqual(await keeper.names(), ["Payroll", "Wiki", "VPN", "Mail"], "what both tabs add is kept");
	await keeper.lock(PASSPHRASE);
	await second.getByRole("heading", { name: "Codes are locked" }).waitFor();
	keeper.calm();
});

test("left alone for a minute, the app locks itself", async (t) => {
	const keeper = await open(t);
	await keeper.page.clock.install();
	await keeper.go();
	await keeper.add(PAYROLL);
	await keeper.lock(PASSPHRASE);
	const turn = (hidden) => keeper.page.evaluate((away) => {
		Object.defineProperty(document, "hidden", { configurable: true, get: () => away });
		document.dispatchEvent(new Event("visibilitychange"));
	}, hidden);
	await turn(true);
	await keeper.page.clock.fastForward(20_000);
	await turn(false);
	await keeper.go();
	await keeper.row("Payroll").waitFor();
	await turn(true);
	await keeper.page.clock.fastForward(61_000);
	await keeper.title("Codes are locked");
	await turn(false);
	keeper.calm();
});

test("a passkey of the device opens the codes by its PRF", async (t) => {
	const keeper = await open(t);
	const session = await keeper.context.newCDPSession(keeper.page);
	await session.send("WebAuthn.enable", { enableUI: false });
	const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
		options: { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true, hasPrf: true, isUserVerified: true, automaticPresenceSimulation: true },
	});
	await keeper.add(PAYROLL);
	await keeper.go("lock");
	await keeper.page.getByRole("switch", { name: /fingerprint/ }).check();
	await keeper.lock(PASSPHRASE);
	await keeper.page.getByText("Passphrase or this device’s passkey").waitFor();
	await keeper.press("Lock now");
	await keeper.title("Codes are locked");
	await keeper.press("Unlock with this device");
	await keeper.title("Lock"); // where it was locked
	await keeper.go();
	await keeper.row("Payroll").waitFor();

	await keeper.press("Lock now");
	await session.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
	await session.send("WebAuthn.addVirtualAuthenticator", {
		options: { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true, hasPrf: true, isUserVerified: true, automaticPresenceSimulation: true },
	});
	await keeper.press("Unlock with this device");
	await keeper.page.getByText("The passkey did not open it. Use the passphrase.").waitFor();
	await keeper.page.getByRole("textbox", { name: "Passphrase" }).fill(PASSPHRASE);
	await keeper.press("Unlock");
	await keeper.row("Payroll").waitFor();
	await keeper.press("Lock now");
	await keeper.title("Codes are locked");
	await keeper.shoot("codes-locked-passkey"); // last: axe-core's session ends the pretended authenticator
	keeper.calm();
});

test("every import format is read from its file, with a preview before anything changes", async (t) => {
	const keeper = await open(t);
	for (const [name, told] of Object.entries(expected)) {
		await keeper.go("import");
		await keeper.page.getByText("Choose a file").waitFor();
		await keeper.choose(join(files, name));
		if (told.passphrase) {
			await keeper.page.getByRole("textbox", { name: "Passphrase of the file" }).fill("wrong passphrase");
			await keeper.press("Open");
			await keeper.page.getByText("That passphrase does not open it").waitFor();
			await keeper.page.getByRole("textbox", { name: "Passphrase of the file" }).fill(told.passphrase);
			await keeper.press("Open");
		}
		await keeper.title("What is in it");
		const lines = (standing) => keeper.page.locator(`.preview [data-standing=${standing}]`).count();
		assert.equal((await lines("new")) + (await lines("same")), told.codes.length, name);
		assert.equal(await lines("conflict"), 0, name);
		assert.equal(await lines("passed"), told.passed.length, name);
		if (name === "aegis.json") await keeper.shoot("codes-preview");
		await keeper.go();
		await keeper.title("Codes");
	}
	assert.deepEqual(await keeper.names(), [], "a preview changes nothing");
	await keeper.go("import");
	await keeper.shoot("codes-import");
	await keeper.choose(join(files, "bitwarden-sealed.json"));
	await keeper.page.getByText("Encrypted Bitwarden exports cannot be read here").waitFor();
	await keeper.choose({ name: "x.json", mimeType: "application/json", buffer: Buffer.from('{"a": 1}') });
	await keeper.page.getByText("This is no export that is known here").waitFor();
	keeper.calm();
});

test("an import adds what is new, keeps both of a conflict, and the same file again changes nothing", async (t) => {
	const keeper = await open(t);
	await keeper.add(PAYROLL);
	const take = async () => {
		await keeper.go("import");
		await keeper.choose(join(files, "aegis.json"));
		await keeper.title("What is in it");
	};
	await take();
	assert.equal(await keeper.page.locator(".preview [data-standing=conflict]").count(), 1);
	await keeper.shoot("codes-preview-conflict");
	await keeper.press("Add 8 codes");
	await keeper.title("Codes");
	assert.equal((await keeper.names()).length, 9);
	await take();
	assert.equal(await keeper.page.locator(".preview [data-standing=same]").count(), 8);
	await keeper.page.getByRole("button", { name: "There is nothing new in it" }).waitFor();
	keeper.calm();
});

test("export and import lose nothing: encrypted, and as a plain list", async (t) => {
	const keeper = await open(t);
	await keeper.go("import");
	await keeper.choose(join(files, "symbolon.json"));
	await keeper.title("What is in it");
	await keeper.press("Add 8 codes");
	await keeper.title("Codes");
	const names = await keeper.names();

	await keeper.go("export");
	await keeper.title("Take codes with you");
	await keeper.shoot("codes-export");
	await keeper.press("Plain list", {});
	await keeper.page.getByRole("checkbox").check();
	await keeper.shoot("codes-export-plain");
	const [plain] = await Promise.all([keeper.page.waitForEvent("download"), keeper.press("Save the file")]);
	assert.deepEqual(readFileSync(await plain.path(), "utf8").trim().split("\n"), expected["symbolon.json"].codes.map(({ uri }) => uri));

	await keeper.go("more");
	await keeper.go("export");
	await keeper.press("Encrypted file", {});
	await keeper.shoot("codes-export-sealed");
	await keeper.go();
	const sealed = await keeper.exportSealed(PASSPHRASE);
	assert.match(sealed.suggestedFilename(), /^symbolon-codes-\d{4}-\d\d-\d\d\.json$/);

	const other = await open(t);
	await other.go("import");
	await other.choose(await sealed.path());
	await other.page.getByRole("textbox", { name: "Passphrase of the file" }).fill(PASSPHRASE);
	await other.press("Open");
	await other.title("What is in it");
	await other.press("Add 8 codes");
	await other.title("Codes");
	assert.deepEqual(await other.names(), names);
	await other.page.getByText("Work", { exact: true }).click();
	assert.deepEqual(await other.names(), ["Payroll", "Wiki"]);
	keeper.calm();
	other.calm();
});

test("with a clock one hour off the codes are right, and the app says so", async (t) => {
	const keeper = await open(t);
	await keeper.page.clock.install({ time: Date.now() - 3_600_000 });
	await keeper.page.reload();
	await keeper.add(PAYROLL);
	await keeper.page.getByText("This device’s clock is 60 minutes off").waitFor();
	await keeper.shoot("codes-clock");
	const near = await Promise.all([-30, 0, 30].map((offset) => new Totp(PAYROLL).code(offset)));
	assert.ok(near.includes(await keeper.code("Payroll")));
	keeper.calm();
});

test("without a network the codes are there", async (t) => {
	const keeper = await open(t);
	await keeper.add(PAYROLL);
	await keeper.page.evaluate(() => navigator.serviceWorker.ready);
	await keeper.context.setOffline(true);
	await keeper.page.reload();
	await keeper.row("Payroll").waitFor();
	assert.match(await keeper.code("Payroll"), /^\d{6}$/);
});

test("in Arabic everything stands from right to left, and codes stay as sites want them", async (t) => {
	const keeper = await open(t, { locale: "ar" });
	await keeper.title("الرموز");
	await keeper.go("import");
	await keeper.choose(join(files, "aegis.json"));
	await keeper.title("ما فيه");
	await keeper.shoot("codes-ar-preview");
	await keeper.press("إضافة 8 رموز");
	await keeper.title("الرموز");
	await keeper.row("Payroll").waitFor();
	await keeper.shoot("codes-ar-list");
	await keeper.go("more");
	await keeper.page.getByText("إخفاء الرموز").waitFor();
	await keeper.shoot("codes-ar-more");
	await keeper.go("hand");
	await keeper.shoot("codes-ar-hand");
	keeper.calm();
});
