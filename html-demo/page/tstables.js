// SPDX-License-Identifier: GPL-3.0-or-later
// The tables of a transport stream: what they say of tracks, and a version of them that names fewer (ISO/IEC 13818-1, 2.4.4).
// A table that does not fit one packet is left as it is.

/** Where the payload of a packet begins (2.4.3.3). @param {Uint8Array} packet */
export function payloadOf(packet) {
	return packet[3] & 0x20 ? 5 + packet[4] : 4;
}

/** Of the program in a PAT of one packet (2.4.4.3). @param {Uint8Array} pat */
export function pmtPid(pat) {
	return (pat[15] & 0x1f) << 8 | pat[16];
}

/**
 * The section of a PMT (2.4.4.8) that one packet holds: where it begins, and where its CRC does; null when it is none.
 * @param {Uint8Array} packet
 */
function sectionOf(packet) {
	const payload = payloadOf(packet), start = payload + 1 + packet[payload];
	const end = start + 3 + ((packet[start + 1] & 0x0f) << 8 | packet[start + 2]);
	return packet[1] & 0x40 && packet[start] === 2 && end <= packet.length ? { start, crc: end - 4 } : null;
}

/** Its tracks: each one's PID, and the bytes that describe it. */
function* entriesOf(packet, { start, crc }) {
	const first = start + 12 + ((packet[start + 10] & 0x0f) << 8 | packet[start + 11]);
	for (let at = first, next; at + 5 <= crc; at = next) {
		next = at + 5 + ((packet[at + 3] & 0x0f) << 8 | packet[at + 4]);
		yield { pid: (packet[at + 1] & 0x1f) << 8 | packet[at + 2], at, next };
	}
}

/** The PIDs of the tracks that a PMT names; null when it does not fit one packet. @param {Uint8Array} pmt */
export function tracksOf(pmt) {
	const section = sectionOf(pmt);
	return section && Array.from(entriesOf(pmt, section), ({ pid }) => pid);
}

/**
 * A PMT, as long as before, that names of these tracks only.
 * @param {Uint8Array} pmt
 * @param {Set<number>} pids
 * @returns {Uint8Array}
 */
export function withTracks(pmt, pids) {
	const section = sectionOf(pmt);
	if (!section)
		return pmt;
	const entries = [...entriesOf(pmt, section)];
	const kept = entries.filter(({ pid }) => pids.has(pid)).flatMap(({ at, next }) => [...pmt.subarray(at, next)]);
	const head = [...pmt.subarray(section.start, entries[0]?.at ?? section.crc)];
	const length = head.length - 3 + kept.length + 4;
	head[1] = head[1] & 0xf0 | length >> 8;
	head[2] = length & 0xff;
	const made = new Uint8Array(pmt.length).fill(0xff);
	made.set(pmt.subarray(0, section.start));
	made.set([...head, ...kept], section.start);
	const crc = section.start + 3 + length - 4;
	new DataView(made.buffer).setUint32(crc, crc32(made.subarray(section.start, crc)));
	return made;
}

/** Annex A: the highest bit first, nothing inverted; 0 over a section with its own. @param {Uint8Array} bytes */
export function crc32(bytes) {
	let crc = 0xffffffff;
	for (const byte of bytes) {
		crc ^= byte << 24;
		for (let bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ (crc < 0 ? 0x04c11db7 : 0);
	}
	return crc >>> 0;
}
