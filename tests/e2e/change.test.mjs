// SPDX-License-Identifier: GPL-3.0-or-later
// Senders that change while they are recorded.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as media from '../lib/media.mjs';
import { sleep } from '../lib/wait.mjs';
import { check, recordFor, sending, sharedJanus } from './stage.mjs';

for (const video of ['H264', 'VP8'])
	test(`${video}: microphone and camera are muted and come back in sync`, { timeout: 60_000 }, async (t) => {
		const result = await recordFor(t, 12, {
			janus: await sharedJanus(), media: { video },
			during: async ({ peer }) => {
				await sending(peer, 4);
				await peer.call('enable', 'audio', false);
				await peer.call('enable', 'video', false);
				await sending(peer, 7);
				await peer.call('enable', 'audio', true);
				await peer.call('enable', 'video', true);
			},
		});
		assert.deepEqual(result.watch.faults(), []);
		const { av } = await check(t, result.file, result.sent, { maxVideoGap: 3, flashesMissing: 5 });
		assert.ok(av.recorded.some(({ at }) => at > 8), 'flashes and beeps after they came back');
		assert.ok(!av.beeps.some((at) => at > 5 && at < 6), 'silence in between');
	});

test('a bit rate that is asked for, and a lower one', { timeout: 60_000 }, async (t) => {
	const rates = [];
	const rate = async (peer) => {
		const bytes = async () => (await peer.sent()).video[0].bytesSent;
		const [before, from] = [await bytes(), Date.now()];
		await sleep(3000);
		rates.push((await bytes() - before) * 8 / (Date.now() - from)); // kbit/s
	};
	const result = await recordFor(t, 14, {
		janus: await sharedJanus(), media: { video: 'VP8' }, request: { bitrate: 400_000 },
		during: async ({ peer, handle }) => {
			await sending(peer, 3);
			await rate(peer);
			await handle.request({ request: 'configure', bitrate: 100_000 });
			await sending(peer, 9);
			await rate(peer);
		},
	});
	t.diagnostic(`${rates.map((r) => r.toFixed(0)).join(' and then ')} kbit/s`);
	assert.ok(rates[0] < 450 && rates[1] < 130 && rates[1] < rates[0] * 0.7, rates.join());
	await check(t, result.file, result.sent, { maxVideoGap: 1.5, flashesMissing: 6 });
});

for (const video of ['H264', 'VP8'])
	test(`${video}: a picture of another size`, { timeout: 60_000 }, async (t) => {
		const result = await recordFor(t, 10, {
			janus: await sharedJanus(), media: { video },
			during: async ({ peer }) => {
				await sending(peer, 4);
				await peer.call('replaceVideo', 320, 240);
			},
		});
		assert.deepEqual(result.watch.faults(), []);
		await check(t, result.file, result.sent, { sync: false, maxVideoGap: 1.5 });
		const sizes = await media.pictureSizes(result.file);
		t.diagnostic(sizes.map((s) => `${s.size} from ${s.time.toFixed(1)} s`).join(', '));
		assert.equal(sizes[0].size, '640x480');
		assert.equal(sizes.at(-1).size, '320x240');
	});

test('a track that a renegotiation adds goes into the same file', { timeout: 60_000 }, async (t) => {
	let configured;
	const result = await recordFor(t, 10, {
		janus: await sharedJanus(), media: { video: 'H264' },
		during: async ({ peer, handle }) => {
			await sending(peer, 4);
			configured = await peer.negotiate(handle, { request: 'configure' }, await peer.call('add', 'audio'));
		},
	});
	assert.equal(configured.result.status, 'configured');
	assert.deepEqual(configured.result.tracks.map((track) => track.type).sort(), ['audio', 'audio', 'video']);
	assert.deepEqual(result.watch.faults(), []);
	await check(t, result.file, result.sent, { audio: ['aac', 'aac'] });
	const spans = (await media.packets(result.file)).map(media.span);
	const late = spans.filter((s) => s.start > spans[0].start + 2);
	assert.equal(late.length, 1, 'the new track begins later');
	// Both are of the same microphone: they beep together.
	const [first, second] = await Promise.all([0, 1].map((stream) => media.beeps(result.file, stream)));
	const apart = second.map((at) => Math.min(...first.map((other) => Math.abs(at - other) * 1000)));
	t.diagnostic(`the second microphone beeps ${apart.map((ms) => ms.toFixed(0)).join(' ')} ms from the first`);
	assert.ok(apart.length >= 4 && apart.every((ms) => ms <= 40), apart.join());
});

