// SPDX-License-Identifier: GPL-3.0-or-later
// Peers of other plugins than VideoRoom, recorded without their knowing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, within } from '../lib/wait.mjs';
import { checkBetween, eventOf, newcomer, newTapped } from './roomStage.mjs';
import { sending, sentBy } from './stage.mjs';

const long = process.env.TSR_SHORT && 'only in the long run';

test('AudioBridge: two speakers, a file each; who is muted is not recorded', { timeout: 60_000 }, async (t) => {
	const stage = await newTapped(t, 'audiobridge');
	const { host, recorder, plugin } = stage;
	await host.request({ request: 'create', room: 5, secret: 'the room' });
	await recorder.request({ request: 'record_room', plugin, room: 5, secret: 'the room', id: 'bridge' });
	const speakers = [];
	for (const display of ['Ann', 'Ben']) {
		const { handle, peer } = await newcomer(t, stage);
		const { data: { id } } = await handle.request({ request: 'join', room: 5, display });
		await peer.publish(handle, { request: 'configure', muted: false }, { video: null });
		speakers.push({ handle, peer, id, recording: eventOf(recorder, 'recording', { id }) });
	}
	const [ann, ben] = speakers;
	await Promise.all(speakers.map(({ recording }) => recording));
	await sending(ben.peer, 4);
	await ann.handle.request({ request: 'configure', muted: true });
	await until('it is known that she is muted', async () => {
		const { data: { recording } } = await recorder.request({ request: 'info', id: `bridge-${ann.id}` });
		return recording.tracks[0].ended;
	});
	const packets = async () => (await recorder.request({ request: 'info', id: `bridge-${ann.id}` })).data.recording.tracks[0].packets;
	const muted = await packets();
	await sending(ben.peer, 7);
	assert.equal(await packets(), muted, 'nothing of her is recorded');
	await ann.handle.request({ request: 'configure', muted: false });
	await until('she is recorded again', async () => await packets() > muted + 20);

	for (const { handle, peer, id } of speakers) {
		const sent = await sentBy(peer);
		await handle.request({ request: 'leave' });
		const finished = await eventOf(recorder, 'finished', { id });
		assert.equal(finished.reason, 'left');
		assert.equal(finished.tap, 'bridge');
		await checkBetween(t, finished, undefined, sent, { video: null, ...(id === ann.id ? { mayPause: true, maxAudioGap: 5 } : {}) });
	}
});

/** Peers in no room are recorded by what the plugin says of them; that is the operator's. */
const operator = { config: 'admin_key = "operator"\n\ttap = "janus.plugin.echotest, janus.plugin.videocall"' };

test('EchoTest', { timeout: 60_000, skip: long }, async (t) => {
	const stage = await newTapped(t, 'echotest', operator);
	const { recorder, plugin } = stage;
	await recorder.request({ request: 'record_peers', plugin, match: {}, id: 'echo', admin_key: 'operator' });
	const { session, handle, peer } = await newcomer(t, stage);
	await peer.publish(handle, { audio: true, video: true }, { video: 'VP8' });
	await recorder.event('recording');
	await sending(peer, 6);
	const sent = await sentBy(peer);
	await session.destroy();
	await checkBetween(t, await recorder.event('finished'), undefined, sent);
});

/** What comes to a handle of VideoCall and answers no request. */
function called(handle, event) {
	return within(10_000, event, new Promise((resolve) => {
		handle.watch(({ plugindata, jsep }) => {
			if (plugindata?.data?.result?.event === event)
				resolve({ ...plugindata.data.result, jsep });
		});
	}));
}

test('a VideoCall: each side in a file of its own', { timeout: 60_000, skip: long }, async (t) => {
	const stage = await newTapped(t, 'videocall', operator);
	const { recorder, plugin } = stage;
	await recorder.request({ request: 'record_peers', plugin, match: {}, id: 'call', admin_key: 'operator' });
	const [ann, ben] = [await newcomer(t, stage), await newcomer(t, stage)];
	for (const [{ handle }, username] of [[ann, 'ann'], [ben, 'ben']])
		await handle.request({ request: 'register', username });
	const offer = await ann.peer.call('start', { video: 'VP8', direction: 'sendrecv' });
	const accepted = called(ann.handle, 'accepted');
	await ann.handle.request({ request: 'call', username: 'ben' }, offer);
	const { jsep } = await called(ben.handle, 'incomingcall');
	const answering = ben.peer.accept(ben.handle, { request: 'accept' }, jsep);
	await ann.peer.connect(ann.handle, (await accepted).jsep);
	await answering;
	for (const peer of ['ann', 'ben'])
		await recorder.event('recording', { match: (event) => event.peer === peer });
	await Promise.all([sending(ann.peer, 6), sending(ben.peer, 6)]);
	const sent = [await sentBy(ann.peer), await sentBy(ben.peer)];
	await ann.handle.request({ request: 'hangup' });
	for (const [i, peer] of ['ann', 'ben'].entries())
		await checkBetween(t, await recorder.event('finished', { match: (event) => event.peer === peer }), undefined, sent[i],
			{ flashesMissing: 3, thirds: false }); // a picture that begins after the sound is met later
});
