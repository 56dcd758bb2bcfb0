// SPDX-License-Identifier: GPL-3.0-or-later
// How a recording ends: in order, by Janus's end, and by its death.

import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { startJanus } from '../lib/janus.mjs';
import * as media from '../lib/media.mjs';
import { until } from '../lib/wait.mjs';
import { check, newPeer, sending, sentBy, sharedJanus } from './stage.mjs';

/** A recording that has run for so many seconds. */
async function running(t, seconds, janus, url) {
	const stage = await newPeer(t, { janus, url });
	await stage.peer.publish(stage.handle, { request: 'record', id: stage.id }, { video: 'H264' });
	await sending(stage.peer, seconds);
	return stage;
}

const finished = ({ watch }) => until('the finished file', () => existsSync(watch.final));

test('stop: the finished event names the complete file', { timeout: 60_000 }, async (t) => {
	const stage = await running(t, 3, await sharedJanus());
	const sent = await sentBy(stage.peer);
	const { data } = await stage.handle.request({ request: 'stop' });
	assert.equal(data.tsrecorder, 'stopping');
	const event = await stage.handle.event('finished');
	stage.watch.stop();
	assert.deepEqual(stage.watch.faults(), []);
	assert.equal(event.path, stage.watch.final);
	assert.equal(event.file, `${stage.id}.ts`);
	assert.equal(event.reason, 'stop');
	assert.equal(event.bytes, statSync(stage.watch.final).size);
	const { duration } = await check(t, stage.watch.final, sent);
	assert.ok(Math.abs(event.duration_ms - duration * 1000) < 100, `told ${event.duration_ms} ms, ffprobe says ${duration} s`);
	const { data: status } = await stage.handle.request({ request: 'status' });
	assert.equal(status.state, 'finished');
});

const ends = {
	'hangup': ({ handle }) => handle.hangup(),
	'the end of the session': ({ session }) => session.destroy(),
	'a WebSocket that breaks': ({ session }) => session.drop(),
	'a PeerConnection that is closed': ({ peer }) => peer.call('close'),
};
for (const [name, end] of Object.entries(ends))
	test(`${name} finishes the file`, { timeout: 60_000 }, async (t) => {
		const stage = await running(t, 2, await sharedJanus());
		const sent = await sentBy(stage.peer);
		await end(stage);
		await finished(stage);
		stage.watch.stop();
		assert.deepEqual(stage.watch.faults(), []);
		await check(t, stage.watch.final, sent);
	});

for (const transport of ['ws', 'http'])
	test(`SIGTERM of Janus with a client over ${transport} finishes the file`, { timeout: 60_000 }, async (t) => {
		const janus = await startJanus();
		t.after(() => janus.stop('SIGKILL'));
		const stage = await running(t, 3, janus, janus[transport]);
		const sent = await sentBy(stage.peer);
		const began = Date.now();
		const { code, signal } = await janus.stop('SIGTERM');
		t.diagnostic(`Janus ended in ${Date.now() - began} ms`);
		assert.deepEqual({ code, signal }, { code: 0, signal: null });
		stage.watch.stop();
		assert.deepEqual(stage.watch.faults(), []);
		await check(t, stage.watch.final, sent);
	});

test('kill -9 of Janus: what was recorded plays, all but the last half second', { timeout: 60_000 }, async (t) => {
	const janus = await startJanus();
	t.after(() => janus.stop('SIGKILL'));
	const stage = await running(t, 5, janus);
	const sent = await sentBy(stage.peer);
	await janus.stop('SIGKILL');
	assert.ok(!existsSync(stage.watch.final), 'no final name');
	const spans = (await media.packets(stage.watch.recording)).map(media.span);
	assert.equal(spans.length, 2, 'both streams are there');
	const start = Math.min(...spans.map((s) => s.start));
	for (const [i, s] of spans.entries()) {
		const missing = sent.seconds - (s.end - start);
		t.diagnostic(`stream ${i}: sent ${sent.seconds.toFixed(2)} s, ${(missing * 1000).toFixed(0)} ms of it missing`);
		assert.ok(missing <= 0.5, `stream ${i} lacks ${missing} s`);
	}
});
