// The least that receives a push: a worker, and a subscription that the test asks for.
const policy = window.trustedTypes?.createPolicy("worker", { createScriptURL: (url) => (url === "/worker.js" ? url : null) });

window.subscribe = async (applicationServerKey) => {
	await navigator.serviceWorker.register(policy?.createScriptURL("/worker.js") ?? "/worker.js", { type: "module" });
	const registration = await navigator.serviceWorker.ready;
	const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
	return subscription.toJSON();
};

// What the strict policy must stop, so that the test knows that it would hear of it.
window.breakPolicy = () => {
	document.body.append(Object.assign(new Image(), { src: "http://127.0.0.1:1/x.png" }));
	document.body.innerHTML = "<p>not through a policy</p>";
};
