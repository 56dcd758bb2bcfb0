// SPDX-License-Identifier: GPL-3.0-or-later
// What the page's player gets of a file whose tables name more tracks than come. Needs no browser.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Stretch } from '../page/stretch.js';
import { crc32, pmtPid, tracksOf, withTracks } from '../page/tstables.js';

const PACKET = 188, VIDEO = 0x100, AUDIO = 0x101, LATER = 0x102;
const filled = hex => Uint8Array.from({ length: PACKET }, (_, i) => i < hex.length / 2 ? parseInt(hex.slice(2 * i, 2 * i + 2), 16) : 0xff);

/** As libavformat writes them: H.264 and Opus. */
const PAT = filled('4740001000' + '00b00d0001c100000001f0002ab104b2');
const PMT = filled('4750001000' + '02b0210001c10000e100f0001be100f00006e101f00a05044f7075737f028001a3ea4534');

const section = packet => packet.subarray(5, 5 + 3 + ((packet[6] & 0x0f) << 8 | packet[7]));

/** A packet in which a frame begins (of a keyframe, unless it is told otherwise), at a time of the clock. */
function frame(pid, seconds, { entry = true } = {}) {
	const packet = new Uint8Array(PACKET), pcr = seconds * 90_000;
	packet.set([0x47, 0x40 | pid >> 8, pid & 0xff, 0x30, 7, 0x10 | (entry ? 0x40 : 0),
		pcr / 2 ** 25, pcr >> 17, pcr >> 9, pcr >> 1, (pcr & 1) << 7, 0, 0, 0, 1, pid === VIDEO ? 0xe0 : 0xc0]);
	return packet;
}

/** One packet of a track each 100 ms, the tables before each. */
const silent = (pid, from, to) => Array.from({ length: (to - from) * 10 }, (_, i) => [PAT, PMT, frame(pid, from + i / 10)]).flat();
const bytesOf = packets => Uint8Array.from(packets.flatMap(packet => [...packet]));
const hex = bytes => Buffer.from(bytes).toString('hex');
const file = { secondsOf: ({ pcr }) => pcr === null ? null : pcr / 90_000 };
const start = { at: 0, seconds: 0, tables: new Uint8Array() };

/** Everything that a stretch gives of these bytes, which come in pieces of a size. */
function play(bytes, { entry = start, piece = 1000, end = true } = {}) {
	const stretch = new Stretch(file, entry);
	const given = [];
	for (let at = 0; at < bytes.length && !stretch.next; at += piece)
		given.push(stretch.take(bytes.subarray(at, at + piece), at));
	if (end)
		given.push(stretch.finish());
	return { stretch, given: bytesOf(given) };
}

describe('stretch', () => {
	test('tables that name fewer tracks are as long, and their checksum is right', () => {
		assert.equal(crc32(section(PAT)), 0, 'of libavformat');
		assert.equal(crc32(section(PMT)), 0, 'of libavformat');
		assert.equal(pmtPid(PAT), 0x1000);
		assert.deepEqual(tracksOf(PMT), [VIDEO, AUDIO]);
		assert.equal(hex(withTracks(PMT, new Set([VIDEO, AUDIO]))), hex(PMT), 'nothing is changed where all come');
		for (const pids of [[VIDEO], [AUDIO], []]) {
			const fewer = withTracks(PMT, new Set(pids));
			assert.equal(fewer.length, PACKET);
			assert.deepEqual(tracksOf(fewer), pids);
			assert.equal(crc32(section(fewer)), 0);
		}
		const cut = PMT.map((byte, i) => i === 7 ? 0xff : byte); // goes on in the next packet
		assert.deepEqual([tracksOf(cut), withTracks(cut, new Set())], [null, cut]);
	});

	for (const piece of [1, 187, 188, 5000]) {
		test(`where every track comes all is given as it is, in whole packets, pieces of ${piece}`, () => {
			const bytes = bytesOf([PAT, PMT, frame(AUDIO, 0), frame(AUDIO, 0.5), frame(VIDEO, 0.9), frame(AUDIO, 2)]);
			const { stretch, given } = play(bytes, { piece, end: false });
			assert.equal(hex(given), hex(bytes));
			assert.equal(stretch.next, null);
		});

		test(`a track that does not come is not named, and where it begins the next stretch does, pieces of ${piece}`, () => {
			const before = silent(AUDIO, 0, 3), all = bytesOf([...before, frame(VIDEO, 3, { entry: false }), frame(VIDEO, 3.5), frame(AUDIO, 4)]);
			const { stretch, given } = play(all, { piece });
			const at = (before.length + 1) * PACKET;
			assert.deepEqual(stretch.next, { at, seconds: 3.5, tables: bytesOf([PAT, PMT]) });
			const named = withTracks(PMT, new Set([AUDIO]));
			assert.equal(hex(given), hex(all.subarray(0, at)).replaceAll(hex(PMT), hex(named)));
		});
	}

	test('it is waited for one second, and what is shorter is given at its end', () => {
		const bytes = bytesOf(silent(VIDEO, 0, 1));
		const { stretch, given } = play(bytes, { end: false });
		assert.equal(given.length, 0);
		assert.equal(stretch.finish().length, bytes.length);
		assert.equal(play(bytesOf(silent(VIDEO, 0, 1.1)), { end: false }).given.length, 11 * 3 * PACKET);
	});

	test('it can be gone on with from what was given', () => {
		const all = bytesOf([...silent(AUDIO, 0, 3), frame(VIDEO, 3)]), middle = 60 * PACKET;
		const stretch = new Stretch(file, start);
		const first = stretch.take(all.subarray(0, middle + 100), 0); // the last 100 are dropped
		assert.equal(first.length, middle);
		stretch.restart();
		const rest = stretch.take(all.subarray(middle), middle);
		assert.equal(hex(first) + hex(rest), hex(play(all).given));
		assert.equal(stretch.next.at, 90 * PACKET);
	});

	test('a track that tables name later comes with the next stretch, too', () => {
		const first = withTracks(PMT, new Set([AUDIO])), bytes = bytesOf([PAT, first, frame(AUDIO, 0), frame(AUDIO, 1), PMT, frame(VIDEO, 1)]);
		const { stretch, given } = play(bytes);
		assert.deepEqual(stretch.next, { at: 5 * PACKET, seconds: 1, tables: bytesOf([PAT, PMT]) });
		assert.equal(hex(given), hex(bytesOf([PAT, first, frame(AUDIO, 0), frame(AUDIO, 1), first])));
	});

	test('what is no track of the tables begins nothing, and a clock that stands still is not waited for', () => {
		assert.equal(play(bytesOf([PAT, PMT, frame(AUDIO, 0), frame(AUDIO, 2), frame(LATER, 2)])).stretch.next, null);
		const still = new Uint8Array(PACKET * 1024), stretch = new Stretch(file, start);
		for (let at = 0; at < still.length; at += PACKET)
			still.set(frame(AUDIO, 0), at);
		let size = 0;
		for (let i = 0; i < 64; i++)
			size += stretch.take(still, i * still.length).length;
		assert.equal(size, 64 * still.length);
	});
});
