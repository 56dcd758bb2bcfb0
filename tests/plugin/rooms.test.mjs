// SPDX-License-Identifier: GPL-3.0-or-later
// Taps by their API: rooms of another plugin are recorded, by whoever may, and what is asked wrongly changes nothing.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AiortcPeer } from '../e2e/aiortcPeer.mjs';
import { connect } from '../lib/signalling.mjs';
import { until } from '../lib/wait.mjs';
import { admin, filesIn, newHandle, newJanus, refused } from './stage.mjs';

const videoRoom = 'janus.plugin.videoroom';

async function newRoom(t, { config = 'admin_key = "operator"', plugins = ['videoroom'], ...options } = {}) {
	const janus = await newJanus(t, { plugins, config, ...options });
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const host = await session.attach(videoRoom);
	await host.request({ request: 'create', room: 1234, secret: 'the room', publishers: 20, videocodec: 'h264,vp8' });
	return { janus, host, recorder: await newHandle(t, janus) };
}

/** Somebody in the room, who sends H.264 and Opus. */
async function enter(t, janus, display, request = {}) {
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const handle = await session.attach(videoRoom);
	const peer = await AiortcPeer.open({ codec: 'H264' });
	t.after(() => peer.close());
	const { id } = await peer.publish(handle, { request: 'joinandconfigure', room: 1234, ptype: 'publisher', display, ...request });
	return { session, handle, peer, id };
}

/** A request to another plugin through the Admin API. */
async function janusAdmin(janus, plugin, request) {
	const message = { janus: 'message_plugin', transaction: 'x', admin_secret: 'secret', plugin, request };
	const { response } = await (await fetch(janus.admin, { method: 'POST', body: JSON.stringify(message) })).json();
	assert.equal(response.error_code, undefined, response.error);
	return response;
}

const manifest = (janus, tap) => JSON.parse(readFileSync(join(janus.recordings, `${tap}.room.json`)));

const of = ({ id }) => ({ match: (event) => event.peer === String(id) });

test('record_room: what is wrong is refused, and changes nothing', { timeout: 30_000 }, async (t) => {
	const { janus, recorder } = await newRoom(t);
	const ask = (body) => recorder.request({ request: 'record_room', ...body });
	await refused(ask({}), 604, /room/);
	await refused(ask({ room: true }), 605, /room/);
	await refused(ask({ room: 1234 }), 613, /secret/);
	await refused(ask({ room: 1234, secret: 'wrong' }), 613, /secret/);
	await refused(ask({ room: 1234, admin_key: 'wrong' }), 613, /secret/);
	await refused(ask({ room: 4321, secret: 'the room' }), 611, /no such room/);
	await refused(ask({ room: 4321, admin_key: 'operator' }), 611, /no such room/);
	await refused(ask({ room: 1234, secret: 'the room', plugin: 'janus.plugin.tsrecorder' }), 605, /another/);
	await refused(ask({ room: 1234, secret: 'the room', plugin: 'janus.plugin.nothing' }), 618, /those that can are janus\.plugin\.videoroom/);
	await refused(ask({ room: 1234, secret: 'the room', plugin: 'janus.plugin.audiobridge' }), 611, /not loaded/);
	await refused(ask({ room: 1234, secret: 'the room', plugin: 'janus.plugin.echotest' }), 613, /configuration/);
	await refused(ask({ room: 1234, secret: 'the room', publishers: 7 }), 605, /publishers/);
	await refused(ask({ room: 1234, secret: 'the room', publishers: [] }), 605, /publishers/);
	await refused(ask({ room: 1234, secret: 'the room', filename: '../{room}' }), 605, /filename/);
	await refused(ask({ room: 1234, secret: 'the room', profile: 'none' }), 611, /profile/);
	await refused(ask({ room: 1234, secret: 'the room', bitrate: 500000 }), 606, /bitrate/);
	await refused(recorder.request({ request: 'record_peers', plugin: videoRoom, match: {} }), 613, /admin_key/);
	await refused(recorder.request({ request: 'stop_tap', tap: 'none' }), 613, /secret/);
	await refused(recorder.request({ request: 'stop_tap', tap: 'none', admin_key: 'operator' }), 611, /no such tap/);
	assert.deepEqual((await recorder.request({ request: 'taps', admin_key: 'operator' })).data.taps, []);
	assert.deepEqual(filesIn(janus.recordings), []);
});

