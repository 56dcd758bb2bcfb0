// SPDX-License-Identifier: GPL-3.0-or-later
// What Chromium can send.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeErrors, pictureSizes } from '../lib/media.mjs';
import { check, recordFor, sending, sharedJanus } from './stage.mjs';

const opus = (mode) => ({ type: 'audio', codec: 'opus', recorded_as: mode === 'copy' ? 'opus' : 'aac', mode });
const video = (codec) => ({ type: 'video', codec, recorded_as: 'h264', mode: codec === 'h264' ? 'copy' : 'transcode' });

const told = (tracks) => tracks.map(({ type, codec, recorded_as, mode }) => ({ type, codec, recorded_as, mode }));

/** Below this size Chromium sends no third layer. */
const size = { width: 960, height: 720 };

/**
 * In the order that Janus expects; modest bitrates, or the browser would leave the best one out for a while. Without the mode
 * it sends AV1 as one stream.
 */
const layers = [
	{ rid: 'h', maxBitrate: 400_000, scalabilityMode: 'L1T1' },
	{ rid: 'm', maxBitrate: 150_000, scalabilityMode: 'L1T1', scaleResolutionDownBy: 2 },
	{ rid: 'l', maxBitrate: 100_000, scalabilityMode: 'L1T1', scaleResolutionDownBy: 4 },
];

const cases = [
	{ name: 'H.264 and Opus', seconds: 10, media: { video: 'H264' }, tracks: [opus('transcode'), video('h264')] },
	{ name: 'VP8 and Opus', seconds: 10, media: { video: 'VP8' }, tracks: [opus('transcode'), video('vp8')] },
	{
		name: 'H.264 with packetization mode 0, Opus copied', media: { video: 'H264', packetizationMode: 0 },
		request: { audio_mode: 'copy' }, tracks: [opus('copy'), video('h264')], audio: 'opus',
	},
	{ name: 'VP9 and Opus', media: { video: 'VP9' }, tracks: [opus('transcode'), video('vp9')] },
	{ name: 'AV1 and Opus', media: { video: 'AV1' }, tracks: [opus('transcode'), video('av1')] },
	{
		name: 'VP9 with three spatial and temporal layers', media: { video: 'VP9', scalabilityMode: 'L3T3', size },
		tracks: [opus('transcode'), video('vp9')], layers: 1,
	},
	...[['VP8', 'mkv'], ['VP9', 'webm'], ['AV1', 'webm'], ['H264', 'mkv'], ['H264', 'mp4'], ['VP9', 'mp4'], ['AV1', 'mp4']].map(([codec, container]) => ({
		name: `${codec} and Opus copied into ${container}`, media: { video: codec }, request: { container, audio_mode: 'copy' }, audio: 'opus', ending: container,
		video: codec.toLowerCase(),
		tracks: [opus('copy'), { type: 'video', codec: codec.toLowerCase(), recorded_as: codec.toLowerCase(), mode: 'copy' }],
	})),
	{
		name: 'VP8 and Opus as H.264 and AAC in mp4', media: { video: 'VP8' }, request: { container: 'mp4' }, ending: 'mp4',
		tracks: [opus('transcode'), video('vp8')],
	},
	...['VP8', 'H264', 'AV1'].map((codec) => ({
		name: `${codec} simulcast`, media: { video: codec, encodings: layers, size },
		tracks: [opus('transcode'), video(codec.toLowerCase())], layers: 3,
	})),
];

/** Whatever it begins with: once the best layer comes, that is recorded. */
async function endsWithBestLayer(t, { file, sent }, count) {
	const streams = sent.video.map((l) => `${l.rid ?? l.scalabilityMode} ${l.frameWidth}x${l.frameHeight} (${l.framesSent} pictures)`);
	const sizes = await pictureSizes(file);
	t.diagnostic(`sent ${streams.join(', ')}; recorded ${sizes.map((s) => `${s.size} from ${s.time.toFixed(1)} s`).join(', ')}`);
	assert.equal(sent.video.filter((l) => l.framesSent > 0).length, count, 'streams that were sent');
	const best = sent.video.reduce((a, b) => ((b.frameWidth ?? 0) > (a.frameWidth ?? 0) ? b : a));
	assert.equal(sizes.at(-1).size, `${best.frameWidth}x${best.frameHeight}`);
}

test('VP8 simulcast: the layer that was asked for, and then the best', { timeout: 60_000 }, async (t) => {
	const result = await recordFor(t, 10, {
		janus: await sharedJanus(), media: { video: 'VP8', encodings: layers, size }, request: { substream: 0 },
		during: async ({ peer, handle }) => {
			await sending(peer, 4);
			await handle.request({ request: 'configure', substream: 2 });
		},
	});
	await check(t, result.file, result.sent);
	const sizes = await pictureSizes(result.file);
	t.diagnostic(sizes.map((s) => `${s.size} from ${s.time.toFixed(1)} s`).join(', '));
	assert.ok(sizes.filter(({ time }) => time < 4).at(-1).size === '240x180' && sizes.at(-1).size === '960x720');
});

test('VP8 simulcast at a picture a second, as of a shared window: the best layer, and few requests', { timeout: 60_000 }, async (t) => {
	const { file, sent } = await recordFor(t, 12, {
		janus: await sharedJanus(), media: { video: 'VP8', encodings: layers.map((layer) => ({ ...layer, maxFramerate: 1 })), size },
	});
	assert.equal(await decodeErrors(file), '');
	const sizes = await pictureSizes(file);
	const requests = Math.max(...sent.video.map(({ pliCount }) => pliCount));
	t.diagnostic(`${sizes.map((s) => `${s.size} from ${s.time.toFixed(1)} s`).join(', ')}; ${requests} requests, ${sent.video[0].framesSent} pictures`);
	assert.ok(sent.video.every(({ framesSent }) => framesSent > 0 && framesSent < 20), 'a picture a second');
	assert.equal(sizes.at(-1).size, '960x720');
	assert.ok(sizes.length <= 3, 'sizes do not take turns');
	assert.ok(requests <= 5, 'not one with each picture');
});

test('VP9 with three temporal layers: the lowest alone has a quarter of the pictures', { timeout: 60_000 }, async (t) => {
	const { file, sent, status } = await recordFor(t, 8, {
		janus: await sharedJanus(), media: { video: 'VP9', scalabilityMode: 'L1T3' }, request: { temporal: 0 },
	});
	const { frames, frames_written: written, frames_unwanted: unwanted } = status.tracks.find(({ type }) => type === 'video');
	t.diagnostic(`${sent.video[0].framesSent} pictures sent, ${frames} arrived, ${written} written, ${unwanted} left out`);
	assert.ok(written > 0.2 * frames && written < 0.32 * frames, `${written} of ${frames}`);
	assert.ok(written + unwanted >= frames - 2);
	await check(t, file, sent, { sync: false });
});

for (const { name, media, request, tracks, audio, video: written, layers, ending = 'ts', seconds = 8 } of cases)
	test(`${name}: plays, in time and in sync`, { timeout: 60_000 }, async (t) => {
		const result = await recordFor(t, seconds, { janus: await sharedJanus(), media, request });
		assert.deepEqual(told(result.started.tracks), tracks);
		assert.equal(result.started.file, `${result.id}.recording.${ending}`);
		assert.deepEqual(result.watch.faults(), []);
		t.diagnostic(`longest time without growth ${result.restMs} ms`);
		assert.ok(result.restMs < 1000, `the file did not grow for ${result.restMs} ms`);
		await check(t, result.file, result.sent, { audio, video: written });
		if (layers)
			await endsWithBestLayer(t, result, layers);
	});