test('a camera that goes on in another codec by a renegotiation', { timeout: 60_000 }, async (t) => {
	let configured;
	const result = await recordFor(t, 10, {
		janus: await sharedJanus(), media: { video: 'VP8' },
		during: async ({ peer, handle }) => {
			await sending(peer, 5);
			configured = await peer.negotiate(handle, { request: 'configure' }, await peer.call('recode', 'H264'));
		},
	});
	assert.deepEqual(configured.result.tracks.map(({ codec, mode }) => [codec, mode]), [['opus', 'transcode'], ['h264', 'copy']]);
	assert.deepEqual(result.watch.faults(), []);
	const found = await check(t, result.file, result.sent, { video: ['h264', 'h264'], sync: false, maxVideoGap: 1.5 });
	const [transcoded, copied] = found.streams.flatMap((s, i) => (s.codec_type === 'video' ? [found.spans[i]] : [])).sort((a, b) => a.start - b.start);
	assert.ok(copied.start > transcoded.end - 0.2 && copied.start < transcoded.end + 1.5, JSON.stringify([transcoded, copied]));
	assert.ok(copied.end > result.sent.seconds - 0.5);
});

test('a camera that is switched off and on again 20 times is one stream of the file', { timeout: 90_000 }, async (t) => {
	let tracks;
	const result = await recordFor(t, 16, {
		janus: await sharedJanus(), media: { video: 'H264' },
		during: async ({ peer, handle }) => {
			await sending(peer, 2);
			for (let i = 0; i < 40; i++) {
				const offer = await peer.call('direct', 'video', i % 2 ? 'sendonly' : 'inactive');
				({ tracks } = (await peer.negotiate(handle, { request: 'configure' }, offer)).result);
				assert.deepEqual(tracks.map(({ type }) => type), i % 2 ? ['audio', 'video'] : ['audio']);
				await sleep(100);
			}
			const { data } = await handle.request({ request: 'status' });
			assert.equal(data.tracks.length, 2, 'no track is used up');
		},
	});
	assert.deepEqual(result.watch.faults(), []);
	const { av } = await check(t, result.file, result.sent, { maxVideoGap: 14, flashesMissing: 14 });
	const end = result.sent.seconds;
	assert.ok(av.recorded.some(({ at }) => at > end - 3), 'in sync at the end');
	const video = result.status.tracks.find(({ type }) => type === 'video');
	assert.ok(video.frames_written > 40 && video.keyframes >= 2, JSON.stringify(video));
});

/** Takes the microphone away for so long; when it was back, in seconds since the connection was up. */
async function withoutMicrophone(peer, ms) {
	await peer.call('unplug', 'audio', true);
	await sleep(ms);
	await peer.call('unplug', 'audio', false);
	return (await peer.call('measured')).connectedFor;
}

