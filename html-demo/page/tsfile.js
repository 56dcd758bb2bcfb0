// SPDX-License-Identifier: GPL-3.0-or-later
// A .ts file on the server, finished or still being written: reads it by byte ranges, and finds times in it.
// An MPEG transport stream is a row of 188-byte packets (ISO/IEC 13818-1, 2.4.3); the clock in them (PCR) says where one stands.

const PACKET = 188;
const SYNC = 0x47;
const BLOCK = PACKET * 1024;
const WRAP = 2 ** 33;
const TEMPORARY = '.recording.ts';

/** @typedef {{at: number, pid: number, start: boolean, keyframe: boolean, pcr: number|null}} Packet  pcr in 90 kHz */

export class TsFile {
	#url;
	#size = 0;
	/** Of the file's first clock value: {pid, pcr}. */
	#clock = null;
	/** The tables that say what is in the file (PAT, PMT): a player that begins in the middle gets them first. */
	#tables = new Uint8Array();

	/** @param {string} url */
	constructor(url) {
		this.#url = url;
	}

	get url() {
		return this.#url;
	}

	/** Whether it does not have its final name yet, and so may grow. */
	get growing() {
		return this.#url.endsWith(TEMPORARY);
	}

	get tables() {
		return this.#tables;
	}

	/** Bytes FROM to TO, or to the end; when the file got its final name meanwhile, it is followed there. */
	async #fetch(from, to = '', signal = undefined) {
		const options = { headers: { Range: `bytes=${from}-${to}` }, signal, cache: 'no-store' };
		let response = await fetch(this.#url, options);
		if (response.status === 404 && this.growing) {
			this.#url = this.#url.slice(0, -TEMPORARY.length) + '.ts';
			response = await fetch(this.#url, options);
		}
		if (response.status === 404)
			throw new Error('the file is gone: it was deleted or moved');
		if (response.status !== 206 && response.status !== 416)
			throw new Error(`the server answered ${response.status} for the file`);
		this.#size = Number(/\/(\d+)$/.exec(response.headers.get('Content-Range'))?.[1] ?? 0);
		return response;
	}

	/** What is there of `length` bytes. */
	async #read(from, length) {
		const response = await this.#fetch(from, from + length - 1);
		return response.status === 206 ? new Uint8Array(await response.arrayBuffer()) : new Uint8Array();
	}

	/**
	 * The bytes from a place on, to the end that the file has now.
	 * @param {number} from
	 * @param {AbortSignal} signal
	 * @returns {AsyncGenerator<Uint8Array>}
	 */
	async *stream(from, signal) {
		// One byte more, so that there is something to send even at the very end.
		const before = from > 0 ? 1 : 0;
		const response = await this.#fetch(from - before, '', signal);
		if (response.status !== 206)
			return;
		const reader = response.body.getReader();
		for (let skip = before; ;) {
			const { done, value } = await reader.read();
			if (done)
				return;
			if (value.length > skip)
				yield value.subarray(skip);
			skip = 0;
		}
	}

	/** Reads the start of the file; false while there is too little of it. */
	async open() {
		const block = await this.#read(0, BLOCK);
		for (const packet of packets(block, 0)) {
			if (packet.pcr !== null && !this.#clock) {
				this.#clock = packet;
				this.#tables = block.slice(0, packet.at);
			}
		}
		return this.#clock !== null;
	}

	/** Seconds from the first to the last clock value that is there now. */
	async length() {
		await this.#read(0, 1);
		for (let end = this.#size; end > 0; end -= BLOCK) {
			const from = Math.max(0, Math.floor((end - BLOCK) / PACKET) * PACKET);
			let last = null;
			for (const packet of packets(await this.#read(from, end - from), from))
				last = this.#seconds(packet) ?? last;
			if (last !== null)
				return last;
		}
		return 0;
	}

	/**
	 * The last keyframe at or before a time.
	 * @param {number} seconds
	 * @returns {Promise<{at: number, seconds: number}>} its place in the file, and its time
	 */
	async keyframeBefore(seconds) {
		let low = 0, high = this.#size;
		while (high - low > 2 * BLOCK) {
			const middle = Math.floor((low + high) / 2 / PACKET) * PACKET;
			let time = null;
			for (const packet of packets(await this.#read(middle, BLOCK), middle))
				time ??= this.#seconds(packet);
			if (time !== null && time <= seconds)
				low = middle;
			else
				high = middle;
		}
		for (let from = low; from >= 0; from -= 2 * BLOCK) {
			let found = null;
			for (const packet of packets(await this.#read(Math.max(0, from), 2 * BLOCK), Math.max(0, from))) {
				const time = this.#seconds(packet);
				if (time !== null && time <= seconds && packet.keyframe)
					found = { at: packet.at, seconds: time };
			}
			if (found)
				return found;
		}
		return { at: 0, seconds: 0 };
	}

	/** The time of a packet of the track that carries the clock, null for others. */
	#seconds({ pid, pcr }) {
		if (pcr === null || pid !== this.#clock.pid)
			return null;
		const ticks = (pcr - this.#clock.pcr + WRAP) % WRAP;
		return ticks > WRAP / 2 ? 0 : ticks / 90_000;
	}
}

/** @param {Uint8Array} block  @param {number} offset  of the block in the file, a multiple of 188 @returns {Generator<Packet>} */
function* packets(block, offset) {
	for (let i = 0; i + PACKET <= block.length; i += PACKET) {
		if (block[i] !== SYNC)
			continue;
		const adaptation = (block[i + 3] & 0x20) !== 0 && block[i + 4] > 0;
		const flags = adaptation ? block[i + 5] : 0;
		yield {
			at: offset + i,
			pid: (block[i + 1] & 0x1f) << 8 | block[i + 2],
			start: (block[i + 1] & 0x40) !== 0,
			keyframe: (flags & 0x40) !== 0,
			pcr: (flags & 0x10) !== 0 ? (block[i + 6] * 2 ** 25) + (block[i + 7] << 17) + (block[i + 8] << 9) + (block[i + 9] << 1) + (block[i + 10] >> 7) : null,
		};
	}
}
