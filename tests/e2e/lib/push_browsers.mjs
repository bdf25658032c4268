// Each browser with the push service that it belongs to and a desktop that shows its notifications, in one shape for the tests.
import { Autopush } from "./autopush.mjs";
import { Chromium } from "./chromium_push.mjs";
import { FakeFcm } from "./fakefcm.mjs";
import { Firefox } from "./firefox.mjs";
import { Desktop } from "./notifications.mjs";

async function open(openService, openBrowser) {
	const opened = [];
	const keep = (thing) => (opened.push(thing), thing);
	const close = async () => {
		for (const thing of opened.reverse()) await thing.close();
	};
	try {
		const desktop = keep(await Desktop.open());
		const service = keep(await openService());
		const browser = keep(await openBrowser(service, desktop));
		return { desktop, service, browser, close };
	} catch (error) {
		await close();
		throw error;
	}
}

export const BROWSERS = {
	firefox: () => open(() => Autopush.open(), (service, desktop) => Firefox.open({ pushUrl: service.url, env: desktop.env })),
	chromium: () => open(() => FakeFcm.open(), (service, desktop) => Chromium.open({ switches: service.switches, env: desktop.env })),
};
