// SPDX-License-Identifier: GPL-3.0-or-later
// A network between a peer and Janus: loses, repeats and delays the RTP that the peer sends, the same for the same seed. What
// else goes by (ICE, DTLS, RTCP, all that Janus sends) is left alone.

import { createSocket } from 'node:dgram';

/** Numbers from 0 to 1 (mulberry32). */
function random(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** RFC 5761 section 4: what has version 2 and is no RTCP. */
const isRtp = (packet) => packet.length >= 12 && packet[0] >> 6 === 2 && (packet[1] < 192 || packet[1] > 223);

export class Proxy {
	counts = { passed: 0, lost: 0, repeated: 0, delayed: 0 };
	#sockets = [];
	#timers = new Set();

	/**
	 * Shares of the packets: `loss`, `duplicate`, and `reorder`, which are held back for up to `delay_ms`. `burst_ms` loses everything
	 * for so long, once in `burst_every_ms`. Nothing of it before begin().
	 */
	constructor({ seed = 1, loss = 0, duplicate = 0, reorder = 0, delay_ms = 0, burst_ms = 0, burst_every_ms = 0 } = {}) {
		Object.assign(this, { random: random(seed), loss, duplicate, reorder, delay_ms, burst_ms, burst_every_ms });
	}

	begin() {
		this.begun = performance.now();
	}

	/** The candidate that leads to Janus's candidate by way of the proxy; null for what is no UDP. */
	async candidate(candidate) {
		const parts = candidate.candidate.split(' ');
		if (parts[2].toLowerCase() !== 'udp')
			return null;
		const [address, port] = [parts[4], Number(parts[5])];
		parts[5] = await this.#relay(address, port);
		return { ...candidate, candidate: parts.join(' ') };
	}

	/** The port on which packets for Janus are taken. */
	async #relay(address, port) {
		const bind = async () => {
			const socket = createSocket('udp4');
			this.#sockets.push(socket);
			await new Promise((resolve) => socket.bind(0, address, resolve));
			return socket;
		};
		const [outside, inside] = [await bind(), await bind()];
		let peer;
		outside.on('message', (packet, from) => {
			peer = from;
			this.#pass(packet, () => inside.send(packet, port, address));
		});
		inside.on('message', (packet) => outside.send(packet, peer.port, peer.address));
		return outside.address().port;
	}

	#pass(packet, send) {
		if (this.begun === undefined || !isRtp(packet)) {
			send();
		} else if (this.random() < this.loss || this.#inBurst()) {
			this.counts.lost++;
		} else {
			this.#sendOnce(send);
			if (this.random() < this.duplicate) {
				this.counts.repeated++;
				this.#after(this.random() * this.delay_ms, send);
			}
		}
	}

	#inBurst() {
		return this.burst_ms > 0 && (performance.now() - this.begun) % this.burst_every_ms > this.burst_every_ms - this.burst_ms;
	}

	#sendOnce(send) {
		this.counts.passed++;
		if (this.random() >= this.reorder)
			return send();
		this.counts.delayed++;
		return this.#after(this.random() * this.delay_ms, send);
	}

	#after(ms, send) {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			send();
		}, ms);
		this.#timers.add(timer);
	}

	close() {
		this.#timers.forEach(clearTimeout);
		this.#sockets.forEach((socket) => socket.close());
	}
}