test('record_room: a room is one tap\'s, which is its maker\'s, who knows the secret\'s, and the operator\'s', { timeout: 30_000 }, async (t) => {
	const { janus, recorder } = await newRoom(t);
	const ask = { request: 'record_room', room: 1234, secret: 'the room' };
	await recorder.request({ ...ask, id: 'tap', publishers: [1, 2] });
	await refused(recorder.request({ ...ask, id: 'tap', room: 1234 }), 612, /tap/);
	await refused(recorder.request({ ...ask, id: 'other' }), 612, /recorded by the tap tap/);
	await refused(recorder.request({ ...ask, id: 'other', publishers: [2, 3] }), 612, /recorded by the tap tap/);
	await recorder.request({ ...ask, id: 'other', publishers: [3] });
	const stranger = await newHandle(t, janus);
	const taps = async (handle, body) => (await handle.request({ request: 'taps', ...body })).data.taps.map(({ tap }) => tap);
	assert.deepEqual(await taps(recorder), ['tap', 'other']);
	assert.deepEqual(await taps(stranger), []);
	assert.deepEqual(await taps(stranger, { admin_key: 'operator' }), ['tap', 'other']);
	await refused(stranger.request({ request: 'status', tap: 'tap' }), 613);
	assert.equal((await stranger.request({ request: 'info', tap: 'tap', secret: 'the room' })).data.room, 1234);
	assert.equal((await admin(janus, { request: 'status', tap: 'tap', admin_key: 'operator' })).state, 'tapping');
	assert.deepEqual((await stranger.request({ request: 'stop_tap', tap: 'tap', secret: 'the room' })).data, { tsrecorder: 'stopping', tap: 'tap' });
	assert.equal((await recorder.event('tap_ended', { match: ({ tap }) => tap === 'tap' })).reason, 'stop');
	assert.deepEqual(await taps(recorder), ['other']);
});

test('record_room: each publisher gets a recording, and comes and goes', { timeout: 60_000 }, async (t) => {
	const { janus, recorder } = await newRoom(t);
	const ann = await enter(t, janus, 'Ann');
	const { tap } = await admin(janus, { request: 'record_room', room: 1234, id: 'by-admin', publishers: [ann.id + 1], admin_key: 'operator' });
	assert.equal(tap, 'by-admin');
	const { data } = await recorder.request({ request: 'record_room', room: 1234, secret: 'the room', id: 'tap', publishers: [ann.id, 77] });
	assert.deepEqual(data, { tsrecorder: 'tapping', tap: 'tap', missing: [77] });
	await recorder.event('recording', of(ann));
	const bob = await enter(t, janus, 'Bob', { id: 77 });
	await recorder.event('recording', of(bob));
	await enter(t, janus, 'Cid', { id: 78 });
	await until('a second in the file', async () => (await recorder.request({ request: 'status', id: 'tap-77' })).data.duration_ms > 1000);
	assert.equal((await recorder.request({ request: 'pause', id: 'tap-77' })).data.tsrecorder, 'pausing');

	await ann.handle.request({ request: 'unpublish' });
	const first = await recorder.event('finished', of(ann));
	assert.deepEqual([first.tap, first.reason, first.file], ['tap', 'left', `tap-${ann.id}.ts`]);
	await bob.session.destroy();
	assert.ok(existsSync((await recorder.event('finished', of(bob))).path));

	const again = await enter(t, janus, 'Bob', { id: 77 });
	const { id } = await recorder.event('recording', { match: (event) => event.peer === '77' && event.id !== 'tap-77' });
	assert.equal(id, 'tap-77-2');
	await recorder.request({ request: 'stop_tap', tap: 'tap' });
	assert.equal((await recorder.event('finished', { match: (event) => event.id === id })).reason, 'stop');
	assert.equal((await recorder.event('tap_ended')).reason, 'stop');
	const told = manifest(janus, 'tap');
	assert.deepEqual([told.state, told.reason], ['ended', 'stop']);
	assert.deepEqual(told.peers.map((peer) => [peer.id, peer.reason, peer.files.length]), [[`tap-${ann.id}`, 'left', 1], ['tap-77', 'left', 1], [id, 'stop', 1]]);
	assert.ok(!filesIn(janus.recordings).some((name) => /^tap-78\b|\.recording/.test(name)), filesIn(janus.recordings).join());
	await again.session.destroy();
});

