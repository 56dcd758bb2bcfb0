// SPDX-License-Identifier: GPL-3.0-or-later
// A browser's page with one PeerConnection, and its connection to a handle. The page is Chromium's (see FirefoxPeer for another).

import { fileURLToPath } from 'node:url';
import { until } from '../lib/wait.mjs';

const script = fileURLToPath(new URL('peer.js', import.meta.url));
const origin = 'https://peer.test/'; // never asked for: the browser is given the page; getUserMedia wants https

export class BrowserPeer {
	static async open(browser) {
		const peer = new BrowserPeer();
		const context = await browser.newContext({ ignoreHTTPSErrors: true });
		peer.page = await context.newPage();
		await peer.page.route(`${origin}**`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>peer</title>' }));
		await peer.page.goto(origin);
		await peer.prepare();
		return peer;
	}

	/** Puts peer.js, and then the scripts that change it, into the page. */
	async prepare(...scripts) {
		await this.page.exposeFunction('newCandidate', (candidate) => this.onCandidate(candidate));
		for (const path of [script, ...scripts])
			await this.page.addScriptTag({ path });
		await this.page.evaluate('globalThis.peer = peer');
	}

	/** A Proxy that the media goes through (see proxy.mjs), if any. Janus is not told where the browser is: it finds the proxy. */
	proxy;

	#candidates = [];
	onCandidate = (candidate) => this.#candidates.push(candidate);

	/** Calls a function of peer.js. */
	call(name, ...args) {
		return this.page.evaluate(([name, args]) => globalThis.peer[name](...args), [name, args]);
	}

	/**
	 * Offers the media, hands the offer with `body` to the handle, and connects. What the plugin answered.
	 * Janus may send candidates before the answer: those wait.
	 */
	async publish(handle, body, media = {}) {
		return this.negotiate(handle, body, await this.call('start', media));
	}

	async negotiate(handle, body, offer) {
		const { data, jsep } = await handle.request(body, offer);
		await this.connect(handle, jsep);
		return data;
	}

	/** Takes the answer to what was offered by the handle, and connects. */
	async connect(handle, answer) {
		await this.call('answer', answer);
		await this.#connect(handle);
	}

	/** Answers what another peer offered, and hands the answer with `body` to the handle. */
	async accept(handle, body, offer) {
		const { data } = await handle.request(body, await this.call('accept', offer));
		await this.#connect(handle);
		return data;
	}

	async #connect(handle) {
		if (!this.handle) {
			this.handle = handle;
			handle.watch(async ({ janus, candidate }) => {
				if (janus !== 'trickle' || !candidate.candidate)
					return;
				const reachable = this.proxy ? await this.proxy.candidate(candidate) : candidate;
				if (reachable)
					this.call('candidate', reachable).catch(() => {});
			});
			this.onCandidate = (candidate) => (this.proxy && candidate ? undefined : handle.trickle(candidate).catch(() => {}));
			this.#candidates.splice(0).forEach(this.onCandidate);
		}
		await until('the PeerConnection', async () => (await this.call('connectionState')) === 'connected', { timeout: 15_000 });
	}

	sent() {
		return this.call('sent');
	}

	measured() {
		return this.call('measured');
	}

	async close() {
		await this.page.context().close();
	}
}
