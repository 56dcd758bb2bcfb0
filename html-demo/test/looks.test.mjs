// SPDX-License-Identifier: GPL-3.0-or-later
// How it looks and reads: in both themes and widths, for eyes and for screen readers.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryFolder } from '../../tests/lib/process.mjs';
import { until } from '../../tests/lib/wait.mjs';
import { recordFor, rowOf, stage, startRecording, stopRecording } from './stage.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const serious = ['serious', 'critical'];

/** No serious fault, and nothing that sticks out at the side. */
async function examine(page, where) {
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() => window.axe.run());
	const faults = violations.filter(({ impact }) => serious.includes(impact))
		.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
	assert.deepEqual(faults, [], where);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where}: wider than the window`);
}

describe('looks', () => {
	const scene = stage();
	const folder = process.env.TSR_SCREENSHOTS ?? temporaryFolder('screenshots');

	for (const colorScheme of ['light', 'dark']) {
		for (const width of [360, 1920]) {
			test(`${colorScheme}, ${width} pixels wide`, async () => {
				mkdirSync(folder, { recursive: true });
				const page = await scene.open({ colorScheme, viewport: { width, height: 1000 } });
				const look = async what => {
					await examine(page, what);
					await page.screenshot({ path: join(folder, `${what}-${colorScheme}-${width}.png`), fullPage: true, animations: 'disabled' });
				};
				await look('idle');
				await recordFor(page, 1500, { name: `Before, ${colorScheme} ${width}` });
				await startRecording(page, { name: `Board meeting, ${colorScheme} ${width}` });
				await until('some flushes', async () => await page.locator('#chart circle.flush').count() >= 3);
				await look('recording');
				await stopRecording(page);
				await rowOf(page, `Before, ${colorScheme} ${width}`).getByRole('button', { name: /^Play/ }).click();
				await page.waitForTimeout(500);
				await page.getByText('More settings').click();
				await page.getByLabel('Secret').fill(scene.secret);
				await page.getByRole('button', { name: 'Open' }).click();
				await page.locator('#operator-panel').waitFor();
				await page.getByText('All settings').click();
				await look('everything');
				await rowOf(page, `Before, ${colorScheme} ${width}`).getByRole('button', { name: /^Report/ }).click();
				await page.getByRole('dialog').waitFor();
				await look('report');
				await page.close();
			});
		}
	}
});
