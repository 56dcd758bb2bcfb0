// SPDX-License-Identifier: GPL-3.0-or-later
// html-demo/run itself: alone, beside another one, unattended, and its end.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { run, temporaryFolder } from '../../tests/lib/process.mjs';
import { demo, printed, startRun } from './stage.mjs';

const leftovers = () => readdirSync(tmpdir()).filter(name => name.startsWith('tsrecorder-demo.'));
const children = async pid => (await run('ps', ['--no-headers', '-o', 'pid', '--ppid', String(pid)])).stdout.trim().split(/\s+/).filter(Boolean);
const alive = async pid => (await run('ps', ['-p', String(pid)])).code === 0;

describe('html-demo/run', () => {
	test('two run side by side, and each leaves nothing behind', async () => {
		const before = leftovers();
		const runs = [startRun(temporaryFolder('a')), startRun(temporaryFolder('b'))];
		const [a, b] = await Promise.all(runs.map(printed));
		assert.notEqual(a.url, b.url);
		for (const { url } of [a, b])
			assert.equal((await fetch(new URL('janus/info', url))).status, 200);
		const pids = (await Promise.all(runs.map(({ pid }) => children(pid)))).flat();
		assert.ok(pids.length >= 4, `Janus and nginx, twice: ${pids}`);
		// Ctrl-C reaches the script alone: a second one would end Janus in the middle of finishing its files.
		for (const pid of pids)
			assert.equal((await run('ps', ['--no-headers', '-o', 'sid', '-p', pid])).stdout.trim(), pid, `${pid} leads a session`);
		await Promise.all([runs[0].stop('SIGTERM'), runs[1].stop('SIGINT')]);
		for (const pid of pids)
			assert.ok(!await alive(pid), `process ${pid} still runs`);
		assert.deepEqual(leftovers(), before);
	});

	test('if it is killed, its servers end as well', async () => {
		const killed = startRun(temporaryFolder('killed'));
		await printed(killed);
		const pids = await children(killed.pid);
		await killed.stop('SIGKILL');
		await new Promise(resolve => setTimeout(resolve, 3000));
		for (const pid of pids)
			assert.ok(!await alive(pid), `process ${pid} still runs`);
		for (const name of leftovers())
			await run('rm', ['-rf', join(tmpdir(), name)]);
	});

	test('unattended, it records the fake camera and shows the file', async () => {
		const folder = temporaryFolder('try');
		const { code, stdout, stderr } = await run(join(demo, 'run'),
			['--no-install', '--no-build', '--build', process.env.TSR_BUILD, '--port', '0', '--recordings', folder, '--try', '3']);
		assert.equal(code, 0, stderr);
		assert.match(stdout, /ffprobe: video h264/);
		assert.match(stdout, /ffprobe: audio aac/);
		assert.deepEqual(readdirSync(folder).filter(name => name.endsWith('.ts')).map(name => stdout.includes(name)), [true]);
		assert.ok(!readdirSync(folder).some(name => name.endsWith('.recording.ts')));
	});

	test('wrong options are told', async () => {
		for (const options of [['--port', 'x'], ['--try', '0'], ['--try', '-1'], ['--port'], ['--what']]) {
			const { code, stderr } = await run(join(demo, 'run'), options);
			assert.equal(code, 1, options.join(' '));
			assert.match(stderr, new RegExp(options[0]), options.join(' '));
		}
		const { code, stderr } = await run(join(demo, 'run'),
			['--no-install', '--no-build', '--build', '/nowhere', '--recordings', temporaryFolder('nowhere')]);
		assert.equal(code, 1);
		assert.match(stderr, /no plugin in \/nowhere/);
	});
});
