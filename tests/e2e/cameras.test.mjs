// SPDX-License-Identifier: GPL-3.0-or-later
// H.264 as cameras and encoders send it and no browser does, relayed by a Janus's Streaming plugin to a handle of ours.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { test } from 'node:test';
import { startJanus } from '../lib/janus.mjs';
import { decodeErrors, packets, probe, span } from '../lib/media.mjs';
import { freePort, Process } from '../lib/process.mjs';
import { connect } from '../lib/signalling.mjs';
import { until } from '../lib/wait.mjs';
import { pluginName } from './stage.mjs';

const FU_A = 28;
const endsNal = (packet) => (packet[12] & 31) !== FU_A || (packet[13] & 0x40) !== 0;
const isSlice = (packet) => [1, 5].includes((packet[12] & 31) === FU_A ? packet[13] & 31 : packet[12] & 31);

/** Each slice looks like a picture: it has the marker, and a time of its own. */
function slicesAsPictures() {
	let time, slices = 0;
	return (packet) => {
		const at = packet.readUInt32BE(4);
		slices = at === time ? slices : 0;
		time = at;
		packet.writeUInt32BE((at + slices) >>> 0, 4);
		if (isSlice(packet) && endsNal(packet)) {
			packet[1] |= 0x80;
			slices++;
		}
		return packet;
	};
}

/** The header announces padding, of which there are 0 bytes. */
const emptyPadding = () => (packet) => {
	if (!endsNal(packet))
		return packet;
	const padded = Buffer.concat([packet, Buffer.from([0])]);
	padded[0] |= 0x20;
	return padded;
};

const asItIs = () => (packet) => packet;

const cases = [
	{ name: 'B-frames', x264: 'bframes=2:b-adapt=0:keyint=30', mangle: asItIs, warnings: ['b_frames'] },
	{ name: 'slices that look like pictures', x264: 'slices=4:sliced-threads=1:bframes=0:keyint=30', mangle: slicesAsPictures },
	{ name: 'intra refresh, and no IDR picture after the first', x264: 'intra-refresh=1:bframes=0:keyint=30:slices=1', mangle: asItIs },
	{ name: 'padding of 0 bytes', x264: 'bframes=0:keyint=30:slices=1', mangle: emptyPadding, padded: true },
];

/** An encoder whose packets go to `port` by way of `mangle`, until the test ends. */
async function startCamera(t, { x264, mangle }, port) {
	const socket = createSocket('udp4'), change = mangle();
	await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
	socket.on('message', (packet) => (packet[1] & 0x7f) === 96 && socket.send(change(packet), port, '127.0.0.1'));
	const encoder = new Process('ffmpeg', ['-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=25', '-pix_fmt', 'yuv420p',
		'-c:v', 'libx264', '-preset', 'ultrafast', '-x264-params', `scenecut=0:rc-lookahead=0:sync-lookahead=0:threads=1:${x264}`,
		'-f', 'rtp', '-payload_type', '96', `rtp://127.0.0.1:${socket.address().port}?pkt_size=1200`]);
	t.after(async () => {
		await encoder.stop('SIGKILL');
		socket.close();
	});
}

/** Candidates of one side to the other, as they come. */
const relay = (from, to) => from.watch(({ janus, candidate }) => janus === 'trickle' && to.trickle(candidate).catch(() => {}));

for (const { name, warnings = [], padded = false, ...camera } of cases)
	test(`a camera: ${name}`, { timeout: 60_000 }, async (t) => {
		const janus = await startJanus({ plugins: ['streaming'] });
		t.after(() => janus.stop());
		const session = await connect(janus.ws), port = await freePort(), id = 'camera';
		t.after(() => session.drop());
		const viewer = await session.attach('janus.plugin.streaming'), handle = await session.attach(pluginName);
		await viewer.request({ request: 'create', type: 'rtp', id: 1, audio: false, video: true, videoport: port, videopt: 96,
			videocodec: 'h264', videofmtp: 'profile-level-id=42e01f;packetization-mode=1' });
		await startCamera(t, camera, port);
		const { jsep: offer } = await viewer.request({ request: 'watch', id: 1 });
		const { jsep: answer } = await handle.request({ request: 'record', id }, offer);
		await viewer.request({ request: 'start' }, answer);
		relay(viewer, handle);
		relay(handle, viewer);
		let track;
		await until('pictures', async () => {
			[track] = (await handle.request({ request: 'status' })).data.tracks;
			return track.frames_written >= 100;
		}, { timeout: 30_000, every: 250 });
		await handle.request({ request: 'stop' });
		await handle.event('finished', { timeout: 30_000 });
		const file = join(janus.recordings, `${id}.ts`), [pictures] = (await packets(file)).map(span);
		t.diagnostic(`${track.frames} pictures, ${track.frames_written} written, ${track.bad_padding} with padding of 0 bytes`);
		assert.deepEqual((await probe(file)).streams.map((s) => s.codec_name), ['h264']);
		assert.equal(await decodeErrors(file), '');
		assert.ok(pictures.gap < 0.3, `a step of ${pictures.gap} s`);
		assert.equal(track.lost + track.malformed, 0);
		assert.equal(track.bad_padding > 0, padded);
		assert.deepEqual(handle.events.map((e) => e.plugindata?.data.result?.warning).filter(Boolean), warnings);
	});