test('record_room: the manifest says who was there, when, and in which files, also after a kill', { timeout: 90_000 }, async (t) => {
	const { janus, host, recorder } = await newRoom(t);
	await host.request({ request: 'create', room: 55, secret: 'the room' });
	const ann = await enter(t, janus, 'Ann "\\ 🙂', { id: 1 });
	const asked = Date.now();
	await recorder.request({ request: 'record_room', room: 1234, secret: 'the room', id: 'tap' });
	const began = await recorder.event('recording', of(ann));
	await recorder.request({ request: 'record_room', room: 55, secret: 'the room', id: 'none' });
	const bob = await enter(t, janus, `Bob${'é'.repeat(200)}`, { id: 2 }); // more bytes than a name may have
	await recorder.event('recording', of(bob));
	await until('Bob to be in it', () => manifest(janus, 'tap').peers.length === 2);
	await until('a second in the file', async () => (await recorder.request({ request: 'status', id: 'tap-1' })).data.duration_ms > 1000);
	const { data: { recording } } = await recorder.request({ request: 'info', id: 'tap-1' });
	assert.equal(recording.name, 'Ann "\\ 🙂'); // for the tap was given none
	await recorder.request({ request: 'split', id: 'tap-1' });
	await recorder.event('segment', of(ann));
	await ann.session.destroy();
	const finished = await recorder.event('finished', of(ann));
	await until('Ann to have gone', () => manifest(janus, 'tap').peers.some((peer) => peer.left));
	const running = manifest(janus, 'tap');
	assert.deepEqual([running.tap, running.plugin, running.room, running.state, running.ended], ['tap', videoRoom, 1234, 'tapping', undefined]);
	const [over, there] = running.peers;
	assert.deepEqual([over.peer, over.display, over.id, over.reason, over.writing], ['1', 'Ann "\\ 🙂', 'tap-1', 'left', undefined]);
	assert.equal(over.files.length, 2);
	assert.equal(over.files[1].file, finished.file);
	const times = [over.joined, over.zero, over.left].map((text) => {
		assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
		return Date.parse(text) - asked;
	});
	assert.ok(times[0] > -100 && times[1] > -3000 && times[1] < times[2], times.join());
	assert.equal(there.display, `Bob${'é'.repeat(126)}`);
	assert.deepEqual([there.peer, there.id, there.writing, there.left, there.files], ['2', 'tap-2', 'tap-2', undefined, undefined]);
	assert.ok(began);

	await until('a second in the file', async () => (await recorder.request({ request: 'status', id: 'tap-2' })).data.duration_ms > 1000);
	await recorder.request({ request: 'split', id: 'tap-2' });
	await recorder.event('segment', of(bob));
	const { data: { duration_ms: split } } = await recorder.request({ request: 'status', id: 'tap-2' });
	await until('a second of the next file', async () => (await recorder.request({ request: 'status', id: 'tap-2' })).data.duration_ms > split + 1500);
	await janus.stop('SIGKILL');
	assert.equal(manifest(janus, 'tap').state, 'tapping');
	const again = await newJanus(t, { folder: janus.folder });
	await until('it to be completed', () => manifest(again, 'tap').ended);
	const { state, reason, ended, peers } = manifest(again, 'tap');
	assert.deepEqual([state, reason, peers.length], ['ended', 'crash', 2]);
	assert.deepEqual(peers[0], over);
	assert.deepEqual([peers[1].peer, peers[1].reason, peers[1].writing], ['2', 'crash', undefined]);
	assert.equal(peers[1].files.length, 2);
	for (const { file, bytes, duration_ms } of peers[1].files)
		assert.ok(existsSync(join(janus.recordings, file)) && bytes > 0 && duration_ms > 500, file);
	assert.ok(peers[1].left <= ended && peers[1].left > peers[1].joined);
	assert.deepEqual([manifest(again, 'none').reason, manifest(again, 'none').peers], ['crash', []]);

	// One that runs is its own affair, whoever recovers; and the name of an earlier one is not taken.
	const next = await newHandle(t, again);
	await next.request({ request: 'record_peers', plugin: videoRoom, match: {}, id: 'tap', admin_key: 'operator' }).catch(() => {});
	assert.deepEqual(manifest(again, 'tap').peers, peers);
});

