// SPDX-License-Identifier: GPL-3.0-or-later
// Each request with each parameter in every wrong way: an error with its code and sentence, and nothing is changed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, filesIn, newHandle, offer, pluginName, refused, sharedJanus } from './stage.mjs';
import { JanusError } from '../lib/signalling.mjs';

const MISSING = 604;
const INVALID = 605;
const UNKNOWN = 606;

// What is wrong for a parameter of each type.
const never = [null, [], {}];
const wrong = {
	id: [...never, true, 5, '', 'x'.repeat(65), 'a/b', '..', '../a', 'a b', 'ä', 'a\nb', 'a\u007f', 'a%2e'],
	text: [...never, true, 5, '', 'x'.repeat(3000), 'a\nb', 'a\tb', 'a\u001bb', 'a\u0085b', 'a\u007f'],
	key: [...never, true, 5, 'x'.repeat(3000), 'a\u0000b'.replace('\u0000', '\u0001')],
	bool: [...never, 'true', 1, 0, ''],
	choice: [...never, true, 5, '', 'nothing', 'H264\n'],
	size: [...never, true, -1, 1, 1.5, 1e18, '', 'big', '4 bananas', '-4MiB', '4MiB4', '1e3MiB', '0x10000', ' 65536', '9999999TiB'],
	time: [...never, true, -1, 0.0001, 1e15, '', 'soon', '5 fortnights', '-5s', '5s5', '1e3s', 'inf', 'nan', '99999999d'],
	int: [...never, true, -1, 1.5, 1e18, '', '5', 'x'],
	room: [...never, true, 1.5, -1, '', 'x'.repeat(3000), 'a\nb'],
	rooms: [null, {}, true, 5, '', 'x', [], [null], [true], [[]], [1.5], Array(1001).fill(1)],
	moment: [...never, true, -1, 1e18, '', 'yesterday', '2024-13-01T00:00:00Z', '31.1.2024'],
	object: [null, [], true, 5, '', '{}', { x: 'y'.repeat(4090) }],
};

const target = { id: 'id', secret: 'key', admin_key: 'key' };
const limits = { max_duration: 'time', max_size: 'size', bitrate: 'int', keyframe_interval: 'time', name: 'text', metadata: 'object' };
const wanted = {
	id: 'id', name: 'text', profile: 'text', filename: 'text', videocodec: 'choice', audiocodec: 'choice', audio_mode: 'choice', container: 'choice',
	audio: 'bool', video: 'bool', max_duration: 'time', max_size: 'size', substream: 'int', temporal: 'int', metadata: 'object',
	is_private: 'bool', record_key: 'key', token: 'key', secret: 'key', admin_key: 'key',
};
const aTap = { tap: 'id', secret: 'key', admin_key: 'key' };
const requests = {
	record: {
		...limits, id: 'id', filename: 'text', profile: 'text', videocodec: 'choice', audiocodec: 'choice', audio_mode: 'choice', container: 'choice',
		audio: 'bool', video: 'bool', is_private: 'bool', secret: 'text', record_key: 'key', token: 'key', substream: 'int', temporal: 'int',
	},
	configure: { ...limits, keyframe: 'bool', substream: 'int', temporal: 'int' },
	pause: target, resume: target, split: target, stop: target, status: target, info: target, delete: target,
	list: { state: 'choice', own: 'bool', since: 'moment', until: 'moment', offset: 'int', limit: 'int', admin_key: 'key' },
	profiles: {},
	record_room: { ...wanted, plugin: 'text', room: 'room', publishers: 'rooms' },
	record_peers: { ...wanted, plugin: 'text', match: 'object' },
	stop_tap: aTap, taps: { admin_key: 'key' },
};

// What must be there besides, so that it is not that which is told.
const mandatory = { record_room: { room: 5 }, record_peers: { plugin: 'janus.plugin.videoroom', match: {} }, stop_tap: { tap: 'tap' } };

