// SPDX-License-Identifier: GPL-3.0-or-later
// The list of recordings: play, also while it is being written, seek, download, report, delete.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { until } from '../../tests/lib/wait.mjs';
import { exists, expectMoving, playback, recordFor, rowOf, stage, startRecording, stopRecording } from './stage.mjs';

describe('recordings', () => {
	const scene = stage();
	const position = page => page.getByRole('slider', { name: 'Position' }).evaluate(slider => Number(slider.value));

	test('an empty list says so', async () => {
		const page = await scene.open();
		await page.getByText('No recordings yet').waitFor();
		await page.close();
	});

	test('a recording is listed, plays from any place, is downloaded, reported on and deleted', async () => {
		const page = await scene.open();
		const file = await recordFor(page, 6000, { name: 'Interview' });
		const row = rowOf(page, 'Interview');
		await row.and(page.locator('[data-state=finished]')).waitFor();
		assert.match(await row.textContent(), /0:0\d\.\d · \d.* [KM]iB/);
		assert.match(await row.textContent(), /Opus → AAC, H\.264|H\.264, Opus → AAC/);

		await row.getByRole('button', { name: /^Play/ }).click();
		await expectMoving(page);
		await seek(page, 4);
		await until('it goes on from there', async () => await position(page) >= 4);
		await seek(page, 1);
		await until('and back', async () => { const at = await position(page); return at >= 1 && at < 3; });
		await expectMoving(page);
		await page.getByRole('button', { name: 'Pause' }).last().click();
		assert.ok((await playback(page)).paused);

		const [download] = await Promise.all([page.waitForEvent('download'), row.getByRole('link', { name: /^Download/ }).click()]);
		assert.equal(download.suggestedFilename(), file);
		assert.ok(readFileSync(await download.path()).equals(readFileSync(scene.path(file))), 'the download is the file');

		await row.getByRole('button', { name: /^Report/ }).click();
		const dialog = page.getByRole('dialog');
		assert.match(await dialog.textContent(), /SHA-256\s*[0-9a-f]{64}/);
		assert.match(await dialog.textContent(), /Opus → AAC/);
		await dialog.getByRole('button', { name: 'Close' }).click();

		await row.getByRole('button', { name: /^Delete/ }).click();
		await dialog.getByRole('button', { name: 'Keep it' }).click();
		assert.ok(exists(scene.path(file)), 'a deletion that was not confirmed does nothing');
		await row.getByRole('button', { name: /^Delete/ }).click();
		await dialog.getByRole('button', { name: 'Delete' }).click();
		await row.waitFor({ state: 'detached' });
		assert.ok(!exists(scene.path(file)));
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('it plays while it is being written, near live, and goes on into the finished file', async () => {
		const page = await scene.open();
		await startRecording(page, { name: 'Live' });
		await page.waitForTimeout(3000);
		await rowOf(page, 'Live').getByRole('button', { name: /^Watch/ }).click();
		await expectMoving(page);
		const start = await position(page);
		assert.ok(start > 0.5, `it begins near the end, not at ${start}`);
		await until('it stays near the end', async () => {
			const [minutes, seconds] = (await page.locator('#live-elapsed').textContent()).split(':').map(Number);
			const at = await position(page);
			return at > start + 4 && minutes * 60 + seconds - at < 5;
		}, { timeout: 20_000 });
		await stopRecording(page);
		const end = await position(page);
		await until('the rest of it', async () => await position(page) > end + 0.5 || (await playback(page)).paused);
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('after a reload the same browser may still delete what it recorded, another one may not', async () => {
		const context = await scene.browser.newContext();
		const page = await context.newPage();
		await page.goto(scene.url);
		await page.locator('#connection[data-state=connected]').waitFor();
		const file = await recordFor(page, 1000, { name: 'Mine' });
		const other = await scene.open();
		await rowOf(other, 'Mine').getByRole('button', { name: /^Delete/ }).click();
		await other.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
		await until('it says why not', async () => /operator’s panel/.test(await other.locator('#list-note').textContent()));
		assert.ok(exists(scene.path(file)));
		await other.close();

		await page.reload();
		await rowOf(page, 'Mine').getByRole('button', { name: /^Delete/ }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
		await rowOf(page, 'Mine').waitFor({ state: 'detached' });
		assert.ok(!exists(scene.path(file)));
		await context.close();
	});
});

function seek(page, seconds) {
	return page.getByRole('slider', { name: 'Position' }).evaluate((slider, to) => {
		slider.value = String(to);
		slider.dispatchEvent(new Event('input'));
		slider.dispatchEvent(new Event('change'));
	}, seconds);
}