test('record_room: the end of Janus completes what runs', { timeout: 30_000 }, async (t) => {
	const { janus, recorder } = await newRoom(t);
	const ann = await enter(t, janus, 'Ann', { id: 5 });
	await recorder.request({ request: 'record_room', room: 1234, secret: 'the room', id: 'tap' });
	await recorder.event('recording', of(ann));
	const { code, signal } = await janus.stop('SIGTERM');
	assert.deepEqual({ code, signal }, { code: 0, signal: null });
	assert.deepEqual(filesIn(janus.recordings), ['tap-5.json', 'tap-5.ts', 'tap.room.json']);
	const { state, reason, peers } = manifest(janus, 'tap');
	assert.deepEqual([state, reason, peers.length, peers[0].reason, peers[0].files[0].file], ['ended', 'shutdown', 1, 'shutdown', 'tap-5.ts']);
});

test('record_room: each speaker of an AudioBridge, but not while muted', { timeout: 60_000 }, async (t) => {
	const { janus, recorder } = await newRoom(t, { plugins: ['videoroom', 'audiobridge'] });
	const speakers = [];
	for (const display of ['Ann', 'Bob']) {
		const session = await connect(janus.ws);
		t.after(() => session.drop());
		const handle = await session.attach('janus.plugin.audiobridge');
		if (display === 'Ann') {
			await handle.request({ request: 'create', room: 7, secret: 'the bridge' });
			const ask = { request: 'record_room', plugin: 'janus.plugin.audiobridge', room: 7 };
			await refused(recorder.request(ask), 613, /secret/);
			await refused(recorder.request({ ...ask, secret: 'wrong' }), 613, /secret/);
			await refused(recorder.request({ ...ask, room: 8, secret: 'the bridge' }), 611, /no such room/);
			await recorder.request({ ...ask, secret: 'the bridge', id: 'bridge' });
		}
		const { data: { id } } = await handle.request({ request: 'join', room: 7, display });
		const peer = await AiortcPeer.open({ codec: 'none' });
		t.after(() => peer.close());
		await peer.publish(handle, { request: 'configure', muted: false });
		await recorder.event('recording', { match: (event) => event.display === display });
		speakers.push({ handle, id });
	}
	const [ann, bob] = speakers;
	const packets = async ({ id }) => (await recorder.request({ request: 'status', id: `bridge-${id}` })).data.tracks[0].packets;
	await ann.handle.request({ request: 'configure', muted: true });
	await until('the line to end', async () => (await recorder.request({ request: 'status', id: `bridge-${ann.id}` })).data.tracks[0].ended);
	const [muted, other] = [await packets(ann), await packets(bob)];
	await until('the other one to speak on', async () => (await packets(bob)) > other + 20);
	assert.equal(await packets(ann), muted);
	await ann.handle.request({ request: 'configure', muted: false });
	await until('it to go on', async () => (await packets(ann)) > muted + 20);
	await recorder.request({ request: 'stop_tap', tap: 'bridge' });
	await recorder.event('tap_ended');
	assert.deepEqual(filesIn(janus.recordings), ['bridge.room.json', ...speakers.flatMap(({ id }) => [`bridge-${id}.json`, `bridge-${id}.ts`])].sort());
});

