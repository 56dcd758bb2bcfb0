// SPDX-License-Identifier: GPL-3.0-or-later
// A peer that is no browser, over the HTTP API.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AiortcPeer } from './aiortcPeer.mjs';
import { check, recordFor, sharedJanus } from './stage.mjs';

for (const codec of ['H264', 'VP8'])
	test(`aiortc over HTTP, ${codec} and Opus`, { timeout: 60_000 }, async (t) => {
		const janus = await sharedJanus();
		const { watch, file, sent } = await recordFor(t, 10, { janus, url: janus.http, Peer: AiortcPeer, codec });
		assert.deepEqual(watch.faults(), []);
		await check(t, file, sent);
	});
