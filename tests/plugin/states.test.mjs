// SPDX-License-Identifier: GPL-3.0-or-later
// Requests in the wrong state, and what a handle may do after which.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newHandle, offer, refused, sharedJanus } from './stage.mjs';

const WRONG_STATE = 610;

test('before anything was recorded', { timeout: 20_000 }, async (t) => {
	const handle = await newHandle(t, await sharedJanus());
	for (const request of ['pause', 'resume', 'split', 'stop', 'configure', 'info', 'delete'])
		await refused(handle.request({ request }), WRONG_STATE);
	await refused(handle.request({ request: 'record' }), 607);
});

test('twice, or the wrong way round', { timeout: 20_000 }, async (t) => {
	const handle = await newHandle(t, await sharedJanus());
	await handle.request({ request: 'record', id: 'states-1' }, offer());
	await refused(handle.request({ request: 'resume' }), WRONG_STATE, /not paused/);
	await refused(handle.request({ request: 'split' }), WRONG_STATE, /not begun/);
	await refused(handle.request({ request: 'delete' }), WRONG_STATE, /running/);
	assert.equal((await handle.request({ request: 'pause' })).data.tsrecorder, 'pausing');
	await handle.event('paused');
	assert.equal((await handle.request({ request: 'status' })).data.state, 'paused');
	await refused(handle.request({ request: 'pause' }), WRONG_STATE, /paused already/);
	await refused(handle.request({ request: 'split' }), WRONG_STATE);
	assert.deepEqual((await handle.request({ request: 'resume' })).data, { tsrecorder: 'resuming', id: 'states-1' });
	await handle.event('resumed');
	await refused(handle.request({ request: 'resume' }), WRONG_STATE);
	await handle.request({ request: 'stop' });
	await refused(handle.request({ request: 'stop' }), WRONG_STATE);
	await handle.event('finished');
	for (const request of ['pause', 'resume', 'split', 'stop', 'configure'])
		await refused(handle.request({ request }), WRONG_STATE);
});

test('a recording into which nothing came leaves no file, and its id is free again', { timeout: 20_000 }, async (t) => {
	const janus = await sharedJanus();
	for (let i = 0; i < 3; i++) {
		const handle = await newHandle(t, janus);
		const { data, jsep } = await handle.request({ request: 'record', id: 'states-2', name: 'an empty one' }, offer());
		assert.equal(data.result.status, 'starting');
		assert.equal(data.result.id, 'states-2');
		assert.equal(data.result.name, 'an empty one');
		assert.equal(data.result.file, 'states-2.recording.ts');
		assert.equal(jsep.type, 'answer');
		await handle.request({ request: 'stop' });
		const finished = await handle.event('finished');
		assert.deepEqual(finished, { status: 'finished', id: 'states-2', bytes: 0, duration_ms: 0, reason: 'stop' });
		await refused(handle.request({ request: 'delete' }), 611);
	}
});

test('a handle records again after it was hung up', { timeout: 20_000 }, async (t) => {
	const handle = await newHandle(t, await sharedJanus());
	for (const id of ['states-3', 'states-4']) {
		await handle.request({ request: 'record', id }, offer());
		await handle.hangup();
		const { reason } = await handle.event('finished', { match: (event) => event.id === id });
		assert.equal(reason, 'hangup');
		assert.equal((await handle.request({ request: 'status' })).data.state, 'finished');
	}
});

test('a refused offer leaves the handle ready for another one', { timeout: 20_000 }, async (t) => {
	const handle = await newHandle(t, await sharedJanus());
	await refused(handle.request({ request: 'record', id: 'a b' }, offer()), 605);
	// The core closes what it had begun in its own time, and says so.
	await new Promise((resolve) => handle.watch(({ janus }) => janus === 'hangup' && resolve()));
	assert.equal((await handle.request({ request: 'record', id: 'states-5' }, offer())).data.result.status, 'starting');
});

test('an id is made up when none is given', { timeout: 20_000 }, async (t) => {
	const handle = await newHandle(t, await sharedJanus());
	const { data } = await handle.request({ request: 'record' }, offer());
	assert.match(data.result.id, /^\d{8}-\d{6}-[0-9a-f]{8}$/);
	assert.equal(data.result.file, `${data.result.id}.recording.ts`);
});

test('configure answers by an event, and changes what status and answer show', { timeout: 20_000 }, async (t) => {
	const handle = await newHandle(t, await sharedJanus());
	await handle.request({ request: 'record', id: 'states-6' }, offer());
	const changes = { name: 'another name', bitrate: 300000, keyframe_interval: '5s', keyframe: true, substream: 1, temporal: 2,
		max_duration: '1h', max_size: '1GiB', metadata: { a: 1 } };
	const { data } = await handle.request({ request: 'configure', ...changes });
	assert.deepEqual(data, { tsrecorder: 'event', result: { status: 'configured', id: 'states-6' } });
	assert.equal((await handle.request({ request: 'status' })).data.name, 'another name');
});
