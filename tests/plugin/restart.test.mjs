// SPDX-License-Identifier: GPL-3.0-or-later
// What an earlier run left behind: recovery and retention.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeErrors } from '../lib/media.mjs';
import { sleep, until } from '../lib/wait.mjs';
import { admin, filesIn, newHandle, newJanus, recorded, recordPeer, refused } from './stage.mjs';

/** The folder of a Janus that was killed while it recorded `ids`. */
async function killed(t, ids, request = {}) {
	const janus = await newJanus(t);
	for (const id of ids) {
		const { handle } = await recordPeer(t, janus, { id, ...request });
		await recorded(handle, 1200);
	}
	await janus.stop('SIGKILL');
	assert.deepEqual(filesIn(janus.recordings).filter((name) => /\.ts$/.test(name)).length, ids.length);
	return janus.folder;
}

test('recovery = "rename": complete files after the restart', { timeout: 60_000 }, async (t) => {
	const folder = await killed(t, ['left-1', 'left-2']);
	const janus = await newJanus(t, { folder });
	await until('recovery', () => filesIn(janus.recordings).filter((name) => /^left-\d\.ts$/.test(name)).length === 2);
	const { recordings } = await admin(janus, { request: 'list_recordings', state: 'finished' });
	assert.deepEqual(recordings.map(({ id, recovered }) => [id, recovered]).sort(), [['left-1', true], ['left-2', true]]);
	assert.ok(recordings.every(({ duration_ms, bytes }) => duration_ms > 700 && bytes > 10_000), JSON.stringify(recordings));
	for (const id of ['left-1', 'left-2']) {
		assert.equal(await decodeErrors(join(janus.recordings, `${id}.ts`)), '');
		assert.match(janus.log, new RegExp(`\\[tsrecorder\\] \\[${id}\\] recovered: \\d+ bytes`));
	}
	assert.deepEqual(await admin(janus, { request: 'recover' }), { tsrecorder: 'recovering', files: 0 });
});

test('recovery = "keep" and "off": left as they are, listed, and recovered when asked to', { timeout: 60_000 }, async (t) => {
	const folder = await killed(t, ['left-3']);
	for (const recovery of ['keep', 'off']) {
		const janus = await newJanus(t, { folder, config: `recovery = "${recovery}"` });
		const { recordings } = await admin(janus, { request: 'list_recordings' });
		assert.deepEqual(recordings.map(({ id, state, file }) => [id, state, file]), [['left-3', 'interrupted', 'left-3.recording.ts']]);
		assert.equal((await admin(janus, { request: 'stats' })).running, 0);
		await assert.rejects(admin(janus, { request: 'delete', id: 'left-3' }), /610/);
		assert.equal((await janus.stop()).code, 0);
		assert.deepEqual(filesIn(janus.recordings), ['left-3.recording.json', 'left-3.recording.ts']);
	}
	const janus = await newJanus(t, { folder, config: 'recovery = "keep"' });
	await until('the start to be over', async () => (await admin(janus, { request: 'list_recordings' })).total === 1);
	await sleep(500);
	assert.deepEqual(await admin(janus, { request: 'recover' }), { tsrecorder: 'recovering', files: 1 });
	await until('recovery', () => existsSync(join(janus.recordings, 'left-3.ts')));
});

test('what a recording was called, and whose it was, outlives a crash', { timeout: 60_000 }, async (t) => {
	const request = { filename: 'calls/{name}-{date}', name: 'Anna', metadata: { room: 7 }, secret: 'open sesame' };
	const folder = await killed(t, ['left-4'], request);
	const keeps = await newJanus(t, { folder, config: 'recovery = "keep"' });
	const owner = await newHandle(t, keeps);
	const { recording: interrupted } = (await owner.request({ request: 'info', id: 'left-4', secret: 'open sesame' })).data;
	assert.deepEqual([interrupted.id, interrupted.name, interrupted.state], ['left-4', 'Anna', 'interrupted']);
	await keeps.stop();

	const janus = await newJanus(t, { folder });
	await until('recovery', () => filesIn(janus.recordings).some((name) => /^calls\/Anna-\d{8}\.ts$/.test(name)));
	const [handle, foreign] = [await newHandle(t, janus), await newHandle(t, janus)];
	const found = await until('the report', async () =>
		(await handle.request({ request: 'info', id: 'left-4', secret: 'open sesame' })).data.recording);
	assert.deepEqual([found.name, found.state, found.recovered], ['Anna', 'finished', true]);
	assert.deepEqual([found.reports[0].id, found.reports[0].metadata], ['left-4', { room: 7 }]);
	await refused(foreign.request({ request: 'info', id: 'left-4' }), 613);
	assert.deepEqual((await foreign.request({ request: 'list' })).data.recordings, []); // still private
	assert.ok(!filesIn(janus.recordings).some((name) => name.includes('recording')), filesIn(janus.recordings).join());
	await handle.request({ request: 'delete', id: 'left-4', secret: 'open sesame' });
});

test('a recording that runs is not recovered', { timeout: 60_000 }, async (t) => {
	const janus = await newJanus(t);
	const { handle, id } = await recordPeer(t, janus);
	await recorded(handle, 500);
	assert.equal((await admin(janus, { request: 'recover' })).files, 0);
	await recorded(handle, 1500);
	assert.deepEqual(filesIn(janus.recordings), [`${id}.recording.json`, `${id}.recording.ts`]);
	assert.equal((await admin(janus, { request: 'list_recordings' })).recordings[0].state, 'recording');
});

test('retain_days, with a rule of its own for a profile; retain_size', { timeout: 60_000 }, async (t) => {
	const options = { config: 'retain_days = 10', categories: 'profile-short: { retain_days = 2 }' };
	const first = await newJanus(t, options);
	const made = [['keep-9', undefined, 9], ['drop-11', undefined, 11], ['keep-1', 'short', 1], ['drop-3', 'short', 3]];
	for (const [id, profile] of made) {
		const { handle, peer } = await recordPeer(t, first, profile ? { id, profile } : { id });
		await handle.request({ request: 'stop' });
		await handle.event('finished');
		await peer.close();
	}
	await first.stop();
	for (const [id, , days] of made) {
		const file = join(first.recordings, `${id}.json`);
		const report = JSON.parse(readFileSync(file, 'utf8'));
		report.ended = new Date(Date.now() - days * 86400_000).toISOString();
		writeFileSync(file, JSON.stringify(report));
	}
	writeFileSync(join(first.recordings, 'foreign.ts'), 'not ours');
	writeFileSync(join(first.recordings, 'foreign.json'), '{}');
	const kept = ['foreign.json', 'foreign.ts', 'keep-1.json', 'keep-1.ts', 'keep-9.json', 'keep-9.ts'];
	const second = await newJanus(t, { ...options, folder: first.folder });
	await until('retention', () => filesIn(first.recordings).length === kept.length);
	assert.deepEqual(filesIn(first.recordings), kept);
	assert.match(second.log, /\[drop-11\] removed by retention \(age\)/);
	await second.stop();

	const third = await newJanus(t, { folder: first.folder, config: 'retain_size = 1' });
	await until('retention', () => filesIn(first.recordings).length === 2);
	assert.deepEqual(filesIn(first.recordings), ['foreign.json', 'foreign.ts']);
	const handle = await newHandle(t, third);
	assert.deepEqual((await handle.request({ request: 'list' })).data.recordings, []);
});
