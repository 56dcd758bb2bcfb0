// SPDX-License-Identifier: GPL-3.0-or-later
// The operator's panel.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../tests/lib/wait.mjs';
import { exists, rowOf, stage, startRecording, stopRecording } from './stage.mjs';

describe('operator', () => {
	const scene = stage();

	async function unlock(page, secret) {
		await page.getByLabel('Secret').fill(secret);
		await page.getByRole('button', { name: 'Open' }).click();
	}

	async function change(page, settings) {
		for (const [name, value] of Object.entries(settings))
			await page.locator(`#operator-panel input[name=${name}]`).fill(value);
		await page.getByRole('button', { name: 'Apply' }).click();
	}

	test('a wrong secret opens nothing', async () => {
		const page = await scene.open();
		await unlock(page, 'wrong');
		await until('it says so', async () => /Check the secret/.test(await page.locator('#operator-message').textContent()));
		assert.ok(await page.locator('#operator-panel').isHidden());
		await page.close();
	});

	test('a changed flush threshold is obeyed by the next flush; a bad one changes nothing', async () => {
		const page = await scene.open();
		await unlock(page, scene.secret);
		const shown = role => page.locator(`#operator-panel .message[role=${role}]:visible`);
		await change(page, { flush_threshold: '1' });
		await shown('alert').filter({ hasText: 'flush_threshold' }).waitFor();
		assert.equal(await shown('status').count(), 0);

		await change(page, { flush_threshold: '64KiB', flush_interval: '0' });
		await shown('status').filter({ hasText: 'Changed: flush_threshold is 64KiB' }).waitFor();
		assert.equal(await shown('alert').count(), 0, 'the error goes away');
		await startRecording(page, { name: 'Small steps' });
		await until('flushes', async () => await page.locator('#chart circle.flush').count() >= 2, { timeout: 20_000 });
		assert.match(await page.locator('#chart-note').textContent(), /at 64\.0 KiB/);
		const label = await page.locator('#chart').getAttribute('aria-label');
		const [, durable, flushes] = /([\d.]+) KiB durable, (\d+) flushes/.exec(label);
		const step = durable / flushes;
		assert.ok(step >= 64 && step < 128, `${step} KiB a flush`);

		await page.getByRole('button', { name: 'Stop Small steps' }).click();
		await page.locator('#live-state[data-state=finished]').waitFor();
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('it sees all recordings that run, and may delete those of others', async () => {
		const other = await scene.browser.newContext();
		const theirs = await other.newPage();
		await theirs.goto(scene.url);
		await theirs.locator('#connection[data-state=connected]').waitFor();
		await startRecording(theirs, { name: 'Theirs' });
		const page = await scene.open();
		await unlock(page, scene.secret);
		await page.locator('#operator-panel').getByRole('rowheader', { name: 'Theirs' }).waitFor();
		const file = await stopRecording(theirs);
		await other.close();
		await rowOf(page, 'Theirs').and(page.locator('[data-state=finished]')).waitFor();
		await rowOf(page, 'Theirs').getByRole('button', { name: /^Delete/ }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
		await rowOf(page, 'Theirs').waitFor({ state: 'detached' });
		assert.ok(!exists(scene.path(file)));
		await page.close();
	});

	test('the secret is in the page’s memory only', async () => {
		const page = await scene.open();
		await unlock(page, scene.secret);
		await page.locator('#operator-panel').waitFor();
		const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
		assert.ok(!kept.includes(scene.secret));
		await page.reload();
		await page.locator('#operator-login').waitFor();
		assert.equal(await page.getByLabel('Secret').inputValue(), '');
		await page.close();
	});
});
