// SPDX-License-Identifier: GPL-3.0-or-later
// Whose recording it is: a foreign handle, or a missing key, is refused every time.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { until } from '../lib/wait.mjs';
import { admin, newHandle, newJanus, offer, pluginName, recorded, recordPeer, refused, sharedJanus } from './stage.mjs';

const UNAUTHORIZED = 613;
const NOT_FOUND = 611;
const all = ['status', 'info', 'pause', 'resume', 'split', 'stop', 'delete'];

test('a foreign handle is told nothing without the secret or the admin_key', { timeout: 30_000 }, async (t) => {
	const janus = await sharedJanus();
	const owner = await newHandle(t, janus);
	const other = await newHandle(t, janus);
	await owner.request({ request: 'record', id: 'access-1', secret: 'open sesame' }, offer());
	const keys = [{}, { secret: '' }, { secret: 'open sesam' }, { secret: 'open sesame ' }, { admin_key: '' }, { admin_key: 'operato' },
		{ secret: 'operator' }, { admin_key: 'open sesame' }];
	let count = 0;
	for (const request of all)
		for (const key of keys)
			for (const id of ['access-1', 'access-0']) { // one that is there and one that is not: no difference
				await refused(other.request({ request, id, ...key }), UNAUTHORIZED);
				count++;
			}
	t.diagnostic(`${count} requests refused`);
	assert.equal((await owner.request({ request: 'status' })).data.state, 'starting');
	assert.equal((await other.request({ request: 'list' })).data.recordings.some(({ id }) => id === 'access-1'), false);
	await refused(other.request({ request: 'list', admin_key: 'operato' }), UNAUTHORIZED);

	for (const key of [{ secret: 'open sesame' }, { admin_key: 'operator' }]) {
		assert.equal((await other.request({ request: 'status', id: 'access-1', ...key })).data.id, 'access-1');
		assert.equal((await other.request({ request: 'info', id: 'access-1', ...key })).data.recording.id, 'access-1');
		await other.request({ request: 'pause', id: 'access-1', ...key });
		await other.request({ request: 'resume', id: 'access-1', ...key });
	}
	await refused(other.request({ request: 'status', id: 'access-0', admin_key: 'operator' }), NOT_FOUND);
	assert.ok((await other.request({ request: 'list', admin_key: 'operator' })).data.recordings.some(({ id }) => id === 'access-1'));
	await other.request({ request: 'stop', id: 'access-1', secret: 'open sesame' });
	await owner.event('finished');
});

test('one without a secret belongs to its handle and the operator alone', { timeout: 20_000 }, async (t) => {
	const janus = await sharedJanus();
	const owner = await newHandle(t, janus);
	const other = await newHandle(t, janus);
	await owner.request({ request: 'record', id: 'access-2' }, offer());
	for (const request of all)
		for (const key of [{}, { secret: '' }, { secret: 'x' }])
			await refused(other.request({ request, id: 'access-2', ...key }), UNAUTHORIZED);
	await other.request({ request: 'stop', id: 'access-2', admin_key: 'operator' });
});

test('without an admin_key in the configuration nobody has it', { timeout: 20_000 }, async (t) => {
	const janus = await newJanus(t);
	const owner = await newHandle(t, janus);
	const other = await newHandle(t, janus);
	await owner.request({ request: 'record', id: 'access-3' }, offer());
	for (const admin_key of ['', 'x'])
		await refused(other.request({ request: 'status', id: 'access-3', admin_key }), UNAUTHORIZED);
	await refused(other.request({ request: 'list', admin_key: '' }), UNAUTHORIZED);
	assert.equal((await admin(janus, { request: 'list_recordings' })).total, 1); // the Admin API has a secret of its own
});

