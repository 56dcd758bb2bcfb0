// SPDX-License-Identifier: GPL-3.0-or-later
// What can go wrong: Janus dies in the middle, the camera is refused, the file is gone. The page says so in words.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describe, test } from 'node:test';
import { until } from '../../tests/lib/wait.mjs';
import { exists, expectMoving, recordFor, rowOf, stage, startRecording } from './stage.mjs';

describe('failures', () => {
	const scene = stage();
	const banner = page => page.locator('#banner').textContent();

	test('Janus is killed in mid-recording: the page says so, and shows the recovered file', async () => {
		const page = await scene.open();
		const file = await startRecording(page, { name: 'Interrupted' });
		await page.waitForTimeout(4000);
		process.kill(scene.janus, 'SIGKILL');
		await until('the page says so', async () => /in the middle of a recording/.test(await banner(page)));
		assert.ok(await page.getByRole('button', { name: 'Record', exact: true }).isDisabled());

		await until('Janus is back', async () => /Janus is back/.test(await banner(page)), { timeout: 20_000 });
		const final = file.replace('.recording.ts', '.ts');
		await until('the file is recovered', () => exists(scene.path(final)) && !exists(scene.path(file)));
		const row = page.locator(`#list > li[data-id="${final.replace('.ts', '')}"]`);
		await row.and(page.locator('[data-state=recovered]')).waitFor();
		await row.getByRole('button', { name: /^Play/ }).click();
		await expectMoving(page);

		await recordFor(page, 500, { name: 'After the crash' });
		assert.ok(await page.locator('#banner').isHidden());
		await page.close();
	});

	test('a camera that may not be used', async () => {
		const page = await scene.open();
		await page.evaluate(() => {
			navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('denied', 'NotAllowedError'));
		});
		await page.getByRole('radio', { name: 'Camera' }).check({ force: true });
		await until('what to do', async () => /Allow it by the icon/.test(await page.locator('#record-message').textContent()));
		assert.ok(await page.getByRole('button', { name: 'Record', exact: true }).isEnabled());
		await page.close();
	});

	test('a file that is gone', async () => {
		const page = await scene.open();
		const file = await recordFor(page, 500, { name: 'Gone' });
		await rowOf(page, 'Gone').getByRole('button', { name: /^Play/ }).waitFor();
		rmSync(scene.path(file));
		await rowOf(page, 'Gone').getByRole('button', { name: /^Play/ }).click();
		await until('it says so', async () => /The file is gone/.test(await page.locator('#player').textContent()));
		await page.close();
	});
});
