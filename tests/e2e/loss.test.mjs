// SPDX-License-Identifier: GPL-3.0-or-later
// Packets that get lost on the way to Janus. RTX brings back video; audio is gone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../lib/process.mjs';
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
