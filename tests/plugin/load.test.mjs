// SPDX-License-Identifier: GPL-3.0-or-later
// Many handles at once, and requests that race with media, hangup and the end of Janus: as built, and with the sanitizers
// when those builds are there. Whatever they find is in Janus's log.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { run } from '../lib/process.mjs';
import { JanusError, connect } from '../lib/signalling.mjs';
import { admin, filesIn, newJanus, offer, pluginName, recorded, recordPeer } from './stage.mjs';

const library = '.libs/libjanus_tsrecorder.so';
const build = process.env.TSR_BUILD;

/** How Janus is started with a plugin of this build. */
async function sanitized(kind) {
	if (!kind)
		return {};
	const preload = (await run('gcc', [`-print-file-name=lib${kind === 'tsan' ? 'tsan.so.2' : 'asan.so'}`])).stdout.trim();
	const options = {
		// Janus leaks a little by itself, so the exit code says nothing.
		asan: { ASAN_OPTIONS: 'exitcode=0:fast_unwind_on_malloc=0:malloc_context_size=25', UBSAN_OPTIONS: 'print_stacktrace=1' },
		// Only what our code has a part in: stock Janus and GLib are not built for it.
		tsan: { TSAN_OPTIONS: 'exitcode=0:ignore_noninstrumented_modules=1:second_deadlock_stack=1' },
	};
	const plugin = `${build}-${kind}/${library}`;
	// GLib's slices go from thread to thread under locks that tsan does not see, and hide from asan that they are free.
	const env = { G_SLICE: 'always-malloc', ...options[kind] };
	if (kind === 'tsan') // setarch: too random an address space frightens it
		return { plugin, env, wrapper: ['setarch', '-R', 'env', `LD_PRELOAD=${preload}`] };
	// The plugin itself as well: it then stays loaded to the end, where leaks are looked for.
	return { plugin, env: { LD_PRELOAD: `${preload} ${plugin}`, ...env } };
}

/** What the sanitizers complained about, our code being in it. */
function complaints(log) {
	return log.split(/^(?===\d+==|WARNING: ThreadSanitizer|Direct leak|Indirect leak|.*runtime error:)/m)
		.filter((part) => /ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|leak of|runtime error:/.test(part) && /plugins\/\S+\.c|recorder\/\S+\.c/.test(part))
		.map((part) => part.slice(0, 3000));
}

/** How many objects of one kind the core never freed, of those that it makes for a handle. */
function handlesLeft(log) {
	const leaks = log.split(/^(?=Direct leak|Indirect leak)/m).filter((part) => /janus_ice_handle_/.test(part));
	return Math.max(0, ...leaks.map((part) => Number(part.match(/ in (\d+) object/)?.[1] ?? 0)));
}

const residentKib = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);

/** A refusal is fine in a race, silence is not. */
const calmly = (promise) => promise.catch((error) => {
	if (!(error instanceof JanusError))
		throw error;
});

/** Attaches, records, and goes away, each handle in one of several ways. */
async function comeAndGo(janus, count, batch) {
	const session = await connect(janus.ws);
	for (let from = 0; from < count; from += batch) {
		await Promise.all(Array.from({ length: Math.min(batch, count - from) }, async (_, i) => {
			const handle = await session.attach(pluginName);
			const ways = [
				async () => { await calmly(handle.request({ request: 'record' }, offer())); },
				// Its answer finds nobody.
				async () => { handle.request({ request: 'record' }, offer()).catch(() => {}); },
				async () => {
					await calmly(handle.request({ request: 'record', id: `load-${i % 7}` }, offer())); // some are taken already
					await Promise.all(['stop', 'pause', 'status', 'stop', 'list', 'configure'].map((request) => calmly(handle.request({ request }))));
				},
				async () => {
					await calmly(handle.request({ request: 'record' }, offer()));
					await Promise.all([calmly(handle.request({ request: 'stop' })), calmly(handle.hangup()), calmly(handle.request({ request: 'status' }))]);
				},
				async () => {},
			];
			await ways[i % ways.length]();
			await calmly(handle.detach());
		}));
	}
	await session.destroy();
}

