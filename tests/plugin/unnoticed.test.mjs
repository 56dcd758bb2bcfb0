// SPDX-License-Identifier: GPL-3.0-or-later
// What a VideoRoom hands on is the same with a tap and without: each packet, bit by bit.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { AiortcPeer } from '../e2e/aiortcPeer.mjs';
import { connect } from '../lib/signalling.mjs';
import { sleep, until } from '../lib/wait.mjs';
import { newHandle, newJanus } from './stage.mjs';

/** A UDP socket that keeps what comes. */
async function listen(t) {
	const socket = createSocket('udp4');
	t.after(() => socket.close());
	const packets = [];
	socket.on('message', (packet) => packets.push(packet));
	await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
	socket.setRecvBufferSize(4 << 20);
	return { port: socket.address().port, packets };
}

/** As AiortcPeer tells packets: { fixed: all that nobody may change, number, timestamp, ssrc }. Janus counts each stream's numbers and times anew. */
function parse(hex) {
	const header = Buffer.from(hex.slice(0, 24), 'hex');
	return {
		fixed: header.toString('hex', 0, 2) + hex.slice(24), number: header.readUInt16BE(2), timestamp: header.readUInt32BE(4), ssrc: header.readUInt32BE(8),
	};
}
const told = (packet) => packet.toString('hex', 0, 12) + createHash('sha1').update(packet.subarray(12)).digest('hex');

/** So many packets are the place they have in what was sent: of sound, silence is the same each time, but there is a beep in each second. */
const telling = 60;

/** Holds what came against what was sent, from the first one that came on. How many came. */
function compare(came, sent) {
	const stream = sent.filter(({ ssrc }) => ssrc === sent.find(({ fixed }) => fixed === came[0].fixed)?.ssrc);
	const first = stream.findIndex((_, at) => came.slice(0, telling).every(({ fixed }, i) => stream[at + i]?.fixed === fixed));
	assert.ok(first >= 0, 'the first packets are among those that were sent, in their order');
	const away = (a, b) => [(a.number - b.number) & 0xffff, (a.timestamp - b.timestamp) >>> 0, a.ssrc];
	came.forEach((packet, i) => {
		assert.equal(packet.fixed, stream[first + i].fixed, `packet ${i}: flags, payload type, extensions and payload`);
		assert.deepEqual(away(packet, stream[first + i]), away(came[0], stream[first]), `packet ${i}: number, time and SSRC`);
	});
	return came.length;
}

test('a VideoRoom forwards the same packets before, with and after a tap', { timeout: 30_000 }, async (t) => {
	const janus = await newJanus(t, { plugins: ['videoroom'] });
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const [host, ann] = [await session.attach('janus.plugin.videoroom'), await session.attach('janus.plugin.videoroom')];
	const recorder = await newHandle(t, janus);
	await host.request({ request: 'create', room: 1234, secret: 'the room', videocodec: 'h264' });
	const peer = await AiortcPeer.open({ codec: 'H264' });
	t.after(() => peer.close());
	const { id } = await peer.publish(ann, { request: 'joinandconfigure', room: 1234, ptype: 'publisher' });
	const [audio, video] = [await listen(t), await listen(t)];
	await host.request({ request: 'rtp_forward', room: 1234, secret: 'the room', publisher_id: id, host: '127.0.0.1', streams: [
		{ mid: '0', port: audio.port }, { mid: '1', port: video.port },
	] });

	const counts = [];
	const phase = async (ms) => {
		await sleep(ms);
		counts.push([audio, video].map(({ packets }) => packets.length));
	};
	await until('packets of both', () => audio.packets.length && video.packets.length);
	await phase(1000);
	await recorder.request({ request: 'record_room', room: 1234, secret: 'the room', id: 'tap' });
	await recorder.event('recording');
	await phase(1500);
	await recorder.request({ request: 'stop_tap', tap: 'tap' });
	await recorder.event('tap_ended');
	await phase(1000);
	const sent = (await peer.packets()).map(parse);
	for (const [i, { packets }] of [audio, video].entries()) {
		const number = compare(packets.map(told).map(parse), sent);
		t.diagnostic(`${number} packets of ${i ? 'video' : 'audio'} are the same`);
		assert.ok(counts[0][i] > 10 && counts[1][i] > counts[0][i] + 20 && counts[2][i] > counts[1][i] + 10, counts.join(' '));
	}
});
