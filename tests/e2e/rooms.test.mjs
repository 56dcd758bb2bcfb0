// SPDX-License-Identifier: GPL-3.0-or-later
// Rooms of Janus's VideoRoom, recorded without their knowing.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startJanus } from '../lib/janus.mjs';
import { measureIdle } from '../lib/load.mjs';
import { connect } from '../lib/signalling.mjs';
import { BrowserPeer } from './browserPeer.mjs';
import { check, pluginName, sending, sentBy, sharedBrowser } from './stage.mjs';

const videoRoom = 'janus.plugin.videoroom';

/** A Janus with a VideoRoom that has one room; who asks (`recorder`) and who runs the room (`host`) have handles of their own. */
async function newRoom(t, { room = 1234, secret = 'the room', ...options } = {}) {
	const janus = await startJanus({ plugins: ['videoroom'], ...options });
	t.after(() => janus.stop('SIGKILL'));
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const [host, recorder] = [await session.attach(videoRoom), await session.attach(pluginName)];
	const { data } = await host.request({ request: 'create', room, secret, publishers: 6, videocodec: 'h264,vp8,vp9' });
	assert.equal(data.videoroom, 'created');
	return { janus, host, recorder, room, secret };
}

/** Somebody in the room, who publishes; `leave` and so on are requests of the handle. */
async function enter(t, { janus, room }, display, media = {}) {
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const handle = await session.attach(videoRoom);
	const peer = await BrowserPeer.open(await sharedBrowser());
	peer.idle = measureIdle();
	t.after(() => peer.close());
	const joined = await peer.publish(handle, { request: 'joinandconfigure', room, ptype: 'publisher', display }, media);
	assert.equal(joined.videoroom, 'joined');
	return { session, handle, peer, id: joined.id };
}

/**
 * Holds a file against what its peer sent between two calls of sentBy, or since it is connected: up to a second may lie between a call and
 * the begin or the end of the recording beside it.
 */
async function checkBetween(t, { path, duration_ms }, before, after) {
	const shift = before?.source.connectedFor ?? 0;
	const source = {
		pictures: after.source.pictures.map(({ time, value }) => ({ time: time - shift, value })),
		beeps: after.source.beeps.map((at) => at - shift),
	};
	const sent = after.seconds - (before?.seconds ?? 0);
	const seconds = duration_ms / 1000;
	t.diagnostic(`sent ${sent.toFixed(2)} s between, recorded ${seconds.toFixed(2)} s`);
	assert.ok(Math.abs(seconds - sent) < 1, `${seconds} s recorded, ${sent} s sent`);
	await check(t, path, { ...after, seconds, source });
}

const eventOf = (recorder, status, { id }, timeout = 10_000) => recorder.event(status, { timeout, match: (event) => event.peer === String(id) });

test('a room is recorded: who is there, who comes later, who leaves and is kicked, until it is destroyed', { timeout: 120_000 }, async (t) => {
	const stage = await newRoom(t);
	const { janus, host, recorder, room, secret } = stage;
	const ann = await enter(t, stage, 'Ann Ähm', { video: 'H264' });
	await sending(ann.peer, 2);

	const annBefore = await sentBy(ann.peer);
	const asked = Date.now();
	const { data } = await recorder.request({ request: 'record_room', room, secret, id: 'tap', filename: '{room}/{display}-{peer}' });
	assert.deepEqual(data, { tsrecorder: 'tapping', tap: 'tap' });
	const joined = await recorder.event('tap_peer', { match: ({ peer }) => peer === String(ann.id) });
	assert.deepEqual({ ...joined }, { status: 'tap_peer', state: 'joined', tap: 'tap', room: '1234', peer: String(ann.id), display: 'Ann Ähm', id: `tap-${ann.id}` });
	const starting = await eventOf(recorder, 'starting', ann);
	assert.deepEqual(starting.tracks.map(({ type, codec }) => [type, codec]).sort(), [['audio', 'opus'], ['video', 'h264']]);
	await eventOf(recorder, 'recording', ann);
	t.diagnostic(`in the file ${Date.now() - asked} ms after the request`);

	const bob = await enter(t, stage, 'Bob', { video: 'VP8' });
	await eventOf(recorder, 'recording', bob);
	await sending(ann.peer, annBefore.seconds + 6);

	const { data: { taps } } = await recorder.request({ request: 'taps' });
	assert.deepEqual(taps.map(({ tap, plugin, recording, state }) => ({ tap, plugin, recording, state })), [{ tap: 'tap', plugin: videoRoom, recording: 2, state: 'tapping' }]);
	const { data: status } = await recorder.request({ request: 'status', tap: 'tap' });
	assert.deepEqual(status.peers.map(({ display, recording }) => [display, recording.state]), [['Ann Ähm', 'recording'], ['Bob', 'recording']]);

	const annAfter = await sentBy(ann.peer);
	await ann.handle.request({ request: 'leave' });
	const annEnd = await eventOf(recorder, 'finished', ann);
	assert.equal(annEnd.reason, 'left');
	assert.equal(annEnd.file, `1234/Ann___hm-${ann.id}.ts`);

	const bobAfter = await sentBy(bob.peer);
	await host.request({ request: 'kick', room, secret, id: bob.id });
	const bobEnd = await eventOf(recorder, 'finished', bob);

	const cid = await enter(t, stage, 'Cid', { video: 'H264' });
	await eventOf(recorder, 'recording', cid);
	await host.request({ request: 'destroy', room, secret });
	const cidEnd = await eventOf(recorder, 'finished', cid);
	assert.ok(existsSync(cidEnd.path));
	assert.equal((await recorder.event('tap_ended')).reason, 'room_destroyed');
	assert.deepEqual((await recorder.request({ request: 'taps' })).data.taps, []);

	await checkBetween(t, annEnd, annBefore, annAfter);
	await checkBetween(t, bobEnd, undefined, bobAfter);
	assert.equal((await recorder.request({ request: 'info', id: `tap-${ann.id}` })).data.recording.state, 'finished', 'it is the handle\'s own');
	assert.ok(existsSync(join(janus.recordings, annEnd.file)));
});