for (const kind of ['', 'asan', 'tsan']) {
	const what = kind ? ` (${kind})` : '';
	const skip = kind && !existsSync(`${build}-${kind}/${library}`) ? `no build with it in ${build}-${kind}` : false;
	const [handles, batch] = [kind ? 1000 : 2000, 100];

	test(`${handles} handles come and go${what}`, { timeout: 180_000, skip }, async (t) => {
		const janus = await newJanus(t, await sanitized(kind));
		await comeAndGo(janus, handles / 2, kind ? batch : handles / 2); // 1000 at once
		const before = residentKib(janus.pid);
		await comeAndGo(janus, handles / 2, batch);
		const grown = residentKib(janus.pid) - before;
		const stats = await admin(janus, { request: 'stats' });
		t.diagnostic(`${stats.totals.started} recordings started, ${stats.totals.finished} finished, ${stats.totals.failed} failed; ` +
			`${grown} KiB more memory after the second half`);
		assert.ok(stats.totals.started > handles / 3);
		assert.deepEqual(await janus.stop('SIGTERM', 60_000), { code: 0, signal: null }, janus.log.slice(-1000));
		assert.deepEqual(filesIn(janus.recordings), []);
		assert.deepEqual(complaints(janus.log), []);
		assert.equal(handlesLeft(janus.log), 0); // what a handle is to the core goes when we give it back
		if (!kind) // a leak of what a recording needs would be ten times that; malloc keeps what many threads once had
			assert.ok(grown < 32 * 1024, `${grown} KiB`);
	});

	test(`requests race with media, hangup and the end of Janus${what}`, { timeout: 180_000, skip }, async (t) => {
		const janus = await newJanus(t, await sanitized(kind));
		const peers = [];
		for (let i = 0; i < 3; i++)
			peers.push(await recordPeer(t, janus, { id: `race-${i}`, secret: 'x' }));
		await recorded(peers[0].handle, 500);
		const session = await connect(janus.ws);
		const stranger = await session.attach(pluginName);
		const names = ['pause', 'resume', 'split', 'status', 'info', 'list'];
		const hammer = async (handle, rounds) => {
			for (let i = 0; i < rounds; i++) {
				await Promise.all(names.map((request) => calmly(handle.request(
					request === 'list' ? { request } : { request, id: `race-${i % 3}`, secret: 'x' }))));
				await calmly(handle.request({ request: 'configure', keyframe: true, bitrate: 500_000 + i, name: `round ${i}` }));
			}
		};
		await Promise.all([hammer(stranger, 15), ...peers.map(({ handle }) => hammer(handle, 15)),
			...Array.from({ length: 30 }, () => admin(janus, { request: 'stats' }))]);
		const going = hammer(stranger, 1000).catch(() => {}); // until Janus has gone
		await Promise.all([calmly(peers[0].handle.hangup()), calmly(peers[0].handle.request({ request: 'stop' })), calmly(peers[1].handle.detach())]);
		const end = await janus.stop('SIGTERM', 60_000);
		session.drop();
		await Promise.race([going, janus.exited]);
		assert.deepEqual(end, { code: 0, signal: null }, janus.log.slice(-1000));
		assert.deepEqual(complaints(janus.log), []);
		const files = filesIn(janus.recordings);
		assert.deepEqual(files.filter((name) => name.endsWith('.recording.ts')), []);
		for (let i = 0; i < 3; i++)
			assert.ok(files.some((name) => name.startsWith(`race-${i}`) && name.endsWith('.ts')), files.join());
		t.diagnostic(`${files.filter((name) => name.endsWith('.ts')).length} files`);
	});
}

test('threads that end late do no harm to the end of Janus', { timeout: 60_000 }, async (t) => {
	const janus = await newJanus(t, { env: { LD_PRELOAD: `${build}/tests/plugin/.libs/late_threads.so` } });
	assert.match(janus.log, /late_threads: threads end late/);
	await comeAndGo(janus, 500, 500);
	assert.deepEqual(await janus.stop('SIGTERM', 30_000), { code: 0, signal: null }, janus.log.slice(-1000));
});
