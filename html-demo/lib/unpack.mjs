// SPDX-License-Identifier: GPL-3.0-or-later
// node unpack.mjs FOLDER [--dev]: what `npm ci` would put into FOLDER/node_modules, by the versions and checksums in its
// package-lock.json; without --dev only what the page itself needs. For a machine without npm: Debian's brings 300 packages along.
// Only packages that run no script when they are installed.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [folder, dev] = process.argv.slice(2);
const registry = (process.env.npm_config_registry ?? 'https://registry.npmjs.org').replace(/\/$/, '');
const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
const work = mkdtempSync(join(tmpdir(), 'tsrecorder-unpack-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

/** What is there already; '' = nothing. */
function unpacked(path) {
	try {
		return readFileSync(join(folder, path, '.integrity'), 'utf8');
	} catch {
		return '';
	}
}

for (const [path, { version, integrity, dev: only, optional, hasInstallScript }] of Object.entries(packages)) {
	if (!path || (only && !dev) || optional || unpacked(path) === integrity)
		continue;
	if (hasInstallScript)
		throw new Error(`${path} runs a script when it is installed: that takes npm`);
	const tarball = join(work, 'package.tgz');
	const name = path.split('node_modules/').at(-1);
	const address = `${registry}/${name}/-/${name.split('/').at(-1)}-${version}.tgz`;
	execFileSync('curl', ['-fsSL', '--retry', '3', '-o', tarball, address], { stdio: 'inherit' });
	const [algorithm] = integrity.split('-');
	if (`${algorithm}-${createHash(algorithm).update(readFileSync(tarball)).digest('base64')}` !== integrity)
		throw new Error(`${address} is not what package-lock.json says`);
	rmSync(join(folder, path), { recursive: true, force: true });
	mkdirSync(join(folder, path), { recursive: true });
	execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '--no-same-owner', '-C', join(folder, path)], { stdio: 'inherit' });
	writeFileSync(join(folder, path, '.integrity'), integrity);
}
