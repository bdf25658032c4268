// Tells the test what arrived, decrypted, and which button was pressed.
const report = (what, more) => fetch("/report", { method: "POST", body: JSON.stringify({ what, ...more }) });

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const actions = [{ action: "review", title: "Review" }, { action: "deny", title: "Not me" }];

async function receive(text) {
	await self.registration.showNotification("Sign-in request", { body: text, tag: text, actions });
	if (text === "break the policy") await fetch("http://127.0.0.1:1/").catch(() => {});
	const tabs = await self.clients.matchAll({ includeUncontrolled: true });
	await report("push", { text, tabs: tabs.length });
}

self.addEventListener("push", (event) => event.waitUntil(receive(event.data?.text() ?? null)));

self.addEventListener("notificationclick", (event) => {
	event.notification.close();
	event.waitUntil(report("press", { action: event.action, text: event.notification.body }));
});