test('record_room: what the room has moderated is not recorded, whenever it was', { timeout: 60_000 }, async (t) => {
	const { janus, host, recorder } = await newRoom(t);
	const ann = await enter(t, janus, 'Ann', { id: 5 });
	const moderate = (mid, mute) => host.request({ request: 'moderate', room: 1234, secret: 'the room', id: 5, mid, mute });
	await moderate('0', true); // before anybody asked for a recording
	await refused(host.request({ request: 'moderate', room: 1234, secret: 'wrong', id: 5, mid: '1', mute: true }), 433);
	await recorder.request({ request: 'record_room', room: 1234, secret: 'the room', id: 'tap' });
	await recorder.event('recording', of(ann));
	const track = async (type, id = 'tap-5') => (await recorder.request({ request: 'status', id })).data.tracks.find((track) => track.type === type);
	const goesOn = async (type, id) => {
		const before = (await track(type, id))?.packets ?? 0;
		await until(`${type} to go on`, async () => (await track(type, id))?.packets > before + 15);
	};
	const rests = async (type, other) => {
		const before = (await track(type))?.packets;
		await goesOn(other);
		assert.equal((await track(type))?.packets, before);
	};
	await goesOn('video');
	assert.equal(await track('audio'), undefined);
	await moderate('0', false);
	await goesOn('audio');
	await moderate('1', true);
	await until('the picture to end', async () => (await track('video')).ended);
	await rests('video', 'audio');
	// By the Admin API it is the same.
	await janusAdmin(janus, videoRoom, { request: 'moderate', room: 1234, secret: 'the room', id: 5, mid: '1', mute: false });
	await goesOn('video');
	await moderate('0', true);
	await until('the sound to end', async () => (await track('audio')).ended);
	await rests('audio', 'video');

	// Who publishes anew is heard, as the room does it.
	await ann.session.destroy();
	await recorder.event('finished', of(ann));
	await enter(t, janus, 'Ann', { id: 5 });
	await recorder.event('recording', { match: ({ id }) => id === 'tap-5-2' });
	await goesOn('audio', 'tap-5-2');
});

test('record_room: how the clock of somebody in the room lies is known at once', { timeout: 60_000 }, async (t) => {
	const { janus, recorder } = await newRoom(t);
	await enter(t, janus, 'Ann', { id: 5 });
	await sleep(3000); // what is sent every second was sent
	const took = [];
	for (let i = 0; i < 4; i++) {
		const began = performance.now();
		await recorder.request({ request: 'record_room', room: 1234, secret: 'the room', id: `tap${i}` });
		await recorder.event('recording', { match: ({ tap }) => tap === `tap${i}` });
		took.push(Math.round(performance.now() - began));
		const { tracks } = (await recorder.request({ request: 'status', id: `tap${i}-5` })).data;
		assert.deepEqual(tracks.map((track) => track.sender_reports > 0), [true, true]);
		await recorder.request({ request: 'stop_tap', tap: `tap${i}` });
		await recorder.event('tap_ended', { match: ({ tap }) => tap === `tap${i}` });
	}
	t.diagnostic(`from the request to the first frame in the file: ${took.join(', ')} ms`);
});

