// SPDX-License-Identifier: GPL-3.0-or-later
// Many people join and leave a recorded room while media flows (crowd.c), as built and with the sanitizers when those builds are there.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run, temporaryFolder } from '../lib/process.mjs';

const count = process.env.TSR_SHORT ? 100 : 1000;

for (const kind of ['', 'asan', 'tsan']) {
	const build = process.env.TSR_BUILD + (kind && `-${kind}`);
	const program = join(build, 'tests/plugin/crowd');
	const skip = kind && !existsSync(program) ? `no build with it in ${build}` : false;

	test(`a crowd: ${count} join and leave a recorded room${kind && ` (${kind})`}`, { timeout: 240_000, skip }, async (t) => {
		const folder = temporaryFolder('crowd');
		const command = [program, join(build, '.libs/libjanus_tsrecorder.so'), folder, String(count)];
		const env = { ...process.env, G_SLICE: 'always-malloc', ASAN_OPTIONS: 'exitcode=1', TSAN_OPTIONS: 'exitcode=1:second_deadlock_stack=1' };
		const { code, stdout, stderr } = await run('setarch', ['-R', ...command], { env, timeout: 220_000 }); // as in load.test.mjs
		assert.equal(code, 0, stderr.slice(0, 6000) || stdout.slice(-1000));
		const manifest = JSON.parse(readFileSync(join(folder, 'tap.room.json')));
		const files = manifest.peers.flatMap((peer) => peer.files ?? []);
		assert.deepEqual([manifest.state, manifest.reason], ['ended', 'shutdown']);
		assert.ok(manifest.peers.length >= count, `${manifest.peers.length}`); // some publish twice
		// Those who were muted left none, nor did those who had left again when they were looked at: with tsan that takes long.
		assert.ok(files.length > count / (kind === 'tsan' ? 5 : 2), `${files.length}`);
		for (const { file } of files)
			assert.ok(existsSync(join(folder, file)), file);
		assert.deepEqual(readdirSync(folder).filter((name) => name.includes('.recording.')), []);
		const [, grown] = stdout.match(/grown by (-?\d+) KiB/);
		t.diagnostic(`${manifest.peers.length} peers, ${files.length} files; ${grown} KiB more memory after the second half`);
		if (!kind)
			assert.ok(grown < 8192, `${grown} KiB`); // a recording that is kept has 20 KiB and more
	});
}
