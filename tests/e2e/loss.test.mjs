// SPDX-License-Identifier: GPL-3.0-or-later
// Packets that get lost on the way to Janus. RTX brings back video; audio is gone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../lib/process.mjs';
import { Proxy } from './proxy.mjs';
import { check, recordFor, sharedJanus } from './stage.mjs';

async function nft(...command) {
	const { code, stderr } = await run('nft', command);
	assert.equal(code, 0, stderr);
}

/** Drops so many percent of what is sent to Janus, until the test ends. */
async function lose(t, percent) {
	await nft('add table inet loss; add chain inet loss input { type filter hook input priority 0; }; ' +
		`add rule inet loss input udp dport 22000-22999 numgen random mod 100 < ${percent} counter drop`);
	t.after(() => nft('delete table inet loss'));
}

const total = (tracks, field) => tracks.reduce((sum, track) => sum + track[field], 0);

for (const [video, percent] of [['H264', 5], ['VP8', 5]])
	test(`${percent} % loss, ${video}: every frame is whole, sound and picture stay together`,
		{ timeout: 60_000, skip: !process.env.TSR_NETNS && 'needs a network of its own' }, async (t) => {
			const { file, sent, status, watch } = await recordFor(t, 15, {
				janus: await sharedJanus(), media: { video }, during: () => lose(t, percent),
			});
			assert.deepEqual(watch.faults(), []);
			for (const track of status.tracks)
				t.diagnostic(`${track.codec}: ${track.packets} packets, ${track.reordered} reordered, ${track.late} late, ${track.lost} lost; ` +
					`${track.frames} frames, ${track.frames_damaged} damaged, ${track.frames_skipped} skipped, ${track.keyframe_requests} keyframe requests`);
			assert.ok(total(status.tracks, 'reordered') + total(status.tracks, 'lost') > 0, 'something was lost at all');
			await check(t, file, sent, { maxVideoGap: 3, flashesMissing: 5 });
		});

const networks = [
	{ name: 'nothing happens', network: {}, least: 0.98 },
	{ name: '2 % lost', network: { loss: 0.02 }, least: 0.9 },
	{ name: '5 % lost', network: { loss: 0.05 }, least: 0.8 },
	{ name: '20 % lost', network: { loss: 0.2 }, least: 0.2 },
	{ name: 'all of 300 ms lost, every 3 s', network: { burst_ms: 300, burst_every_ms: 3000 }, least: 0.5 },
	{ name: '20 % up to 200 ms late, 5 % twice', network: { reorder: 0.2, delay_ms: 200, duplicate: 0.05 }, least: 0.9 },
];

test('what a bad network costs', { timeout: 240_000 }, async (t) => {
	const rows = [];
	const tried = process.env.TSR_SHORT ? networks.filter(({ network }) => network.reorder) : networks; // loss has tests of its own
	for (const [i, { name, network, least }] of tried.entries()) {
		const proxy = new Proxy({ seed: i + 1, ...network });
		t.after(() => proxy.close());
		const { file, sent, status } = await recordFor(t, 10, {
			janus: await sharedJanus(), media: { video: 'VP8' }, proxy, during: () => proxy.begin(),
		});
		const [audio, video] = ['audio', 'video'].map((type) => status.tracks.find((track) => track.type === type));
		const { av } = await check(t, file, sent, { maxVideoGap: 5, flashesMissing: 8 });
		const frames = sent.video[0].framesSent;
		const offsets = av.errors.map(Math.abs).sort((a, b) => a - b);
		const { lost, passed, delayed, repeated } = proxy.counts;
		assert.ok(passed > 200, `${passed} packets went through the proxy`);
		assert.equal(network.loss || network.burst_ms ? lost > 5 : delayed > 100 || !network.reorder, true, JSON.stringify(proxy.counts));
		assert.equal(audio.malformed + video.malformed, 0);
		assert.ok(video.frames_written >= least * frames, `${name}: ${video.frames_written} of ${frames} pictures`);
		rows.push(`${name.padEnd(34)} ${String(passed + lost).padStart(5)} ${String(lost).padStart(5)} ${String(delayed + repeated).padStart(5)}   ` +
			`${String(video.frames_written).padStart(3)} of ${String(frames).padEnd(3)}  ${String(video.reordered).padStart(5)} ${String(video.lost).padStart(5)}   ` +
			`${String(audio.packets).padStart(5)} ${String(audio.lost).padStart(4)} ${String(audio.concealed).padStart(5)}   ${offsets[offsets.length >> 1].toFixed(0).padStart(4)} ${offsets.at(-1).toFixed(0).padStart(4)}`);
	}
	t.diagnostic(`${'RTP packets by way of the proxy'.padEnd(35)}  sent  lost  late   pictures  in time  lost   sound  lost  made   A/V offset, ms`);
	t.diagnostic(`${''.padEnd(63)}  (RTX)                 up   median  most`);
	rows.forEach((row) => t.diagnostic(row));
});
