// SPDX-License-Identifier: GPL-3.0-or-later
// A BrowserPeer in Firefox.

import { fileURLToPath } from 'node:url';
import { BrowserPeer } from './browserPeer.mjs';

const script = fileURLToPath(new URL('playedSource.js', import.meta.url));

export class FirefoxPeer extends BrowserPeer {
	static async open({ firefox }) {
		const peer = new FirefoxPeer();
		peer.context = await firefox.newContext();
		peer.page = await peer.context.newPage();
		await peer.page.goto(firefox.origin);
		await peer.prepare(script);
		return peer;
	}

	async close() {
		await this.context.close();
	}
}
