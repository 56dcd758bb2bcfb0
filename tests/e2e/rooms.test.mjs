// SPDX-License-Identifier: GPL-3.0-or-later
// Rooms of Janus's VideoRoom, recorded without their knowing.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as media from '../lib/media.mjs';
import { sleep, until } from '../lib/wait.mjs';
import { checkBetween, enter, eventOf, newRoom, videoRoom } from './roomStage.mjs';
import { sending, sentBy } from './stage.mjs';

const long = process.env.TSR_SHORT && 'only in the long run';

test('a room is recorded: who is there, who comes later, who leaves and is kicked, until it is destroyed', { timeout: 120_000 }, async (t) => {
	const stage = await newRoom(t);
	const { janus, host, recorder, room, secret } = stage;
	const ann = await enter(t, stage, 'Ann Ähm', { video: 'H264' });
	await sending(ann.peer, 2);

	const annBefore = await sentBy(ann.peer);
	const asked = Date.now();
	const answer = ann.peer.call('nextKeyframe');
	const { data } = await recorder.request({ request: 'record_room', room, secret, id: 'tap', filename: '{room}/{display}-{peer}' });
	assert.deepEqual(data, { tsrecorder: 'tapping', tap: 'tap' });
	const joined = await recorder.event('tap_peer', { match: ({ peer }) => peer === String(ann.id) });
	assert.deepEqual({ ...joined }, { status: 'tap_peer', state: 'joined', tap: 'tap', room: '1234', peer: String(ann.id), display: 'Ann Ähm', id: `tap-${ann.id}` });
	const starting = await eventOf(recorder, 'starting', ann);
	assert.deepEqual(starting.tracks.map(({ type, codec }) => [type, codec]).sort(), [['audio', 'opus'], ['video', 'h264']]);
	await eventOf(recorder, 'recording', ann);
	const first = Date.now() - asked;
	const answered = await answer;
	t.diagnostic(`in the file ${first} ms after the request, encoded ${answered.toFixed(0)} ms after it`);
	assert.ok(first <= answered + 300, `${first} ms, of which ${answered} ms are the encoder's`);

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

test('a publisher mutes, switches the camera off and on, and shares a screen: one file, in sync', { timeout: 60_000 }, async (t) => {
	const stage = await newRoom(t);
	const { recorder, room, secret } = stage;
	await recorder.request({ request: 'record_room', room, secret, id: 'tap' });
	const ann = await enter(t, stage, 'Ann', { video: 'H264' });
	const { peer, handle } = ann;
	const renegotiate = async (offer) => peer.negotiate(handle, { request: 'configure' }, await offer);
	await sending(peer, 3);
	await peer.call('enable', 'audio', false);
	await renegotiate(peer.call('direct', 'video', 'inactive'));
	await sleep(2000);
	await peer.call('enable', 'audio', true);
	await renegotiate(peer.call('direct', 'video', 'sendonly'));
	await sleep(1500);
	await renegotiate(peer.call('add', 'video', 'H264'));
	await sending(peer, 11);
	const { data: { recording: { tracks } } } = await recorder.request({ request: 'info', id: `tap-${ann.id}` });
	const sent = await sentBy(peer);
	await handle.request({ request: 'unpublish' });
	const finished = await eventOf(recorder, 'finished', ann);
	assert.equal(finished.reason, 'left');
	assert.deepEqual(tracks.map(({ type, ended }) => [type, ended ?? false]), [['audio', false], ['video', false], ['video', false]]);

	const { av, spans, streams } = await checkBetween(t, finished, undefined, sent, { video: ['h264', 'h264'], maxVideoGap: 3.5, flashesMissing: 5 });
	assert.ok(!av.beeps.some((at) => at > 4 && at < 5), 'silence while it was muted');
	assert.ok(av.recorded.some(({ at }) => at > sent.seconds - 4), 'in sync after all that');
	const videos = streams.flatMap((s, i) => (s.codec_type === 'video' ? [spans[i]] : []));
	assert.ok(Math.max(...videos.map(({ start }) => start)) > 5, 'the screen begins later');
	const [camera, screen] = await Promise.all([0, 1].map((stream) => media.flashes(finished.path, stream)));
	const apart = screen.map(({ first }) => Math.min(...camera.map((other) => Math.abs(first - other.first) * 1000)));
	t.diagnostic(`the second picture flashes ${apart.map((ms) => ms.toFixed(0)).join(' ')} ms from the first`);
	assert.ok(apart.length >= 2, `${apart.length} flashes of the screen`);
	assert.ok(apart.every((ms) => ms <= 100), 'both are of the same camera, a picture or two apart'); // each encoder may leave one out
});

test('simulcast in a room: the best layer', { timeout: 60_000, skip: long }, async (t) => {
	const stage = await newRoom(t);
	const { recorder, room, secret } = stage;
	const layers = [{ rid: 'l', scaleResolutionDownBy: 4 }, { rid: 'm', scaleResolutionDownBy: 2 }, { rid: 'h' }];
	const ann = await enter(t, stage, 'Ann', { video: 'VP8', encodings: layers, size: { width: 960, height: 720 } });
	await sending(ann.peer, 3);
	const before = await sentBy(ann.peer);
	await recorder.request({ request: 'record_room', room, secret, id: 'tap' });
	await eventOf(recorder, 'recording', ann);
	await sending(ann.peer, before.seconds + 10);
	const after = await sentBy(ann.peer);
	await ann.session.destroy();
	const finished = await eventOf(recorder, 'finished', ann);
	await checkBetween(t, finished, before, after);
	const sizes = await media.pictureSizes(finished.path);
	t.diagnostic(sizes.map(({ size, time }) => `${size} from ${time.toFixed(1)} s`).join(', '));
	assert.equal(sizes.at(-1).size, '960x720');
});

test('what the room has muted is not in the file', { timeout: 60_000, skip: long }, async (t) => {
	const stage = await newRoom(t);
	const { host, recorder, room, secret } = stage;
	await recorder.request({ request: 'record_room', room, secret, id: 'tap' });
	const ann = await enter(t, stage, 'Ann', { video: 'H264' });
	const moderate = (mute) => host.request({ request: 'moderate', room, secret, id: ann.id, mid: '0', mute });
	await sending(ann.peer, 3);
	await moderate(true);
	await sending(ann.peer, 6);
	await moderate(false);
	await sending(ann.peer, 9);
	const sent = await sentBy(ann.peer);
	await ann.handle.request({ request: 'leave' });
	const finished = await eventOf(recorder, 'finished', ann);
	const { av, spans } = await checkBetween(t, finished, undefined, sent, { maxAudioGap: 4, flashesMissing: 5 });
	const heard = av.beeps.map((at) => at - Math.min(...spans.map(({ start }) => start)));
	assert.ok(!heard.some((at) => at > 3.3 && at < 6), `beeps at ${heard.map((at) => at.toFixed(1))} s`);
	assert.ok(heard.some((at) => at < 3) && heard.some((at) => at > 6.5), 'but before and after');
});

/** When a camera's flashes were, by the manifest's clock, in ms; those whose first picture is certainly there. */
async function flashesByManifest(janus, recorder, { id, zero, files: [{ file }] }) {
	const path = join(janus.recordings, file);
	const { data: { recording: { reports: [{ tracks }] } } } = await recorder.request({ request: 'info', id });
	const { streams } = await media.probe(path);
	const video = (await media.packets(path))[streams.findIndex((stream) => stream.codec_type === 'video')];
	const origin = Date.parse(zero) + tracks.find(({ type }) => type === 'video').first_ms - media.span(video).start * 1000;
	return (await media.flashes(path)).filter(({ at }) => at !== undefined).map(({ at }) => origin + at * 1000);
}

test('two publishers of one camera flash together, by the times of the manifest', { timeout: 60_000, skip: long }, async (t) => {
	const stage = await newRoom(t);
	const { janus, recorder, room, secret } = stage;
	await recorder.request({ request: 'record_room', room, secret, id: 'tap' });
	const ann = await enter(t, stage, 'Ann', { video: 'H264' });
	await sending(ann.peer, 2);
	const ben = await enter(t, stage, 'Ben', { video: 'VP8' }); // whose pictures are transcoded
	await sending(ben.peer, 7);
	await recorder.request({ request: 'stop_tap', tap: 'tap' });
	const { manifest } = await recorder.event('tap_ended');
	const { peers } = JSON.parse(readFileSync(join(janus.recordings, manifest), 'utf8'));
	assert.deepEqual(peers.map(({ display }) => display), ['Ann', 'Ben']);
	const [first, second] = await Promise.all(peers.map((peer) => flashesByManifest(janus, recorder, peer)));
	const apart = second.map((at) => first.map((other) => at - other).reduce((a, b) => (Math.abs(a) < Math.abs(b) ? a : b)));
	t.diagnostic(`Ben flashes ${apart.map((ms) => ms.toFixed(0)).join(' ')} ms after Ann`);
	assert.ok(apart.length >= 4, `${apart.length} flashes`);
	assert.ok(apart.every((ms) => Math.abs(ms) <= 40), apart.join(' '));
});

test('enable_recording records here, too, where auto_record says so', { timeout: 60_000, skip: long }, async (t) => {
	const stage = await newRoom(t, { config: 'admin_key = "operator", auto_record = "janus.plugin.videoroom: record"' });
	const { janus, host, recorder, room, secret } = stage;
	const ann = await enter(t, stage, 'Ann', { video: 'H264' });
	await sending(ann.peer, 2);
	const list = async (state) => (await recorder.request({ request: 'list', state, admin_key: 'operator' })).data.recordings;
	assert.deepEqual(await list(), []);
	const before = await sentBy(ann.peer);
	await host.request({ request: 'enable_recording', room, secret, record: true });
	await until('it is recorded', async () => (await list('recording')).length === 1);
	await sending(ann.peer, before.seconds + 6);
	const after = await sentBy(ann.peer);
	await host.request({ request: 'enable_recording', room, secret, record: false });
	const [finished] = await until('it to be finished', async () => {
		const recordings = await list('finished');
		return recordings.length && recordings;
	});
	await checkBetween(t, { ...finished, path: join(janus.recordings, finished.file) }, before, after);
});
