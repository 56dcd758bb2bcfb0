// SPDX-License-Identifier: GPL-3.0-or-later
// Chromium into the Janus that runs at $TSR_JANUS_WS and writes to $TSR_RECORDINGS, for $TSR_SECONDS.

import { test } from 'node:test';
import { check, recordFor } from '../e2e/stage.mjs';

const { TSR_JANUS_WS: ws, TSR_RECORDINGS: recordings, TSR_SECONDS: seconds } = process.env;

test('packaged', { timeout: 90_000 }, async (t) => {
	const { file, sent } = await recordFor(t, Number(seconds), { janus: { ws, recordings }, media: { video: 'H264' } });
	await check(t, file, sent);
	t.diagnostic(file);
});