test('record_room: everybody is muted by the bridge', { timeout: 60_000 }, async (t) => {
	const { janus, recorder } = await newRoom(t, { plugins: ['videoroom', 'audiobridge'] });
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const handle = await session.attach('janus.plugin.audiobridge');
	await handle.request({ request: 'create', room: 7, secret: 'the bridge' });
	await handle.request({ request: 'join', room: 7, id: 1, display: 'Ann' });
	const peer = await AiortcPeer.open({ codec: 'none' });
	t.after(() => peer.close());
	await peer.publish(handle, { request: 'configure', muted: false });
	await recorder.request({ request: 'record_room', plugin: 'janus.plugin.audiobridge', room: 7, secret: 'the bridge', id: 'bridge' });
	await recorder.event('recording');
	const track = async () => (await recorder.request({ request: 'status', id: 'bridge-1' })).data.tracks[0];
	const change = async (request, id) => handle.request({ request, room: 7, secret: 'the bridge', id });
	for (const [mute, unmute, id] of [['mute_room', 'unmute_room'], ['mute', 'unmute', 1]]) {
		await change(mute, id);
		await until('the line to end', async () => (await track()).ended);
		const { packets } = await track();
		await change(unmute, id);
		await until('it to go on', async () => (await track()).packets > packets + 20);
	}
});

test('record_room: who is encrypted end to end is refused by name, the others are recorded', { timeout: 30_000 }, async (t) => {
	const { janus, recorder } = await newRoom(t);
	await recorder.request({ request: 'record_room', room: 1234, secret: 'the room', id: 'tap' });
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const handle = await session.attach(videoRoom);
	const peer = await AiortcPeer.open({ codec: 'H264' });
	t.after(() => peer.close());
	peer.offer.e2ee = true;
	await peer.publish(handle, { request: 'joinandconfigure', room: 1234, ptype: 'publisher', display: 'Eve', id: 9 });
	const refusal = await recorder.event('tap_peer');
	assert.deepEqual([refusal.state, refusal.peer, refusal.display, refusal.id], ['refused', '9', 'Eve', undefined]);
	assert.match(refusal.error, /encrypted end to end/);
	await recorder.event('recording', of(await enter(t, janus, 'Ann', { id: 5 })));
	const { data: { peers } } = await recorder.request({ request: 'status', tap: 'tap' });
	assert.deepEqual(peers.map(({ peer: who, id, error }) => [who, id, Boolean(error)]), [['9', undefined, true], ['5', 'tap-5', false]]);
	// So is it when it began before it was asked for, and when they go.
	await session.destroy();
	await recorder.event('tap_peer', { match: ({ state, peer: who }) => state === 'left' && who === '9' });
	assert.ok(!filesIn(janus.recordings).some((name) => name.startsWith('tap-9')));
});

test('record_room: kicked, and the room destroyed', { timeout: 60_000 }, async (t) => {
	const { janus, host, recorder } = await newRoom(t);
	await recorder.request({ request: 'record_room', room: 1234, secret: 'the room', id: 'tap' });
	const people = [await enter(t, janus, 'Ann', { id: 5 }), await enter(t, janus, 'Bob', { id: 6 })];
	for (const who of people)
		await recorder.event('recording', of(who));
	await host.request({ request: 'kick', room: 1234, secret: 'the room', id: 5 });
	assert.equal((await recorder.event('finished', of(people[0]))).reason, 'left');
	await host.request({ request: 'destroy', room: 1234, secret: 'the room' });
	assert.match((await recorder.event('finished', of(people[1]))).reason, /^(left|room_destroyed)$/);
	assert.equal((await recorder.event('tap_ended')).reason, 'room_destroyed');
	assert.deepEqual(filesIn(janus.recordings), ['tap-5.json', 'tap-5.ts', 'tap-6.json', 'tap-6.ts', 'tap.room.json']);
});

