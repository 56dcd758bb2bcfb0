// SPDX-License-Identifier: GPL-3.0-or-later
// Requests that must fail with a clear error, and leave nothing behind.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startJanus } from '../lib/janus.mjs';
import { run, temporaryFolder } from '../lib/process.mjs';
import { connect, JanusError } from '../lib/signalling.mjs';
import { newPeer, pluginName, sending, sharedJanus } from './stage.mjs';

/** Asserts that the request fails with this code and with a sentence that matches. Janus's own codes are below 600. */
async function refused(handle, body, jsep, code, sentence = /./) {
	try {
		await handle.request(body, jsep);
	} catch (error) {
		if (!(error instanceof JanusError))
			throw error;
		assert.equal(error.code, code, `${JSON.stringify(body)}: ${error.message}`);
		assert.match(error.reason, sentence);
		return;
	}
	assert.fail(`${JSON.stringify(body)} was accepted`);
}

const requests = [
	['an unknown request', { request: 'rekord' }, 603],
	['no request', {}, 604],
	['a request that is no string', { request: 7 }, 605],
	['an id that is no string', { request: 'record', id: 5 }, 605],
	['an empty id', { request: 'record', id: '' }, 605],
	['an id of 65 characters', { request: 'record', id: 'x'.repeat(65) }, 605],
	['an id with a slash', { request: 'record', id: 'a/b' }, 605],
	['an id that goes up', { request: 'record', id: '..' }, 605],
	['an id with NUL', { request: 'record', id: 'a\0b' }, 454],
	['an id with a line feed', { request: 'record', id: 'a\nb' }, 605],
	['a name with a control character', { request: 'record', name: 'a\u0007b' }, 605],
	['a name with NUL', { request: 'record', name: 'a\0b' }, 454],
	['a filename that goes up', { request: 'record', filename: '../{id}' }, 605],
	['an absolute filename', { request: 'record', filename: '/tmp/{id}' }, 605],
	['an unknown video codec', { request: 'record', videocodec: 'theora' }, 605],
	['an unknown audio codec', { request: 'record', audiocodec: 3 }, 605],
	['an unknown audio mode', { request: 'record', audio_mode: 'loud' }, 605],
	['an unknown parameter', { request: 'record', colour: 'blue' }, 606],
];

test('bad requests are refused, and create nothing', { timeout: 60_000 }, async (t) => {
	const janus = await sharedJanus();
	const { session, handle, peer } = await newPeer(t, { janus });
	const before = readdirSync(janus.recordings);
	const offer = await peer.call('start', {});
	const noCodec = offer.sdp.replace(/H264\//g, 'THEORA/').replace(/(opus|red|multiopus|L16|G722|PCMU|PCMA)\//g, 'CODEC2/');
	const cases = [
		...requests.map(([name, body, code]) => [name, body, offer, code]),
		['record without an offer', { request: 'record' }, undefined, 607],
		['an offer that is no SDP', { request: 'record' }, { type: 'offer', sdp: 'hello' }, 465],
		['an offer with no usable codec, which is named', { request: 'record' }, { type: 'offer', sdp: noCodec }, 609, /theora/i],
	];
	for (const [name, body, jsep, code, sentence] of cases)
		await t.test(name, async () => {
			// Janus itself takes a second offer on a handle only after a hangup: each has a handle of its own.
			const other = await session.attach(pluginName);
			await refused(other, body, jsep, code, sentence);
			await other.detach();
		});
	assert.deepEqual(readdirSync(janus.recordings), before);
	assert.equal((await handle.request({ request: 'status' })).data.state, 'idle');
});

test('an id in use is refused, and what uses it goes on', { timeout: 60_000 }, async (t) => {
	const janus = await sharedJanus();
	const first = await newPeer(t, { janus });
	const second = await newPeer(t, { janus });
	await first.peer.publish(first.handle, { request: 'record', id: first.id }, {});
	await sending(first.peer, 1);
	const offer = await second.peer.call('start', {});
	await refused(second.handle, { request: 'record', id: first.id }, offer, 612);
	await sending(first.peer, 2);
	await first.handle.request({ request: 'stop' });
	await first.handle.event('finished');
	await second.handle.detach();
	await refused(await second.session.attach(pluginName), { request: 'record', id: first.id }, offer, 612);
	first.watch.stop();
	assert.deepEqual(first.watch.faults(), []);
});

test('a handle makes one recording at a time', { timeout: 60_000 }, async (t) => {
	const janus = await sharedJanus();
	const { handle, peer, id } = await newPeer(t, { janus });
	await peer.publish(handle, { request: 'record', id }, {});
	await refused(handle, { request: 'record', id: `${id}-2` }, await peer.call('offer'), 610);
	await sending(peer, 1);
	await handle.request({ request: 'stop' });
	await handle.event('finished');
});

/** Asserts that nothing can be recorded into Janus's folder, and why. */
async function folderRefused(t, janus, code) {
	t.after(() => janus.stop('SIGKILL'));
	const { handle, peer } = await newPeer(t, { janus });
	const before = readdirSync(janus.recordings);
	await refused(handle, { request: 'record', id: 'x' }, await peer.call('start', {}), code);
	assert.deepEqual(readdirSync(janus.recordings), before);
}

test('a folder that cannot be written to', { timeout: 60_000 }, async (t) => {
	// Root may write anywhere unless this capability is taken away.
	const janus = await startJanus({ wrapper: process.getuid() === 0 ? ['setpriv', '--bounding-set=-dac_override'] : [] });
	chmodSync(janus.recordings, 0o555);
	t.after(() => chmodSync(janus.recordings, 0o755));
	await folderRefused(t, janus, 614);
});

/** A Janus whose recordings folder is a file system of 64 KiB, filled to the last byte. */
async function janusOnFullDisk(t, config) {
	const folder = temporaryFolder('full');
	const disk = join(folder, 'recordings');
	mkdirSync(disk);
	const { code, stderr } = await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
	assert.equal(code, 0, stderr);
	t.after(() => run('umount', ['--lazy', disk]));
	assert.throws(() => writeFileSync(join(disk, 'ballast'), Buffer.alloc(128 * 1024)), { code: 'ENOSPC' });
	return startJanus({ folder, config });
}

const skip = !process.env.TSR_MOUNTS && 'needs mounts of its own';

test('a full disk', { timeout: 60_000, skip }, async (t) => {
	await folderRefused(t, await janusOnFullDisk(t), 615);
});

test('a full disk that nobody looked at: the recording fails, and leaves no file', { timeout: 60_000, skip }, async (t) => {
	const janus = await janusOnFullDisk(t, 'min_free_space = 0');
	t.after(() => janus.stop('SIGKILL'));
	const { handle, peer } = await newPeer(t, { janus });
	let error;
	try {
		await peer.publish(handle, { request: 'record', id: 'x' }, {});
		error = await handle.event('failed', { timeout: 15_000 });
	} catch (refusal) {
		error = { error_code: refusal.code };
	}
	assert.equal(error.error_code, 615);
	assert.deepEqual(readdirSync(janus.recordings), ['ballast']);
});
