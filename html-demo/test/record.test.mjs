// SPDX-License-Identifier: GPL-3.0-or-later
// Recording, and watching it being written.

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { until } from '../../tests/lib/wait.mjs';
import { exists, recordFor, stage, startRecording, stopRecording } from './stage.mjs';

describe('record', () => {
	const scene = stage();
	const seconds = async page => {
		const [minutes, rest] = (await page.locator('#live-elapsed').textContent()).split(':').map(Number);
		return minutes * 60 + rest;
	};
	const flushMarks = page => page.locator('#chart circle.flush').count();

	test('the test picture: the file grows before one’s eyes, and gets its final name at the end', async () => {
		const page = await scene.open();
		const file = await startRecording(page, { name: 'Growing' });
		assert.match(file, /\.recording\.ts$/);
		const final = file.replace('.recording.ts', '.ts');
		await until('the file on the disk', () => exists(scene.path(file)));
		assert.ok(!exists(scene.path(final)));

		await until('a flush in the chart', async () => await flushMarks(page) >= 1);
		const early = { points: await points(page), size: statSync(scene.path(file)).size, label: await chartLabel(page) };
		await until('the chart to grow', async () => await points(page) >= early.points + 8);
		await until('a second flush', async () => await flushMarks(page) >= 2);
		assert.ok(statSync(scene.path(file)).size > early.size, 'the file grows');
		assert.notEqual(await chartLabel(page), early.label);
		assert.match(await page.locator('#live-tracks').textContent(), /copied\s*H\.264/);
		assert.match(await page.locator('#live-tracks').textContent(), /transcoded\s*Opus → AAC/);

		assert.equal(await stopRecording(page), final);
		assert.ok(exists(scene.path(final)));
		assert.ok(!exists(scene.path(file)));
		assert.match(await page.locator('#live-events').textContent(), /Finished \(stopped\)/);
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('pause leaves out, resume goes on, split makes a second file', async () => {
		const page = await scene.open();
		const before = readdirSync(scene.folder).filter(name => name.endsWith('.ts')).length;
		await startRecording(page, { name: 'Controlled' });
		await until('two seconds', async () => await seconds(page) >= 2);
		await page.getByRole('button', { name: 'Pause', exact: true }).click();
		await page.locator('#live-state[data-state=paused]').waitFor();
		await page.getByRole('button', { name: 'Resume' }).waitFor();
		const paused = await seconds(page);
		await page.waitForTimeout(2000);
		assert.ok(await seconds(page) - paused < 0.6, 'nothing is recorded while it is paused');
		await page.getByRole('button', { name: 'Resume' }).click();
		await page.locator('#live-state[data-state=recording]').waitFor();
		await until('it to go on', async () => await seconds(page) > paused + 1);

		await page.getByRole('button', { name: 'Split' }).click();
		await page.locator('#live-events [data-status=segment]').waitFor();
		await page.getByRole('button', { name: 'Split' }).and(page.locator(':enabled')).waitFor();
		await page.waitForTimeout(1500);
		await stopRecording(page);
		const files = readdirSync(scene.folder).filter(name => name.endsWith('.ts'));
		assert.equal(files.length, before + 2, files.join(' '));
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('the camera, chosen by name, as VP8 and in three sizes', async () => {
		const page = await scene.open();
		await page.getByRole('radio', { name: 'Camera' }).check({ force: true });
		const cameras = page.locator('select[name=camera]');
		await until('cameras by name', async () => (await cameras.textContent()).includes('fake'));
		const device = await cameras.locator('option', { hasText: 'fake' }).first().textContent();
		await cameras.selectOption({ label: device });
		await page.getByLabel('Video codec').selectOption('vp8');
		await page.getByText('More settings').click();
		await page.getByLabel('Simulcast').check();
		await startRecording(page, { name: 'Camera' });
		await until('VP8 becomes H.264', async () => /transcoded\s*VP8 → H\.264/.test(await page.locator('#live-tracks').textContent()));
		await page.waitForTimeout(1000);
		await stopRecording(page);
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('codecs that the browser does not send are not offered', async () => {
		const page = await scene.open();
		const values = await page.getByLabel('Video codec').locator('option').evaluateAll(options => options.map(({ value }) => value));
		assert.ok(values.includes('h264') && values.includes('vp8') && values.includes('vp9'));
		assert.ok(!values.includes('h265'), 'this Chromium does not encode H.265');
		await page.close();
	});

	test('by keyboard alone', async () => {
		const page = await scene.open();
		const press = async (name, key = 'Enter') => {
			for (let i = 0; i < 60; i++) {
				if (await page.evaluate(() => document.activeElement.textContent.trim()) === name) {
					await page.keyboard.press(key);
					return;
				}
				await page.keyboard.press('Tab');
			}
			assert.fail(`${name} is not reached by Tab`);
		};
		await press('Record');
		await page.locator('#live-state[data-state=recording]').waitFor();
		await press('Stop', 'Space');
		await page.locator('#live-state[data-state=finished]').waitFor();
		await page.close();
	});

	test('the page needs nothing from elsewhere', async () => {
		const context = await scene.browser.newContext();
		const page = await context.newPage();
		const asked = [];
		page.on('request', request => asked.push(new URL(request.url())));
		await page.goto(scene.url);
		await page.locator('#connection[data-state=connected]').waitFor();
		await recordFor(page, 500);
		const foreign = asked.filter(({ host, protocol }) => host !== new URL(scene.url).host && !['data:', 'blob:'].includes(protocol));
		assert.deepEqual(foreign.map(String), []);
		await context.close();
	});
});

const chartLabel = page => page.locator('#chart').getAttribute('aria-label');
const points = page => page.locator('#chart polyline.written').getAttribute('points').then(list => list.split(' ').length);
