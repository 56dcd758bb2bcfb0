// SPDX-License-Identifier: GPL-3.0-or-later
// What there is in the recordings folder, however it came there: reports of others, files moved by hand, another Janus.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Process, temporaryFolder } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';
import { admin, newHandle, newJanus, offer, recorded, recordPeer, refused } from './stage.mjs';

/** A finished recording, as the recorder leaves it. */
function save(recordings, name, { id = name, title = null, hours = 0 } = {}) {
	const path = join(recordings, name);
	const started = new Date(Date.UTC(2026, 0, 1, hours)).toISOString();
	mkdirSync(join(path, '..'), { recursive: true });
	writeFileSync(`${path}.ts`, 'media');
	writeFileSync(`${path}.json`, JSON.stringify({
		id, name: title, host: { private: false }, started, file: `${name.split('/').pop()}.ts`, ended: started,
		duration_ms: 1000, bytes: 5, sha256: null, recovered: false,
	}));
}

/** A Janus that begins with these in its folder. */
async function janusWith(t, names) {
	const folder = temporaryFolder('janus');
	mkdirSync(join(folder, 'recordings'));
	names.forEach((name, i) => save(join(folder, 'recordings'), name, { hours: i, title: i % 2 ? 'odd' : 'even' }));
	return newJanus(t, { folder, config: 'admin_key = "k"' });
}

const listed = async (handle, request = {}) => {
	const { data } = await handle.request({ request: 'list', ...request });
	return { ...data, ids: data.recordings.map((recording) => recording.id) };
};

test('list goes on behind what an earlier answer ended with, and filters by name', { timeout: 60_000 }, async (t) => {
	const janus = await janusWith(t, ['a', 'b', 'c', 'd', 'e']);
	const handle = await newHandle(t, janus);
	const first = await listed(handle, { limit: 2 });
	assert.deepEqual([first.ids, first.total], [['e', 'd'], 5]);
	const second = await listed(handle, { limit: 2, before: first.next });
	assert.deepEqual([second.ids, second.total], [['c', 'b'], 5]);
	const third = await listed(handle, { limit: 2, before: second.next });
	assert.deepEqual([third.ids, third.next], [['a'], undefined]);
	assert.deepEqual((await listed(handle, { offset: 1, limit: 3 })).ids, ['d', 'c', 'b']);
	assert.deepEqual((await listed(handle, { name: 'odd' })).ids, ['d', 'b']);
	assert.deepEqual((await listed(handle, { since: '2026-01-01T01:00:00Z', until: '2026-01-01T03:00:00Z' })).ids, ['c', 'b']);
	await refused(handle.request({ request: 'list', before: 'yesterday' }), 605, /before/);
	const { catalogue } = await admin(janus, { request: 'stats', admin_key: 'k' });
	assert.deepEqual([catalogue.state, catalogue.finished, catalogue.interrupted], ['complete', 5, 0]);
});

test('files put there by hand are taken up by a rescan, those taken away go at once', { timeout: 60_000 }, async (t) => {
	const janus = await janusWith(t, ['a', 'b']);
	const handle = await newHandle(t, janus);
	save(janus.recordings, 'deep/er/c', { id: 'by hand', hours: 9 });
	save(janus.recordings, 'plain', { hours: 8 });
	await refused(handle.request({ request: 'record', id: 'plain' }, offer()), 612); // whatever the catalogue knows
	assert.deepEqual(await admin(janus, { request: 'rescan', admin_key: 'k' }), { tsrecorder: 'rescanning' });
	await until('the rescan', async () => (await listed(handle)).total === 4);
	assert.deepEqual((await listed(handle)).ids, ['by hand', 'plain', 'b', 'a']);
	rmSync(join(janus.recordings, 'plain.ts'));
	assert.deepEqual((await listed(handle)).ids, ['by hand', 'b', 'a']);
	await refused(handle.request({ request: 'info', id: 'plain', admin_key: 'k' }), 611);
});

test('two Janus processes record into one folder', { timeout: 60_000 }, async (t) => {
	const one = await janusWith(t, ['a']);
	const two = await newJanus(t, { file: `general: { recordings_path = "${one.recordings}", private = false }` });
	const [here, there] = [await newHandle(t, one), await newHandle(t, two)];
	await here.request({ request: 'record', id: 'x', is_private: false }, offer());
	const seen = await listed(there);
	assert.deepEqual(seen.recordings.map(({ id, state, own }) => [id, state, own]), [['x', 'recording', false], ['a', 'finished', false]]);
	for (const request of [{ id: 'x' }, { id: 'y', filename: 'x' }])
		await refused((await newHandle(t, two)).request({ request: 'record', ...request }, offer()), 612);
	await here.request({ request: 'stop' });
	await here.event('finished'); // nothing came, so nothing is left
	assert.deepEqual((await listed(there)).ids, ['a']);
	await there.request({ request: 'record', id: 'x' }, offer());
	assert.deepEqual((await listed(here)).ids, ['x', 'a']);
});

test('finished is what has a report: until the catalogue knows, it is stopping', { timeout: 60_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'admin_key = "k"' });
	const { handle, id } = await recordPeer(t, janus);
	await recorded(handle, 500);
	const other = await newHandle(t, janus);
	const lock = new Process('python3', ['-c', 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); '
		+ 'c.execute("BEGIN IMMEDIATE"); print("locked", flush=True); sys.stdin.read()', join(janus.recordings, '.catalogue.db')]);
	t.after(() => lock.stop('SIGKILL'));
	await until('the lock', () => lock.log.includes('locked'));
	await handle.request({ request: 'stop' });
	await until('the final name', () => readdirSync(janus.recordings).includes(`${id}.ts`));
	const info = async () => (await other.request({ request: 'info', id, admin_key: 'k' })).data.recording;
	assert.equal((await info()).state, 'stopping');
	const listed = (state) => other.request({ request: 'list', state, admin_key: 'k' }).then(({ data }) => data.recordings.map((r) => r.id));
	assert.deepEqual([await listed('stopping'), await listed('finished')], [[id], []]);
	lock.child.stdin.end();
	await handle.event('finished');
	const recording = await info();
	assert.deepEqual([recording.state, recording.reports.length], ['finished', 1]);
});

test('a catalogue that is damaged while nobody looks is made anew', { timeout: 60_000 }, async (t) => {
	const first = await janusWith(t, ['a', 'b']);
	await first.stop();
	writeFileSync(join(first.recordings, '.catalogue.db'), 'not a database at all, but long enough to be looked at as one'.repeat(100));
	const second = await newJanus(t, { folder: first.folder });
	const handle = await newHandle(t, second);
	assert.deepEqual((await listed(handle)).ids, ['b', 'a']);
	assert.match(second.log, /was damaged; it is now/);
	assert.ok(readdirSync(second.recordings).includes('.catalogue.db.damaged'));
});
