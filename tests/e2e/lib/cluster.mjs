// Several nodes on one PostgreSQL behind HAProxy: a World whose issuer is the proxy's address.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { send } from "./http.mjs";
import { Postgres } from "./postgres.mjs";
import { bin, freePort, start, World } from "./world.mjs";

// Checks come often, so that a node that ends is left out within half a second; a request that met it is sent to another.
const proxyText = (port, ports) => `
global
	maxconn 2000
defaults
	mode http
	timeout connect 2s
	timeout client 70s
	timeout server 70s
	option forwardfor if-none
	option redispatch
	retries 5
	retry-on conn-failure empty-response response-timeout
	default-server inter 200 fall 1 rise 1
frontend all
	bind 127.0.0.1:${port}
	default_backend nodes
backend nodes
	balance roundrobin
	option httpchk GET /readyz
	http-check expect status 200
${ports.map((one, at) => `	server n${at} 127.0.0.1:${one} check`).join("\n")}
`;

export class Cluster extends World {
	static async open(t, { nodes = 3, ...options } = {}) {
		const postgres = await Postgres.open(null);
		const cluster = new Cluster();
		cluster.postgres = postgres;
		t.after(async () => {
			await cluster.close();
			await postgres.close();
		});
		await cluster.initNodes(nodes, options);
		await Promise.all(cluster.nodes.map((node) => node.serve()));
		await cluster.serveProxy();
		for (const name of options.users ?? ["demo"]) await cluster.addUser(name);
		return cluster;
	}

	// The first `init` makes configuration and keys; the other nodes get copies with an address of their own.
	async initNodes(count, options) {
		this.prepareFolder();
		await this.init({ ...options, database: this.postgres.database("symbolon") });
		this.nodes = [];
		for (let at = 0; at < count; at++) {
			const port = await freePort();
			const config = join(this.dir, `node${at}.yaml`);
			writeFileSync(config, JSON.stringify({ ...this.settings, listen: [`127.0.0.1:${port}`] }));
			this.nodes.push(new Node(port, config));
		}
	}

	async serveProxy() {
		const file = join(this.folder, "haproxy.cfg");
		writeFileSync(file, proxyText(this.port, this.nodes.map((node) => node.port)));
		this.proxy = start("/usr/sbin/haproxy", ["-f", file, "-db"]);
		while (!this.proxy.ended) {
			const reply = await send(`${this.issuer}/readyz`).catch(() => null);
			if (reply?.status === 200) return;
		}
		throw new Error(this.proxy.err);
	}

	async stop() {
		this.proxy?.child.kill("SIGTERM");
		await this.proxy?.done;
		for (const node of this.nodes ?? []) await node.stop();
	}

	// The same provider, but every request goes to this node.
	at(index) {
		const seen = Object.create(this);
		Object.defineProperty(seen, "target", { value: `http://localhost:${this.nodes[index].port}` });
		return seen;
	}
}

// A daemon as World knows it, without what belongs to the whole.
class Node extends World {
	constructor(port, config) {
		super();
		Object.assign(this, { port, config });
	}

	program = join(bin, "symbolon");
}
