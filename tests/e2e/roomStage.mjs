// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of taps need: a Janus with a room, people in it, and a look at their files.

import assert from 'node:assert/strict';
import { startJanus } from '../lib/janus.mjs';
import { measureIdle } from '../lib/load.mjs';
import { connect } from '../lib/signalling.mjs';
import { BrowserPeer } from './browserPeer.mjs';
import { check, pluginName, sharedBrowser } from './stage.mjs';

export const videoRoom = 'janus.plugin.videoroom';

/** A Janus with another plugin, whose name is short; who asks (`recorder`) and who talks to it (`host`) have handles of their own. */
export async function newTapped(t, name, options = {}) {
	const janus = await startJanus({ plugins: [name], ...options });
	t.after(() => janus.stop('SIGKILL'));
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const plugin = `janus.plugin.${name}`;
	const [host, recorder] = [await session.attach(plugin), await session.attach(pluginName)];
	return { janus, plugin, host, recorder };
}

/** A VideoRoom that has one room. */
export async function newRoom(t, { room = 1234, secret = 'the room', ...options } = {}) {
	const stage = await newTapped(t, 'videoroom', options);
	const { data } = await stage.host.request({ request: 'create', room, secret, publishers: 6, videocodec: 'h264,vp8,vp9', rec_dir: stage.janus.folder });
	assert.equal(data.videoroom, 'created');
	return { ...stage, room, secret };
}

/** A browser's page with a handle of the plugin. */
export async function newcomer(t, { janus, plugin }) {
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const handle = await session.attach(plugin);
	const peer = await BrowserPeer.open(await sharedBrowser());
	peer.idle = measureIdle();
	t.after(() => peer.close());
	return { session, handle, peer };
}

/** Somebody in the room, who publishes; `leave` and so on are requests of the handle. */
export async function enter(t, stage, display, media = {}) {
	const { session, handle, peer } = await newcomer(t, stage);
	const joined = await peer.publish(handle, { request: 'joinandconfigure', room: stage.room, ptype: 'publisher', display }, media);
	assert.equal(joined.videoroom, 'joined');
	return { session, handle, peer, id: joined.id };
}

/**
 * Holds a file against what its peer sent between two calls of sentBy, or since it is connected: up to a second may lie between a call and
 * the begin or the end of the recording beside it. `expected` as for check().
 */
export async function checkBetween(t, { path, duration_ms }, before, after, expected) {
	const shift = before?.source.connectedFor ?? 0;
	const source = {
		pictures: after.source.pictures.map(({ time, value }) => ({ time: time - shift, value })),
		beeps: after.source.beeps.map((at) => at - shift),
	};
	const sent = after.seconds - (before?.seconds ?? 0);
	const seconds = duration_ms / 1000;
	t.diagnostic(`sent ${sent.toFixed(2)} s between, recorded ${seconds.toFixed(2)} s`);
	assert.ok(Math.abs(seconds - sent) < 1, `${seconds} s recorded, ${sent} s sent`);
	return check(t, path, { ...after, seconds, source }, expected);
}

export const eventOf = (recorder, status, { id }, timeout = 10_000) => recorder.event(status, { timeout, match: (event) => event.peer === String(id) });
