// SPDX-License-Identifier: GPL-3.0-or-later
// The events in their order: to the handle, and by Janus's sample event handler to a server of ours.

import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../lib/wait.mjs';
import { newHandle, newJanus, offer, recorded, recordPeer } from './stage.mjs';

/** A server that takes what the event handler posts; our plugin's events, in order. */
async function listen(t) {
	const events = [];
	const server = createServer(async (request, response) => {
		let body = '';
		for await (const chunk of request)
			body += chunk;
		for (const { event, handle_id } of [JSON.parse(body)].flat())
			if (event?.plugin === 'janus.plugin.tsrecorder')
				events.push({ ...event.data, handle_id });
		response.end();
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	t.after(() => {
		server.close(); // of Node 18 it returns nothing
		server.closeAllConnections();
	});
	return { events, url: `http://127.0.0.1:${server.address().port}` };
}

const toHandle = (handle) => handle.events.map((e) => e.plugindata?.data?.result).filter(Boolean);

/** Names in order, without warnings, which depend on the machine. */
const order = (events, key) => events.map((e) => e[key]).filter((name) => name !== 'warning');

test('a whole life, told to the handle and to event handlers', { timeout: 60_000 }, async (t) => {
	const { events, url } = await listen(t);
	const janus = await newJanus(t, { eventsUrl: url });
	const { handle, id, started } = await recordPeer(t, janus, { name: 'a life' });
	assert.deepEqual(Object.keys(started).sort(), ['file', 'id', 'name', 'status', 'tracks']);
	await recorded(handle, 800);
	await handle.request({ request: 'pause' });
	await handle.event('paused');
	await handle.request({ request: 'resume' });
	await handle.event('resumed');
	await recorded(handle, 1600);
	await handle.request({ request: 'split' });
	const segment = await handle.event('segment');
	assert.ok(segment.bytes > 0 && segment.duration_ms > 0 && segment.path.endsWith(segment.file), JSON.stringify(segment));
	await recorded(handle, 2400);
	await handle.request({ request: 'stop' });
	const finished = await handle.event('finished');
	assert.deepEqual(Object.keys(finished).sort(), ['bytes', 'duration_ms', 'file', 'id', 'path', 'reason', 'sha256', 'status']);
	await handle.request({ request: 'delete' });

	const expected = ['starting', 'recording', 'paused', 'resumed', 'segment', 'finished'];
	// The event that answers a request came as its answer.
	assert.deepEqual(order(toHandle(handle), 'status'), expected.slice(1));
	await until('the last event', () => events.filter(({ event }) => event === 'deleted').length === 2);
	assert.deepEqual(order(events, 'event'), [...expected, 'deleted', 'deleted']);
	assert.ok(events.every((e) => e.id === id && e.status === undefined && e.handle_id === handle.id), JSON.stringify(events));
	const { event, handle_id, ...told } = events.find((e) => e.event === 'finished');
	assert.deepEqual({ status: event, ...told }, finished);
	assert.deepEqual(events.find((e) => e.event === 'starting').tracks, started.tracks);
});

test('exactly one finished, however it ends, also for a handle that has gone', { timeout: 60_000 }, async (t) => {
	const { events, url } = await listen(t);
	const janus = await newJanus(t, { eventsUrl: url });
	const ends = {
		stop: async (handle) => { await handle.request({ request: 'stop' }); },
		hangup: (handle) => handle.hangup(),
		detach: (handle) => handle.detach(),
		destroy: (handle) => handle.session.send({ janus: 'destroy' }),
		drop: (handle) => handle.session.drop(),
		both: async (handle) => { await Promise.allSettled([handle.request({ request: 'stop' }), handle.hangup(), handle.detach()]); },
	};
	for (const [id, end] of Object.entries(ends)) {
		const { handle, peer } = await recordPeer(t, janus, { id });
		await recorded(handle, 300);
		await end(handle);
		const finished = await until(`finished of ${id}`, () => events.find((e) => e.event === 'finished' && e.id === id));
		assert.ok(finished.bytes > 0 && finished.path.endsWith(`/${id}.ts`));
		t.diagnostic(`${id}: ${finished.reason}`);
		await peer.close();
	}
	assert.equal((await janus.stop()).code, 0);
	for (const id of Object.keys(ends))
		assert.equal(events.filter((e) => e.id === id && ['finished', 'failed'].includes(e.event)).length, 1, id);
});

test('Janus ends: event handlers hear of every recording', { timeout: 40_000 }, async (t) => {
	const { events, url } = await listen(t);
	const janus = await newJanus(t, { eventsUrl: url });
	await recordPeer(t, janus, { id: 'ws' });
	const { handle } = await recordPeer(t, janus, { id: 'http' }, { url: janus.http });
	await recorded(handle, 500);
	assert.equal((await janus.stop()).code, 0);
	const last = Object.fromEntries(events.filter((e) => e.event === 'finished').map((e) => [e.id, e.reason]));
	assert.deepEqual(last, { ws: 'shutdown', http: 'shutdown' }); // whether Janus takes the handle away first or not
	for (const id of ['ws', 'http'])
		assert.equal(JSON.parse(readFileSync(join(janus.recordings, `${id}.json`), 'utf8')).reason, 'shutdown');
});

test('what becomes of an earlier run, warnings, and a failure', { timeout: 60_000 }, async (t) => {
	const { events, url } = await listen(t);
	const told = (name, id) => until(`${name} of ${id}`, () => events.find((e) => e.event === name && (e.id === id || !id)));
	const first = await newJanus(t);
	const { handle: cut } = await recordPeer(t, first, { id: 'cut', filename: 'calls/{id}' });
	await recorded(cut, 1000);
	await first.stop('SIGKILL');

	const janus = await newJanus(t, { folder: first.folder, eventsUrl: url, config: 'track_timeout = "1s"' });
	const recovered = await told('recovered', 'cut');
	assert.deepEqual([recovered.file, recovered.path], ['calls/cut.ts', join(janus.recordings, 'calls/cut.ts')]);
	assert.ok(recovered.bytes > 10_000 && recovered.duration_ms > 500, JSON.stringify(recovered));

	const silent = await newHandle(t, janus);
	await silent.request({ request: 'record', id: 'silent' }, offer());
	assert.match((await told('warning', 'silent')).warning, /^no_(audio|video)$/);

	const { handle, id } = await recordPeer(t, janus);
	await recorded(handle, 500);
	const running = join(janus.recordings, `${id}.recording.ts`);
	renameSync(running, `${running}.taken`); // somebody else's file has its name now
	writeFileSync(running, 'not ours');
	await handle.request({ request: 'stop' });
	const failed = await told('failed', id);
	assert.equal(failed.error_code, 614, JSON.stringify(failed));
	assert.equal((await handle.event('failed')).error, failed.error);
	assert.equal(readFileSync(running, 'utf8'), 'not ours');
	assert.equal(events.filter((e) => e.id === id && e.event === 'finished').length, 0);
});

test('a segment that fails: its event says so, and so does the last one', { timeout: 60_000 }, async (t) => {
	const janus = await newJanus(t);
	const { handle, id } = await recordPeer(t, janus);
	await recorded(handle, 800);
	const running = join(janus.recordings, `${id}.recording.ts`);
	renameSync(running, `${running}.taken`); // somebody else's file has its name now
	writeFileSync(running, 'not ours');
	await handle.request({ request: 'split' });
	const segment = await handle.event('segment');
	assert.equal(segment.error_code, 614, JSON.stringify(segment));
	await recorded(handle, 2500);
	await handle.request({ request: 'stop' });
	const failed = await handle.event('failed');
	assert.match(failed.error, /^an earlier segment failed: /);
	assert.equal(failed.error_code, 614);
	assert.ok(failed.bytes > 10_000 && failed.path === join(janus.recordings, `${id}-00002.ts`), JSON.stringify(failed));
	assert.ok(!handle.events.some((e) => e.plugindata?.data?.result?.status === 'finished'));
});

test('events = false: event handlers hear nothing', { timeout: 20_000 }, async (t) => {
	const { events, url } = await listen(t);
	const janus = await newJanus(t, { eventsUrl: url, config: 'events = false' });
	const handle = await newHandle(t, janus);
	await handle.request({ request: 'record' }, offer());
	await handle.request({ request: 'stop' });
	await handle.event('finished');
	await janus.stop();
	assert.deepEqual(events, []);
});
