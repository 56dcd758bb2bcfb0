// SPDX-License-Identifier: GPL-3.0-or-later
// A minimal client of Janus's JSON API, over WebSocket or HTTP: sessions, handles, requests, events.
//
//     const session = await connect(janus.ws);            // or janus.http
//     const handle = await session.attach('janus.plugin.tsrecorder');
//     const { data, jsep } = await handle.request({ request: 'record' }, offer);
//     const finished = await handle.event('finished');

import { randomBytes } from 'node:crypto';
import WebSocket from 'ws';
import { within } from './wait.mjs';

const transaction = () => randomBytes(8).toString('hex');

/** What Janus or a plugin answered instead of a result; `code` is its error code. */
export class JanusError extends Error {
	constructor(code, reason) {
		super(`${code}: ${reason}`);
		this.code = code;
		this.reason = reason;
	}
}

export async function connect(url) {
	const session = url.startsWith('ws') ? new WebSocketSession(url) : new HttpSession(url);
	await session.open();
	return session;
}

class Session {
	#handles = new Map();
	#waiting = new Map(); // transaction -> { resolve, reject }
	#keepalive;

	constructor(url) {
		this.url = url;
	}

	async open() {
		await this.start();
		this.id = (await this.send({ janus: 'create' })).data.id;
		this.#keepalive = setInterval(() => this.send({ janus: 'keepalive' }).catch(() => {}), 8_000);
		this.#keepalive.unref(); // a test that failed may have left it
		this.opened();
	}

	async attach(plugin) {
		const { data } = await this.send({ janus: 'attach', plugin });
		const handle = new Handle(this, data.id);
		this.#handles.set(data.id, handle);
		return handle;
	}

	/** Ends the session in order. */
	async destroy() {
		await this.send({ janus: 'destroy' });
		this.drop();
	}

	/** Goes away without a word, as a client that crashed. */
	drop() {
		clearInterval(this.#keepalive);
		this.close();
	}

	/** Sends a request and waits for Janus's answer to it. With `final`, an ack is not the answer: the event is. */
	async send(message, { final = false } = {}) {
		const id = transaction();
		const full = { ...message, transaction: id };
		if (this.id)
			full.session_id = this.id;
		const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject, final }));
		answer.catch(() => {}); // whoever awaits it sees it; a session that was dropped has nobody
		try {
			await this.transmit(full);
			return await within(20_000, `the answer to ${message.janus} ${message.body?.request ?? ''}`, answer);
		} finally {
			this.#waiting.delete(id);
		}
	}

	receive(message) {
		// What Janus could not parse it answers without saying to what: the latest request it must have been.
		const waiting = this.#waiting.get(message.transaction ?? [...this.#waiting.keys()].at(-1));
		if (message.janus === 'error')
			waiting?.reject(new JanusError(message.error.code, message.error.reason));
		else if (waiting && message.transaction && !(waiting.final && message.janus === 'ack'))
			waiting.resolve(message);
		else if (message.sender)
			this.#handles.get(message.sender)?.receive(message);
	}
}

class WebSocketSession extends Session {
	start() {
		this.socket = new WebSocket(this.url, 'janus-protocol');
		this.socket.on('message', (data) => this.receive(JSON.parse(data)));
		return within(5_000, 'the WebSocket to open', new Promise((resolve, reject) => {
			this.socket.on('open', resolve).on('error', reject);
		}));
	}

	opened() {}

	transmit(message) {
		this.socket.send(JSON.stringify(message));
	}

	close() {
		this.socket.terminate();
	}
}

class HttpSession extends Session {
	#stop = new AbortController();

	start() {}

	async opened() {
		while (!this.#stop.signal.aborted) {
			try {
				const response = await fetch(`${this.url}/${this.id}?maxev=10`, { signal: this.#stop.signal });
				for (const event of [await response.json()].flat())
					this.receive(event);
			} catch {
				return; // Janus ended, or we do
			}
		}
	}

	async transmit(message) {
		const path = [this.url, message.session_id, message.handle_id].filter(Boolean).join('/');
		const response = await fetch(path, { method: 'POST', body: JSON.stringify(message) });
		this.receive(await response.json());
	}

	close() {
		this.#stop.abort();
	}
}

class Handle {
	/** Everything that came and answered no request, in order. */
	events = [];
	#watchers = new Set();

	constructor(session, id) {
		this.session = session;
		this.id = id;
	}

	/**
	 * A request to the plugin: { data, jsep } of its answer, at once or by an event. A plugin's error is thrown.
	 * A candidate for the other side may come before the answer: it waits in `events`.
	 */
	async request(body, jsep) {
		const message = { janus: 'message', handle_id: this.id, body };
		if (jsep)
			message.jsep = jsep;
		const reply = await this.session.send(message, { final: true });
		const data = reply.plugindata?.data ?? {};
		if (data.error_code !== undefined)
			throw new JanusError(data.error_code, data.error);
		return { data, jsep: reply.jsep };
	}

	trickle(candidate) {
		return this.session.send({ janus: 'trickle', handle_id: this.id, candidate: candidate ?? { completed: true } });
	}

	detach() {
		return this.session.send({ janus: 'detach', handle_id: this.id });
	}

	hangup() {
		return this.session.send({ janus: 'hangup', handle_id: this.id });
	}

	receive(message) {
		this.events.push(message);
		for (const watcher of this.#watchers)
			watcher(message);
	}

	/** Calls back for each message that came or comes. */
	watch(callback) {
		this.events.forEach(callback);
		this.#watchers.add(callback);
	}

	/** The `result` of the plugin's event with this status, whether it came already or is still to come. */
	event(status, { timeout = 10_000, match = () => true } = {}) {
		return within(timeout, `the event "${status}"`, new Promise((resolve) => {
			this.watch(({ plugindata }) => {
				const result = plugindata?.data?.result;
				if (result?.status === status && match(result))
					resolve(result);
			});
		}));
	}
}