test('an id that became free again is nobody\'s but its new owner\'s', { timeout: 20_000 }, async (t) => {
	const janus = await sharedJanus();
	const [first, second] = [await newHandle(t, janus), await newHandle(t, janus)];
	for (const handle of [first, second]) {
		await handle.request({ request: 'record', id: 'access-5' }, offer());
		if (handle === second)
			break;
		await handle.request({ request: 'stop' }); // no media came, so the id is free
		await handle.event('finished');
		await handle.request({ request: 'record', id: 'access-6' }, offer()); // its latest is another one
	}
	for (const request of all)
		await refused(first.request({ request, id: 'access-5' }), UNAUTHORIZED);
	assert.equal((await first.request({ request: 'list' })).data.recordings.some(({ id }) => id === 'access-5'), false);
	assert.equal((await second.request({ request: 'status', id: 'access-5' })).data.state, 'starting');
});

test('one that is not private is seen by everybody, and controlled by its owner', { timeout: 20_000 }, async (t) => {
	const janus = await sharedJanus();
	const owner = await newHandle(t, janus);
	const other = await newHandle(t, janus);
	await owner.request({ request: 'record', id: 'access-4', is_private: false }, offer());
	const [listed] = (await other.request({ request: 'list' })).data.recordings.filter(({ id }) => id === 'access-4');
	assert.equal(listed.own, false);
	assert.equal(listed.state, 'starting');
	assert.equal((await other.request({ request: 'status', id: 'access-4' })).data.id, 'access-4');
	for (const request of ['pause', 'resume', 'split', 'stop', 'delete'])
		await refused(other.request({ request, id: 'access-4' }), UNAUTHORIZED);
	assert.equal((await owner.request({ request: 'list' })).data.recordings.find(({ id }) => id === 'access-4').own, true);
});

test('a list of what the handle made itself', { timeout: 60_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'admin_key = "k"' });
	const owner = await newHandle(t, janus), other = await newHandle(t, janus);
	for (const [id, is_private] of [['own-private', true], ['own-public', false]]) {
		const { handle, peer } = await recordPeer(t, janus, { id, is_private });
		await recorded(handle, 500);
		await handle.request({ request: 'stop' });
		await handle.event('finished');
		const own = async (more) => (await handle.request({ request: 'list', own: true, ...more })).data;
		assert.deepEqual((await own()).recordings.map((r) => r.id), [id]);
		assert.equal((await own()).total, 1);
		assert.deepEqual((await own({ admin_key: 'k' })).recordings.map((r) => r.id), [id]);
		assert.deepEqual((await own({ state: 'starting' })).recordings, []);
		await peer.close();
	}
	await owner.request({ request: 'record', id: 'own-running', is_private: false }, offer());
	const own = async (handle, more) => (await handle.request({ request: 'list', own: true, ...more })).data.recordings.map((r) => r.id);
	assert.deepEqual(await own(owner), ['own-running']);
	assert.deepEqual(await own(owner, { offset: 1 }), []);
	assert.deepEqual(await own(other), []);
	await refused(admin(janus, { request: 'list_recordings', own: true, admin_key: 'k' }), 605, /own/);
});

test('the secret holds after the handle has gone, and after a restart', { timeout: 60_000 }, async (t) => {
	let janus = await newJanus(t);
	const { handle, peer } = await recordPeer(t, janus, { id: 'access-5', secret: 'open sesame', name: 'kept' });
	await recorded(handle, 1000);
	await handle.detach();
	await peer.close();
	const check = async () => {
		const other = await newHandle(t, janus);
		for (const request of ['status', 'info', 'delete'])
			for (const key of [{}, { secret: 'x' }, { admin_key: 'x' }])
				await refused(other.request({ request, id: 'access-5', ...key }), UNAUTHORIZED);
		const info = async () => (await other.request({ request: 'info', id: 'access-5', secret: 'open sesame' })).data.recording;
		await until('the recording to be finished', async () => (await info()).state === 'finished');
		const recording = await info();
		assert.equal(recording.name, 'kept');
		assert.equal(recording.reports.length, 1);
		assert.equal(JSON.stringify(recording).includes('sesame'), false);
		assert.equal(recording.reports[0].host, undefined); // the hidden secret
		return other;
	};
	await check();
	assert.deepEqual(await janus.stop(), { code: 0, signal: null });
	janus = await newJanus(t, { folder: janus.folder });
	const other = await check();
	await refused(other.request({ request: 'record', id: 'access-5' }, offer()), 612);
	assert.deepEqual((await other.request({ request: 'delete', id: 'access-5', secret: 'open sesame' })).data,
		{ tsrecorder: 'deleted', id: 'access-5', files: 1 });
	await refused(other.request({ request: 'info', id: 'access-5', secret: 'open sesame' }), UNAUTHORIZED);
});