test('a microphone without a source: silence, and then sound in sync', { timeout: 60_000 }, async (t) => {
	let back;
	const result = await recordFor(t, 12, {
		janus: await sharedJanus(), media: { video: 'H264' },
		during: async ({ peer }) => {
			await sending(peer, 4);
			back = await withoutMicrophone(peer, 4000);
		},
	});
	// What was sent is counted by packets of sound, which there were none of for 4 s.
	const seconds = result.sent.seconds + 4;
	const { av, spans } = await check(t, result.file, { ...result.sent, seconds }, { flashesMissing: 7 });
	const start = Math.min(...spans.map((s) => s.start));
	const said = result.sent.source.beeps.filter((at) => at > back + 0.2 && at < seconds - 0.5);
	assert.ok(said.length >= 6, `beeps at ${said}`);
	for (const at of said)
		assert.ok(av.beeps.some((beep) => Math.abs(beep - start - at) < 0.3), `the beep at ${at} s, after the sound came back at ${back} s, is there`);
	assert.ok(av.recorded.some(({ at }) => at < 4) && av.recorded.some(({ at }) => at > 10), 'sound before and after');
	assert.ok(!av.beeps.some((at) => at > 5 && at < 7.5), 'silence in between');
});

test('a microphone without a source, and no camera: what comes then is where it was said', { timeout: 60_000 }, async (t) => {
	let back;
	const result = await recordFor(t, 0, {
		janus: await sharedJanus(), media: { video: null },
		during: async ({ peer }) => {
			await sleep(3000);
			back = await withoutMicrophone(peer, 2000);
			await sleep(5000);
		},
	});
	const { spans } = await check(t, result.file, result.sent, { video: null });
	const recorded = await media.beeps(result.file);
	const said = result.sent.source.beeps.filter((at) => at > back + 0.2 && at < back + 4.5);
	assert.ok(said.length >= 4, `beeps at ${said}`);
	for (const at of said)
		assert.ok(recorded.some((beep) => Math.abs(beep - spans[0].start - at) < 0.2), `${at} s, with the sound back at ${back} s: ${recorded}`);
});

/** Waits until 0.3 s after a beep of the source. */
async function pastBeep(peer) {
	const { beeps, connectedFor } = await peer.call('measured');
	await sleep(1000 * ((1.3 - (connectedFor - beeps.at(-1))) % 1)); // it beeps each second
}

test('a microphone that is away for a moment, three times: sound stays in sync', { timeout: 60_000 }, async (t) => {
	const result = await recordFor(t, 10, {
		janus: await sharedJanus(), media: { video: 'H264' },
		during: async ({ peer }) => {
			await sending(peer, 2);
			for (let i = 0; i < 3; i++) {
				await pastBeep(peer);
				await withoutMicrophone(peer, 400);
				await sleep(500);
			}
		},
	});
	await check(t, result.file, { ...result.sent, seconds: result.sent.seconds + 3 * 0.4 });
});

for (const mode of ['transcode', 'copy'])
	test(`a sender that saves packets in silence (DTX), ${mode}`, { timeout: 60_000 }, async (t) => {
		const result = await recordFor(t, 0, {
			janus: await sharedJanus(), media: { video: 'H264', dtx: true }, request: { audio_mode: mode },
			during: () => sleep(8000),
		});
		const { source, idle, audio: [{ packetsSent }] } = result.sent;
		assert.ok(packetsSent < source.connectedFor * 50 / 2, `${packetsSent} packets in ${source.connectedFor} s: no DTX`);
		await check(t, result.file, { source, idle, seconds: source.connectedFor }, { audio: mode === 'copy' ? 'opus' : 'aac', maxAudioGap: mode === 'copy' ? 0.5 : 0.1 });
		const { clock_jumps: jumps } = result.status.tracks.find(({ type }) => type === 'audio');
		assert.equal(jumps, 0);
	});

for (const [name, options, expected] of [
	['sound alone', { video: null }, { video: null }],
	['picture alone', { audio: null }, { audio: null }],
])
	test(name, { timeout: 60_000 }, async (t) => {
		const result = await recordFor(t, 4, { janus: await sharedJanus(), media: options });
		assert.deepEqual(result.watch.faults(), []);
		await check(t, result.file, result.sent, { ...expected });
	});
