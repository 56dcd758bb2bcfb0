// SPDX-License-Identifier: GPL-3.0-or-later
// How it looks and reads: in both themes and widths, for eyes and for screen readers.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryFolder } from '../../tests/lib/process.mjs';
import { until } from '../../tests/lib/wait.mjs';
import { enterRoom, recordFor, rowOf, stage, startRecording, stopRecording } from './stage.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const serious = ['serious', 'critical'];

/** No serious fault, and nothing that sticks out at the side. */
async function examine(page, where) {
	await page.evaluate(axe);
	// Colours that fade are looked at when they have arrived; what blinks for ever is no colour of a text.
	await page.evaluate(() => Promise.all(document.getAnimations()
		.filter(animation => animation.effect.getComputedTiming().endTime !== Infinity)
		.map(animation => animation.finished.catch(() => {})))); // one that is taken away is over, too
	const { violations } = await page.evaluate(() => window.axe.run());
	const faults = violations.filter(({ impact }) => serious.includes(impact))
		.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
	assert.deepEqual(faults, [], where);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where}: wider than the window`);
}

/** axe says nothing of a text that has its ground's very colour. */
async function expectReadable(button) {
	await button.hover();
	const [text, ground] = await button.evaluate(node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]);
	assert.notEqual(text, ground, await button.textContent());
}

/** The ratio of WCAG 2.1 between the fills of two elements, the second one laid over the card. */
function contrastOf(page, above, below) {
	return page.evaluate(selectors => {
		const rgba = color => color.match(/[\d.]+/g).map(Number);
		const fill = selector => rgba(getComputedStyle(document.querySelector(selector)).fill);
		const card = rgba(getComputedStyle(document.querySelector('.card')).backgroundColor);
		const [mark, ground] = selectors.map(fill).map(([r, g, b, alpha = 1]) => [r, g, b].map((c, i) => c * alpha + card[i] * (1 - alpha)));
		const linear = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
		const luminance = rgb => rgb.map(linear).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
		const [dark, light] = [luminance(mark), luminance(ground)].sort((a, b) => a - b);
		return (light + 0.05) / (dark + 0.05);
	}, [above, below]);
}

describe('looks', () => {
	const scene = stage();
	const folder = process.env.TSR_SCREENSHOTS ?? temporaryFolder('screenshots');

	for (const colorScheme of ['light', 'dark']) {
		for (const width of [360, 1920]) {
			test(`${colorScheme}, ${width} pixels wide`, async () => {
				mkdirSync(folder, { recursive: true });
				const page = await scene.open({ colorScheme, viewport: { width, height: 1000 } });
				const look = async (what, at = page) => {
					await examine(at, what);
					await at.screenshot({ path: join(folder, `${what}-${colorScheme}-${width}.png`), fullPage: true, animations: 'disabled' });
				};
				await look('idle');
				await recordFor(page, 1500, { name: `Before, ${colorScheme} ${width}` });
				await startRecording(page, { name: `Board meeting, ${colorScheme} ${width}` });
				await until('some flushes', async () => await page.locator('#chart circle.flush').count() >= 3);
				const contrast = await contrastOf(page, '#chart circle.flush', '#chart polygon.durable');
				assert.ok(contrast >= 3, `a flush mark on what is durable: ${contrast.toFixed(1)} : 1`);
				await look('recording');
				await stopRecording(page);
				const room = await enterRoom(scene, { name: 'Ann', colorScheme, viewport: { width, height: 1000 } });
				await room.getByRole('button', { name: 'Camera off' }).click();
				await page.getByRole('button', { name: 'Record Demo room' }).click();
				await page.locator('#room-list code').filter({ hasText: '.ts' }).first().waitFor();
				await page.getByRole('button', { name: 'Record Room with a secret' }).click();
				await page.locator('[data-room="5678"]').getByLabel('Secret of the room').waitFor();
				await rowOf(page, `Before, ${colorScheme} ${width}`).getByRole('button', { name: /^Play/ }).click();
				await page.waitForTimeout(500);
				await page.getByText('More settings').click();
				await page.getByLabel('Secret of Janus').fill(scene.secret);
				await page.getByRole('button', { name: 'Open' }).click();
				await page.locator('#operator-panel').waitFor();
				await page.getByText('All settings').click();
				await look('everything');
				await rowOf(page, `Before, ${colorScheme} ${width}`).getByRole('button', { name: /^Report/ }).click();
				await page.getByRole('dialog').waitFor();
				await look('report');
				await expectReadable(room.getByRole('button', { name: 'Camera off' }));
				await look('room', room);
				await room.getByRole('button', { name: 'Leave' }).click();
				await look('door', room);
				await page.keyboard.press('Escape');
				await page.getByRole('button', { name: 'Stop Demo room' }).click();
				await page.locator('[data-room="1234"][data-state=recorded]').waitFor();
				await room.close();
				await page.close();
			});
		}
	}
});