async function tryAll(send, name, parameters) {
	const accepted = [];
	let count = 0;
	const expect = async (body, code) => {
		count++;
		try {
			await send(body);
			accepted.push(`${JSON.stringify(body).slice(0, 80)}: accepted`);
		} catch (error) {
			if (!(error instanceof JanusError))
				throw error;
			if (error.code !== code || error.reason.length < 10 || /[\u0000-\u001f]/.test(error.reason))
				accepted.push(`${JSON.stringify(body).slice(0, 80)}: ${error.message}, not ${code}`);
		}
	};
	for (const [parameter, type] of Object.entries(parameters))
		for (const value of wrong[type])
			await expect({ request: name, ...mandatory[name], [parameter]: value }, INVALID);
	for (const key of ['colour', '', 'ID', 'id ', 'a\nb', '../id', 'x'.repeat(2000)])
		await expect({ request: name, ...mandatory[name], [key]: 'x' }, UNKNOWN);
	assert.deepEqual(accepted, []);
	return count;
}

for (const [name, parameters] of Object.entries(requests)) {
	test(`${name}: every parameter in every wrong way`, { timeout: 60_000 }, async (t) => {
		const janus = await sharedJanus();
		const handle = await newHandle(t, janus);
		const before = filesIn(janus.recordings);
		const count = await tryAll((body) => handle.request(body), name, parameters);
		t.diagnostic(`${count} requests refused`);
		assert.deepEqual(filesIn(janus.recordings), before);
		assert.deepEqual((await handle.request({ request: 'status' })).data, { tsrecorder: 'status', state: 'idle' });
	});
}

test('a recording that runs is not changed by any of it', { timeout: 120_000 }, async (t) => {
	const janus = await sharedJanus();
	const handle = await newHandle(t, janus);
	await handle.request({ request: 'record', id: 'matrix', name: 'as it was', max_duration: '1h', bitrate: 500_000 }, offer());
	const seen = async () => {
		const { last_write_age_ms, last_flush_age_ms, last_packet_age_ms, ...status } = (await handle.request({ request: 'status' })).data;
		return status;
	};
	const before = await seen();
	let count = 0;
	for (const [name, parameters] of Object.entries(requests))
		count += await tryAll((body) => handle.request(body), name, parameters);
	t.diagnostic(`${count} requests refused`);
	assert.deepEqual(await seen(), before);
	await handle.request({ request: 'stop' });
});

test('Admin API: every parameter in every wrong way', { timeout: 60_000 }, async (t) => {
	const janus = await sharedJanus();
	const settings = (await admin(janus, { request: 'configure', admin_key: 'operator' })).settings;
	let count = 0;
	const withoutKey = ({ admin_key, ...others }) => others;
	const kinds = {
		list_recordings: withoutKey(requests.list), stop: { id: 'id' }, info: { id: 'id' }, delete: { id: 'id' },
		stats: {}, recover: {}, rescan: {}, profiles: {}, taps: {}, configure: { settings: 'object' },
		status: { id: 'id', tap: 'id' }, record_room: withoutKey(requests.record_room), record_peers: withoutKey(requests.record_peers), stop_tap: { tap: 'id' },
	};
	for (const [name, parameters] of Object.entries(kinds)) {
		if (name === 'configure')
			wrong.object = wrong.object.filter((value) => value === null || typeof value !== 'object' || Array.isArray(value));
		count += await tryAll((body) => admin(janus, { ...body, admin_key: 'operator' }), name, parameters);
	}
	t.diagnostic(`${count} requests refused`);
	await refused(admin(janus, { request: 'stop', admin_key: 'operator' }), MISSING, /id/);
	assert.deepEqual((await admin(janus, { request: 'configure', admin_key: 'operator' })).settings, settings);
});

test('what is no request at all', { timeout: 20_000 }, async (t) => {
	const janus = await sharedJanus();
	const handle = await newHandle(t, janus);
	await refused(handle.request({}), MISSING);
	for (const request of [null, 5, true, [], {}])
		await refused(handle.request({ request }), INVALID);
	for (const request of ['', 'rekord', 'RECORD', 'record ', 'stats', 'list_recordings', 'recover', 'x'.repeat(5000)])
		await refused(handle.request({ request }), 603);
	for (const request of ['', 'record', 'pause', 'list', 'rekord'])
		await refused(admin(janus, { request, admin_key: 'operator' }), 603);
});

test('over HTTP as over WebSocket', { timeout: 20_000 }, async (t) => {
	const janus = await sharedJanus();
	const handle = await newHandle(t, janus, janus.http);
	await refused(handle.request({ request: 'record', id: 5 }), INVALID, /^id must be 1 to 64 of the characters/);
	await refused(handle.request({ request: 'stop' }), 610);
	assert.equal((await handle.request({ request: 'status' })).data.state, 'idle');
	await refused(handle.session.attach(`${pluginName}x`), 460);
});
