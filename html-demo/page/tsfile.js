// SPDX-License-Identifier: GPL-3.0-or-later
// A .ts file on the server, finished or still being written: reads it by byte ranges, and finds times in it.
// An MPEG transport stream is a row of 188-byte packets (ISO/IEC 13818-1, 2.4.3); the clock in them (PCR) says where one stands.

import { payloadOf, pmtPid } from './tstables.js';

export const PACKET = 188;
export const SYNC = 0x47;
const BLOCK = PACKET * 1024;
const WRAP = 2 ** 33;
const TEMPORARY = '.recording.ts';

/**
 * @typedef {object} Packet
 * @property {number} at          in the file
 * @property {number} pid
 * @property {number|null} pcr    90 kHz
 * @property {boolean} entry      a decoder of its track can start here
 * @property {boolean} video      a picture begins here
 * @property {Uint8Array} bytes
 */

/**
 * @typedef {object} Entry  A place from which a player can begin.
 * @property {number} at         in the file
 * @property {number} seconds    from the start of the recording
 * @property {Uint8Array} tables what says which tracks there are (PAT, PMT): the player gets it first
 */

export class TsFile {
	#url;
	#size = 0;
	/** The file's first clock value. */
	#firstPcr = null;

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

	/** Bytes FROM to TO, or to the end; when the file got its final name meanwhile, it is followed there. */
	async #fetch(from, to = '', signal = undefined) {
		const options = { headers: { Range: `bytes=${from}-${to}` }, signal, cache: 'no-store' };
		const asked = this.#url; // of two at a time, each may be the one that finds it renamed
		let response = await ask(asked, options);
		if (response.status === 404 && asked.endsWith(TEMPORARY)) {
			this.#url = asked.slice(0, -TEMPORARY.length) + '.ts';
			response = await ask(this.#url, options);
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
		try {
			for (let skip = before; ;) {
				const { done, value } = await reader.read();
				if (done)
					return;
				if (value.length > skip)
					yield value.subarray(skip);
				skip = 0;
			}
		} finally {
			reader.cancel().catch(() => {}); // whoever reads may have had enough
		}
	}

	/** Reads the start of the file; false while there is too little of it. */
	async open() {
		for (const { pcr } of packets(await this.#read(0, BLOCK), 0))
			this.#firstPcr ??= pcr;
		return this.#firstPcr !== null;
	}

	/** Seconds from the first to the last clock value that is there now. */
	async length() {
		await this.#read(0, 1);
		for (let end = this.#size; end > 0; end -= BLOCK) {
			const from = Math.max(0, Math.floor((end - BLOCK) / PACKET) * PACKET);
			let last = null;
			for (const packet of packets(await this.#read(from, end - from), from))
				last = this.secondsOf(packet) ?? last;
			if (last !== null)
				return last;
		}
		return 0;
	}

	/**
	 * The last keyframe at or before a time; the start of the file when there is none.
	 * @param {number} seconds
	 * @returns {Promise<Entry>}
	 */
	async keyframeBefore(seconds) {
		let low = 0, high = this.#size;
		while (high - low > 2 * BLOCK) {
			const middle = Math.floor((low + high) / 2 / PACKET) * PACKET;
			let time = null;
			for (const packet of packets(await this.#read(middle, BLOCK), middle))
				time ??= this.secondsOf(packet);
			if (time !== null && time <= seconds)
				low = middle;
			else
				high = middle;
		}
		for (let from = low; from > -2 * BLOCK; from -= 2 * BLOCK) {
			const at = Math.max(0, from);
			const found = this.#lastKeyframe(await this.#read(at, 2 * BLOCK), at, seconds);
			if (found)
				return found;
		}
		return { at: 0, seconds: 0, tables: new Uint8Array() };
	}

	/** Where there is no video, each frame of audio is as good as a keyframe. */
	#lastKeyframe(block, offset, seconds) {
		let time = null, pat = null, pmt = null, sawVideo = false;
		const found = { video: null, audio: null };
		for (const packet of packets(block, offset)) {
			time = this.secondsOf(packet) ?? time;
			sawVideo ||= packet.video;
			if (packet.pid === 0)
				pat = packet.bytes;
			else if (pat && packet.pid === pmtPid(pat))
				pmt = packet.bytes;
			else if (packet.entry && pmt && time !== null && time <= seconds)
				found[packet.video ? 'video' : 'audio'] = { at: packet.at, seconds: time, tables: new Uint8Array([...pat, ...pmt]) };
		}
		return sawVideo ? found.video : found.audio;
	}

	/** From the start of the recording, by the clock in a packet; null without one. @param {Packet} packet */
	secondsOf({ pcr }) {
		if (pcr === null)
			return null;
		const ticks = (pcr - this.#firstPcr + WRAP) % WRAP;
		return ticks > WRAP / 2 ? 0 : ticks / 90_000;
	}
}

/** A fetch that fails is a TypeError in the browser's words: here it is one in ours. */
async function ask(url, options) {
	try {
		return await fetch(url, options);
	} catch (error) {
		if (error.name === 'AbortError')
			throw error;
		throw new Error('the web server does not answer. Is html-demo/run still running? Then play it again');
	}
}

/** @param {Uint8Array} block  @param {number} offset  of the block in the file, a multiple of 188 @returns {Generator<Packet>} */
function* packets(block, offset) {
	for (let i = 0; i + PACKET <= block.length; i += PACKET)
		if (block[i] === SYNC)
			yield packetAt(block.subarray(i, i + PACKET), offset + i);
}

/** @param {Uint8Array} bytes  of a packet  @param {number} at  in the file @returns {Packet} */
export function packetAt(bytes, at) {
	const flags = bytes[3] & 0x20 && bytes[4] > 0 ? bytes[5] : 0;
	return {
		at,
		pid: (bytes[1] & 0x1f) << 8 | bytes[2],
		pcr: flags & 0x10 ? bytes[6] * 2 ** 25 + (bytes[7] << 17) + (bytes[8] << 9) + (bytes[9] << 1) + (bytes[10] >> 7) : null,
		entry: (flags & 0x40) !== 0,
		video: isVideo(bytes),
		bytes,
	};
}

/** Whether a video PES packet begins in this packet: its stream_id is 0xe0 to 0xef (2.4.3.7). */
function isVideo(bytes) {
	const payload = payloadOf(bytes);
	return (bytes[1] & 0x40) !== 0 && bytes[payload] === 0 && bytes[payload + 1] === 0 && bytes[payload + 2] === 1
		&& (bytes[payload + 3] & 0xf0) === 0xe0;
}
