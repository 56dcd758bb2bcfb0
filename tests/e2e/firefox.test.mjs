// SPDX-License-Identifier: GPL-3.0-or-later
// What Firefox can send. (H.264 only with an encoder that it would download.)

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { firefoxPath, startFirefox } from '../lib/firefox.mjs';
import { keepBusy } from '../lib/load.mjs';
import { run } from '../lib/process.mjs';
import { FirefoxPeer } from './firefoxPeer.mjs';
import { check, recordFor, sharedJanus } from './stage.mjs';

const skip = process.env.TSR_SHORT ? 'only in the long run' : !firefoxPath && 'Firefox is not installed';

let firefox;
after(() => firefox?.then((it) => it.close(), () => {})); // a test told already why it did not start

/** Without a default route it finds no address of its own. Nobody need be there. Until the test ends. */
async function routeOut(t) {
	if (!process.env.TSR_NETNS)
		return;
	const route = (command) => run('ip', ['route', command, 'default', 'via', '192.0.2.2', 'dev', process.env.TSR_INTERFACE]);
	const { code, stderr } = await route('add');
	assert.equal(code, 0, stderr);
	t.after(() => route('delete'));
}

async function record(t, seconds, video) {
	await routeOut(t);
	firefox ??= startFirefox();
	const result = await recordFor(t, seconds, { janus: await sharedJanus(), Peer: FirefoxPeer, firefox: await firefox, media: { video } });
	assert.deepEqual(result.started.tracks.map(({ codec, recorded_as }) => `${codec} as ${recorded_as}`), ['opus as aac', `${video.toLowerCase()} as h264`]);
	assert.deepEqual(result.watch.faults(), []);
	return result;
}

for (const video of ['VP8', 'VP9', 'AV1']) {
	test(`Firefox, ${video} and Opus: plays, in time and in sync`, { timeout: 90_000, skip }, async (t) => {
		const { file, sent, restMs } = await record(t, 12, video);
		t.diagnostic(`longest time without growth ${restMs} ms`);
		assert.ok(restMs < 1000, `the file did not grow for ${restMs} ms`);
		await check(t, file, sent);
	});

	test(`Firefox, every processor is busy, ${video}: in sync all the same`, { timeout: 90_000, skip }, async (t) => {
		keepBusy(t);
		const { file, sent } = await record(t, 9, video);
		assert.ok(sent.idle < 0.1, `the processors were idle for ${sent.idle * 100} % of the time`);
		await check(t, file, sent, { maxVideoGap: 2, flashesMissing: 5, thirds: true });
	});
}