test('auto_record: whoever the room itself records, as long as it does', { timeout: 60_000 }, async (t) => {
	const { janus, host, recorder } = await newRoom(t, { config: 'admin_key = "operator", auto_record = "janus.plugin.videoroom: record"' });
	const taps = async () => (await recorder.request({ request: 'taps', admin_key: 'operator' })).data.taps;
	const record = (on) => host.request({ request: 'enable_recording', room: 1234, secret: 'the room', record: on });
	await host.request({ request: 'edit', room: 1234, secret: 'the room', new_rec_dir: janus.folder });
	await enter(t, janus, 'Ann', { id: 5 });
	await sleep(1000);
	assert.deepEqual(await taps(), []);
	await record(true);
	await until('Ann to be recorded', async () => (await taps())[0]?.recording === 1);
	const [{ tap, room }] = await taps();
	assert.match(tap, /^1234-\d{8}-\d{6}-[0-9a-f]{8}$/);
	assert.equal(room, 1234);
	await until('media in the file', async () => (await recorder.request({ request: 'status', id: `${tap}-5`, admin_key: 'operator' })).data.duration_ms > 500);
	await record(false);
	await until('the file to be complete', () => existsSync(join(janus.recordings, `${tap}-5.ts`)));
	assert.equal((await taps())[0].recording, 0);
	await until('the tap to end', () => manifest(janus, tap).ended, { timeout: 20_000 });
	assert.equal(manifest(janus, tap).reason, 'empty');
});

test('auto_record: every room, but not against a request', { timeout: 60_000 }, async (t) => {
	const { janus, recorder } = await newRoom(t, { config: 'admin_key = "operator", auto_record = "rooms"' });
	const taps = async () => (await recorder.request({ request: 'taps', admin_key: 'operator' })).data.taps;
	const peers = async (tap) => (await recorder.request({ request: 'status', tap, admin_key: 'operator' })).data.peers.map(({ peer }) => peer);
	await enter(t, janus, 'Ann', { id: 5 });
	await until('Ann to be recorded', async () => (await taps())[0]?.recording === 1);
	const [{ tap }] = await taps();
	await refused(recorder.request({ request: 'stop_tap', tap }), 613);
	await recorder.request({ request: 'stop_tap', tap, admin_key: 'operator' });
	await until('it to end', async () => (await taps()).length === 0);
	await sleep(1000);
	assert.deepEqual(await taps(), []);
	await enter(t, janus, 'Bob', { id: 6 });
	await until('Bob to be recorded', async () => (await taps())[0]?.recording === 1);
	assert.deepEqual(await peers((await taps())[0].tap), ['6']);
});

test('auto_record: an AudioBridge that the bridge itself records', { timeout: 60_000 }, async (t) => {
	const { janus, recorder } = await newRoom(t, { plugins: ['videoroom', 'audiobridge'], config: 'admin_key = "operator", auto_record = "janus.plugin.audiobridge: record"' });
	const taps = async () => (await recorder.request({ request: 'taps', admin_key: 'operator' })).data.taps;
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const handle = await session.attach('janus.plugin.audiobridge');
	await handle.request({ request: 'create', room: 7, secret: 'the bridge' });
	const { data: { id } } = await handle.request({ request: 'join', room: 7, display: 'Ann' });
	const peer = await AiortcPeer.open({ codec: 'none' });
	t.after(() => peer.close());
	await peer.publish(handle, { request: 'configure', muted: false });
	await sleep(1000);
	assert.deepEqual(await taps(), []);
	const record = (on) => handle.request({ request: 'enable_recording', room: 7, secret: 'the bridge', record: on, record_file: join(janus.folder, 'mixed.wav') });
	await record(true);
	await until('Ann to be recorded', async () => (await taps())[0]?.recording === 1);
	const [{ tap }] = await taps();
	await until('sound in the file', async () => (await recorder.request({ request: 'status', id: `${tap}-${id}`, admin_key: 'operator' })).data.duration_ms > 500);
	await record(false);
	await until('the file to be complete', () => existsSync(join(janus.recordings, `${tap}-${id}.ts`)));
});

