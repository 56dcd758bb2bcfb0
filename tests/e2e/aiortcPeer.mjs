// SPDX-License-Identifier: GPL-3.0-or-later
// aiortcPeer.py, driven as a BrowserPeer is.

import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Process } from '../lib/process.mjs';
import { until, within } from '../lib/wait.mjs';

const script = fileURLToPath(new URL('aiortcPeer.py', import.meta.url));

export class AiortcPeer {
	#answers = [];

	static async open({ codec }) {
		const peer = new AiortcPeer();
		peer.process = new Process('/usr/bin/python3', [script, codec]);
		createInterface({ input: peer.process.child.stdout }).on('line', (line) => peer.#answers.shift()?.(JSON.parse(line)));
		peer.offer = await peer.#answer('the offer');
		return peer;
	}

	async #answer(what) {
		const line = new Promise((resolve) => this.#answers.push(resolve));
		const ended = this.process.exited.then(() => {
			throw new Error(`aiortc ended:\n${this.process.log}`);
		});
		return within(10_000, what, Promise.race([line, ended]));
	}

	#tell(message) {
		this.process.child.stdin.write(`${JSON.stringify(message)}\n`);
	}

	async publish(handle, body) {
		const { data, jsep } = await handle.request(body, this.offer);
		await this.connect(handle, jsep);
		return data;
	}

	/** Takes the answer to `offer`, which was handed to the handle, and connects. */
	async connect(handle, jsep) {
		this.#tell({ answer: { type: jsep.type, sdp: jsep.sdp } });
		handle.watch(({ janus, candidate }) => {
			if (janus === 'trickle' && candidate.candidate)
				this.#tell({ candidate });
		});
		await handle.trickle(null); // all of its candidates are in the offer
		await until('the PeerConnection', async () => (await this.sent()).state === 'connected', { timeout: 15_000 });
	}

	async sent() {
		this.#tell({ sent: true });
		return this.#answer('what was sent');
	}

	/** Each RTP packet that it sent so far, see aiortcPeer.py. @returns {Promise<string[]>} */
	packets() {
		this.#tell({ packets: true });
		return this.#answer('the packets');
	}

	/** Its source is exact by construction. */
	measured() {}

	async close() {
		this.process.child.stdin.end();
		await within(5_000, 'aiortc to end', this.process.exited).catch(() => this.process.stop('SIGKILL'));
	}
}
