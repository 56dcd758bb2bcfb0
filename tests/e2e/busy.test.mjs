// SPDX-License-Identifier: GPL-3.0-or-later
// Sound and picture stay together when other programs take all processors.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepBusy } from '../lib/load.mjs';
import { AiortcPeer } from './aiortcPeer.mjs';
import { check, recordFor, sharedJanus } from './stage.mjs';

const rows = [
	{ name: 'VP8', short: true, media: { video: 'VP8' } },
	{ name: 'H.264', media: { video: 'H264' } },
	{ name: 'VP9', media: { video: 'VP9' } },
	{ name: 'AV1', media: { video: 'AV1' } },
	// Its VP8 encoder falls behind, and it reports the time at which a picture was sent for the time at which it was taken.
	{ name: 'aiortc, H.264', aiortc: 'H264' },
];

for (const { name, short, media, aiortc } of rows)
	test(`every processor is busy, ${name}: in sync all the same`, { timeout: 90_000, skip: !short && process.env.TSR_SHORT && 'one of them is short enough' }, async (t) => {
		const janus = await sharedJanus();
		const peer = aiortc ? { url: janus.http, Peer: AiortcPeer, codec: aiortc } : { media };
		keepBusy(t);
		const { file, sent, watch } = await recordFor(t, 9, { janus, ...peer });
		assert.deepEqual(watch.faults(), []);
		assert.ok(sent.idle < 0.1, `the processors were idle for ${sent.idle * 100} % of the time`);
		// The sender leaves out pictures; what comes is in its place.
		await check(t, file, sent, { maxVideoGap: 2, flashesMissing: 5, thirds: true });
	});
