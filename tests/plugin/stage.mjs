// SPDX-License-Identifier: GPL-3.0-or-later
// What every test here needs: Janus with the plugin, handles, the Admin API, and peers that send or only say that they would.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after } from 'node:test';
import { AiortcPeer } from '../e2e/aiortcPeer.mjs';
import { startJanus } from '../lib/janus.mjs';
import { connect, JanusError } from '../lib/signalling.mjs';
import { until } from '../lib/wait.mjs';

export { dataChannel, line, offer } from '../lib/offers.mjs';

export const pluginName = 'janus.plugin.tsrecorder';

let shared;

/** One Janus for the tests that need no configuration of their own. */
export async function sharedJanus() {
	shared ??= startJanus({ config: 'admin_key = "operator"' });
	return shared;
}

after(async () => {
	await (await shared)?.stop();
});

/** A Janus of the test's own. */
export async function newJanus(t, options) {
	const janus = await startJanus(options);
	t.after(() => janus.stop('SIGKILL'));
	return janus;
}

/** A handle in a session of its own; both end with the test. */
export async function newHandle(t, janus, url = janus.ws) {
	const session = await connect(url);
	t.after(() => session.drop());
	return session.attach(pluginName);
}

/** Asserts that it fails with this code and a sentence that matches. */
export async function refused(promise, code, sentence = /./) {
	try {
		await promise;
	} catch (error) {
		if (!(error instanceof JanusError))
			throw error;
		assert.equal(error.code, code, error.message);
		assert.match(error.reason, sentence);
		return;
	}
	assert.fail(`accepted, instead of ${code}`);
}

/** A request to the plugin through the Admin API; its answer, or its error thrown. */
export async function admin(janus, request) {
	const message = { janus: 'message_plugin', transaction: 'x', admin_secret: 'secret', plugin: pluginName, request };
	const reply = await (await fetch(janus.admin, { method: 'POST', body: JSON.stringify(message) })).json();
	if (reply.janus === 'error')
		throw new JanusError(reply.error.code, reply.error.reason);
	if (reply.response.error_code !== undefined)
		throw new JanusError(reply.response.error_code, reply.response.error);
	return reply.response;
}

/** What lies in a recordings folder, but for its catalogue. */
export const filesIn = (folder) => readdirSync(folder, { recursive: true }).filter((name) => !name.startsWith('.catalogue.db')).sort();

// ---- answers ----

/** The lines of an answer's media line. */
export const answered = (jsep, mindex) => jsep.sdp.split(/\r\n(?=m=)/)[mindex + 1].split('\r\n');

// ---- a peer that sends ----

let count = 0;

/** Records a peer that sends H.264 and Opus, until media is in the file. */
export async function recordPeer(t, janus, request = {}, { url = janus.ws } = {}) {
	const handle = await newHandle(t, janus, url);
	const peer = await AiortcPeer.open({ codec: 'H264' });
	t.after(() => peer.close());
	const id = request.id ?? `rec-${++count}`;
	const { result } = await peer.publish(handle, { request: 'record', id, ...request });
	await handle.event('recording', { match: (event) => event.id === id });
	return { handle, peer, id, started: result };
}

/** Waits until so many milliseconds of media are in the file. */
export function recorded(handle, ms) {
	return until(`${ms} ms in the file`, async () => (await handle.request({ request: 'status' })).data.duration_ms >= ms,
		{ timeout: ms + 15_000 });
}
