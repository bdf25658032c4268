// A site of its own for the least page that receives a push (tests/e2e/push-page), under a policy as strict as the product's.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Inbox } from "./patience.mjs";

const FILES = { "/": ["index.html", "text/html; charset=utf-8"], "/page.js": ["page.js", "text/javascript"], "/worker.js": ["worker.js", "text/javascript"] };
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'; img-src data:; base-uri 'none'; require-trusted-types-for 'script'; trusted-types worker";

export class PushPage {
	static async open() {
		const site = new PushPage();
		site.reports = new Inbox("report of the worker");
		site.server = createServer((request, response) => site.serve(request, response));
		await new Promise((resolve) => site.server.listen(0, "127.0.0.1", resolve));
		site.origin = `http://localhost:${site.server.address().port}`;
		return site;
	}

	async serve(request, response) {
		if (request.url === "/report") {
			const chunks = [];
			for await (const chunk of request) chunks.push(chunk);
			this.reports.add(JSON.parse(Buffer.concat(chunks)));
			return response.writeHead(204).end();
		}
		const [name, type] = FILES[request.url] ?? [];
		if (!name) return response.writeHead(404).end();
		response.writeHead(200, { "content-type": type, "content-security-policy": POLICY });
		return response.end(readFileSync(new URL(`../push-page/${name}`, import.meta.url)));
	}

	async close() {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}
}
