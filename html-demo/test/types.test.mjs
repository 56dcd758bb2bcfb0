// SPDX-License-Identifier: GPL-3.0-or-later
// The types that tsrecorder.js tells in JSDoc are right, as far as TypeScript can see.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../tests/lib/process.mjs';
import { demo } from './stage.mjs';

test('the types in tsrecorder.js', async () => {
	const { code, stdout } = await run(join(demo, 'node_modules/.bin/tsc'), ['--checkJs', '--allowJs', '--noEmit', '--strict',
		'--target', 'es2022', '--lib', 'es2022,dom,dom.iterable', join(demo, 'page/tsrecorder.js')]);
	assert.equal(code, 0, stdout);
});
