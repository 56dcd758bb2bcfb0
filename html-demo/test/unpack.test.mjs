// SPDX-License-Identifier: GPL-3.0-or-later
// What html-demo/run does where there is no npm: modules by the versions and checksums of package-lock.json, from a registry of ours.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { run, temporaryFolder } from '../../tests/lib/process.mjs';
import { demo } from './stage.mjs';

test('without npm the modules are unpacked, and only what the lock file names', async t => {
	const folder = temporaryFolder('unpack');
	mkdirSync(join(folder, 'package'));
	writeFileSync(join(folder, 'package/index.js'), 'export default 1;\n');
	await run('tar', ['-czf', join(folder, 'a.tgz'), '-C', folder, 'package']);
	const tarball = readFileSync(join(folder, 'a.tgz'));
	const asked = [];
	const server = createServer(({ url }, response) => { asked.push(url); response.end(tarball); });
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
	t.after(() => server.close());
	const unpack = async (packages, ...options) => {
		writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages } }));
		return run('node', [join(demo, 'lib/unpack.mjs'), folder, ...options],
			{ env: { ...process.env, npm_config_registry: `http://127.0.0.1:${server.address().port}`, no_proxy: '127.0.0.1' } });
	};
	const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
	const good = { 'node_modules/@x/a': { version: '1.2.3', integrity }, 'node_modules/tool': { version: '2.0.0', integrity, dev: true } };
	const there = path => existsSync(join(folder, 'node_modules', path));

	assert.deepEqual(await unpack(good), { code: 0, stdout: '', stderr: '' });
	assert.deepEqual([asked, there('@x/a/index.js'), there('tool')], [['/@x/a/-/a-1.2.3.tgz'], true, false]);
	assert.equal((await unpack(good, '--dev')).code, 0);
	assert.deepEqual([asked.length, there('tool/index.js')], [2, true], 'what is there is not fetched again');

	const changed = { version: '1.0.0', integrity: integrity.replace(/.{8}$/, 'AAAAAA==') };
	const { code, stderr } = await unpack({ 'node_modules/changed': changed });
	assert.notEqual(code, 0);
	assert.match(stderr, /changed-1\.0\.0\.tgz is not what package-lock\.json says/);
	assert.ok(!there('changed'));
});