test('record_peers: of a plugin that tells no codecs, by what the peer offers', { timeout: 30_000 }, async (t) => {
	const { janus, recorder } = await newRoom(t, { plugins: ['videoroom', 'recordplay'], config: 'admin_key = "operator", tap = "janus.plugin.recordplay"' });
	await recorder.request({ request: 'record_peers', plugin: 'janus.plugin.recordplay', match: {}, admin_key: 'operator', id: 'tap' });
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const handle = await session.attach('janus.plugin.recordplay');
	const peer = await AiortcPeer.open({ codec: 'H264' });
	t.after(() => peer.close());
	await peer.publish(handle, { request: 'record', name: 'of RecordPlay', videocodec: 'h264' });
	const { id, display } = await recorder.event('recording');
	assert.equal(display, 'of RecordPlay');
	await until('both in the file', async () => (await recorder.request({ request: 'status', id })).data.tracks.every((track) => track.frames_written > 10));
	const { tracks } = (await recorder.request({ request: 'status', id })).data;
	assert.deepEqual(tracks.map(({ codec }) => codec).sort(), ['h264', 'opus']);
	await session.destroy();
	assert.ok(existsSync((await recorder.event('finished')).path));
});

test('record_peers: an EchoTest, as the operator asks', { timeout: 30_000 }, async (t) => {
	const { janus, recorder } = await newRoom(t, { plugins: ['videoroom', 'echotest'], config: 'admin_key = "operator", tap = "janus.plugin.echotest"' });
	await refused(recorder.request({ request: 'record_room', room: 1234, secret: 'the room' }), 613, /configuration/);
	const ask = { request: 'record_peers', plugin: 'janus.plugin.echotest', admin_key: 'operator' };
	await refused(recorder.request({ ...ask }), 604, /match/);
	await refused(recorder.request({ request: 'record_room', plugin: 'janus.plugin.echotest', room: 1, admin_key: 'operator' }), 618, /no rooms/);
	await recorder.request({ ...ask, match: { video_codec: 'vp8' }, id: 'vp8' });
	await recorder.request({ ...ask, match: { video_codec: 'h264' }, id: 'h264' });
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const handle = await session.attach('janus.plugin.echotest');
	const peer = await AiortcPeer.open({ codec: 'H264' });
	t.after(() => peer.close());
	await peer.publish(handle, { audio: true, video: true });
	const { tap, id } = await recorder.event('recording');
	assert.deepEqual([tap, id], ['h264', 'h264-peer']);
	await session.destroy();
	assert.ok(existsSync((await recorder.event('finished')).path));
});

test('record_peers: the WebRTC side of NoSIP, whose other side speaks plain RTP', { timeout: 30_000 }, async (t) => {
	const { janus, recorder } = await newRoom(t, { plugins: ['videoroom', 'nosip'], config: 'admin_key = "operator", tap = "janus.plugin.nosip"' });
	await recorder.request({ request: 'record_peers', plugin: 'janus.plugin.nosip', match: {}, admin_key: 'operator', id: 'tap' });
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const handle = await session.attach('janus.plugin.nosip');
	const peer = await AiortcPeer.open({ codec: 'none' });
	t.after(() => peer.close());
	const { data } = await handle.request({ request: 'generate' }, peer.offer);
	const sdp = data.result.sdp.replace(/(m=audio) \d+/, '$1 40000').replace(/c=IN IP4 \S+/g, 'c=IN IP4 127.0.0.1').replace('a=sendonly', 'a=recvonly');
	const { jsep } = await handle.request({ request: 'process', type: 'answer', sdp });
	await peer.connect(handle, jsep);
	const { id } = await recorder.event('recording');
	await until('sound in the file', async () => (await recorder.request({ request: 'status', id })).data.tracks[0].frames_written > 50);
	const { tracks } = (await recorder.request({ request: 'status', id })).data;
	assert.deepEqual(tracks.map(({ codec }) => codec), ['opus']);
	await handle.request({ request: 'hangup' });
	assert.ok(existsSync((await recorder.event('finished')).path));
});
