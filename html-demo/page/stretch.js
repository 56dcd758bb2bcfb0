// SPDX-License-Identifier: GPL-3.0-or-later
// What one player gets of a file: from an entry on, to where another track begins.
//
// The tables name every track that was announced, also a camera that sends nothing yet, or never. mpegts.js plays nothing before it
// has something of each track they name, and cannot add one later. So it is shown tables that name what comes within a second;
// where another track begins the stretch ends, and the next one, for a new player, begins.

import { PACKET, SYNC, packetAt } from './tsfile.js';
import { pmtPid, tracksOf, withTracks } from './tstables.js';

/** How long tracks are waited for, in the file's time; and by how many packets, should its clock stand still. */
const WAIT_S = 1;
const WAIT_PACKETS = 2 ** 16;

export class Stretch {
	#file;
	#entry;
	/** Bytes of a packet that has not come as a whole. */
	#rest = new Uint8Array();
	/** Packets that are kept back while it is not known which tracks come, and PIDs of those that came. */
	#held = [];
	#coming = new Set();
	/** PIDs that the player is told of; null while that is not known. */
	#named = null;
	#pat = null;
	#pmt = null;
	/** What the PMT names; null when that is not known. */
	#announced = null;
	#seconds;
	#next = null;

	/** @param {import('./tsfile.js').TsFile} file  @param {import('./tsfile.js').Entry} entry */
	constructor(file, entry) {
		this.#file = file;
		this.#entry = entry;
		this.#seconds = entry.seconds;
	}

	/** What the player gets before the file's own bytes. */
	get head() {
		return this.#entry.tables;
	}

	/** Where in the file its own bytes begin. */
	get start() {
		return this.#entry.at;
	}

	/** Where the next one begins, as soon as that is known: nothing is taken from there on. @returns {import('./tsfile.js').Entry|null} */
	get next() {
		return this.#next;
	}

	/** What comes now does not go on from what came before, but from what was given back. */
	restart() {
		this.#rest = new Uint8Array();
		this.#held = [];
	}

	/**
	 * @param {Uint8Array} bytes
	 * @param {number} at         where in the file they lie; the head lies before its start
	 * @returns {Uint8Array} for the player: as many, in whole packets, now or with what comes later
	 */
	take(bytes, at) {
		const given = [];
		for (const packet of this.#whole(bytes, at)) {
			this.#read(packet);
			if (this.#named) {
				this.#give(packet, given);
			} else {
				this.#held.push(packet);
				if (this.#isKnown(packet))
					this.#release(given);
			}
		}
		return joined(given);
	}

	/** There is no more: what was kept back. */
	finish() {
		const given = [];
		if (!this.#named)
			this.#release(given);
		return joined(given);
	}

	*#whole(bytes, at) {
		const from = at - this.#rest.length, all = joined([this.#rest, bytes]);
		const end = all.length - all.length % PACKET;
		this.#rest = all.subarray(end);
		for (let i = 0; i < end; i += PACKET)
			yield packetAt(all.subarray(i, i + PACKET), from + i);
	}

	/** The tables, and the time. */
	#read(packet) {
		this.#seconds = this.#file.secondsOf(packet) ?? this.#seconds;
		if (packet.pid === 0) {
			this.#pat = packet.bytes;
		} else if (this.#isPmt(packet)) {
			this.#pmt = packet.bytes;
			this.#announced = tracksOf(packet.bytes);
		}
	}

	#isPmt({ pid }) {
		return this.#pat !== null && pid === pmtPid(this.#pat);
	}

	/** Whether it is known with this packet which tracks come: all of them, or time is over. */
	#isKnown({ pid, entry }) {
		if (entry)
			this.#coming.add(pid);
		const all = this.#announced?.every(announced => this.#coming.has(announced));
		return all || (this.#coming.size > 0 && this.#seconds - this.#entry.seconds >= WAIT_S) || this.#held.length >= WAIT_PACKETS;
	}

	#release(given) {
		this.#named = this.#coming;
		for (const packet of this.#held)
			this.#give(packet, given);
		this.#held = [];
	}

	#give(packet, given) {
		const { pid, entry, at, bytes } = packet;
		if (this.#next)
			return;
		if (entry && this.#announced?.includes(pid) && !this.#named.has(pid))
			this.#next = { at, seconds: this.#seconds, tables: joined([this.#pat, this.#pmt]) };
		else
			given.push(bytes[0] === SYNC && this.#isPmt(packet) ? withTracks(bytes, this.#named) : bytes);
	}
}

/** @param {Uint8Array[]} pieces */
function joined(pieces) {
	const all = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
	let at = 0;
	for (const piece of pieces) {
		all.set(piece, at);
		at += piece.length;
	}
	return all;
}