test('record_key: needed when it is set', { timeout: 20_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'record_key = "let me"' });
	for (const record_key of [undefined, '', 'let m', 'let me ', 'LET ME'])
		await refused((await newHandle(t, janus)).request({ request: 'record', record_key }, offer()), UNAUTHORIZED);
	assert.deepEqual((await (await newHandle(t, janus)).request({ request: 'list' })).data.recordings, []);
	const handle = await newHandle(t, janus);
	assert.equal((await handle.request({ request: 'record', record_key: 'let me' }, offer())).data.result.status, 'starting');
});

/** A token as janus.jcfg's token_auth_secret signs them. */
function token(secret, ...descriptors) {
	const text = [Math.floor(Date.now() / 1000) + 60, pluginName, ...descriptors].join(',');
	return `${text}:${createHmac('sha1', secret).update(text).digest('base64')}`;
}

test('who may not record is not told what there is', { timeout: 20_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'record_key = "let me"' });
	await (await newHandle(t, janus)).request({ request: 'record', id: 'taken', record_key: 'let me' }, offer());
	for (const id of ['taken', 'free'])
		await refused((await newHandle(t, janus)).request({ request: 'record', id, record_key: 'x' }, offer()), UNAUTHORIZED, /record_key/);
});

test('signed_tokens without a secret of Janus: nobody may record', { timeout: 20_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'signed_tokens = true' });
	for (const given of [undefined, token('sign', 'record')])
		await refused((await newHandle(t, janus)).request({ request: 'record', token: given }, offer()), UNAUTHORIZED);
});

test('signed_tokens: the token must allow it', { timeout: 20_000 }, async (t) => {
	const general = 'token_auth = true\n\ttoken_auth_secret = "sign"';
	const janus = await newJanus(t, { config: 'signed_tokens = true', general });
	const send = async (body, jsep) => {
		const post = async (path, message) => {
			const reply = await fetch(`${janus.http}${path}`, { method: 'POST', body: JSON.stringify({ transaction: 'x', ...message }) });
			return reply.json();
		};
		const signed = `${Math.floor(Date.now() / 1000) + 60},janus,${pluginName}`;
		const auth = `${signed}:${createHmac('sha1', 'sign').update(signed).digest('base64')}`;
		const session = (await post('', { janus: 'create', token: auth })).data.id;
		const handle = (await post(`/${session}`, { janus: 'attach', plugin: pluginName, token: auth })).data.id;
		await post(`/${session}/${handle}`, { janus: 'message', body, jsep, token: auth });
		for (;;) {
			const event = await (await fetch(`${janus.http}/${session}?token=${encodeURIComponent(auth)}`)).json();
			if (event.janus === 'event')
				return event.plugindata.data.error_code ?? event.plugindata.data.result.status;
		}
	};
	for (const wrong of [undefined, '', 'x', token('sign'), token('sign', 'recor'), token('sign', 'record=other'), token('other', 'record')])
		assert.equal(await send({ request: 'record', id: 'access-6', token: wrong }, offer()), UNAUTHORIZED, wrong);
	assert.equal(await send({ request: 'record', id: 'access-6', token: token('sign', 'record=access-6') }, offer()), 'starting');
	assert.equal(await send({ request: 'record', id: 'access-7', token: token('sign', 'record') }, offer()), 'starting');
});
