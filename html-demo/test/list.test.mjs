// SPDX-License-Identifier: GPL-3.0-or-later
// The list of recordings as it changes under one's hands: refreshed, paged, loading, recovering; and what the web server gives away.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { until } from '../../tests/lib/wait.mjs';
import { recordFor, rowOf, stage, startRecording, stopRecording, tapWire } from './stage.mjs';

describe('list', () => {
	const scene = stage();
	const note = page => page.locator('#list-note').textContent();

	/** A page whose list has so many recordings, by answers that Janus never gave. */
	async function openWith(count) {
		const all = Array.from({ length: count }, (_, i) => ({ id: `made-up-${count - i}`, name: `Made up ${count - i}`, state: 'finished',
			started: '2026-01-01T00:00:00Z', duration_ms: 1000, bytes: 1000, file: `made-up-${count - i}.ts`, own: true }));
		const stand = { all, wire: null, page: null, asked: 0 };
		stand.page = await scene.open({ before: async page => { stand.wire = await tapWire(page); stand.wire.answer = answer; } });
		async function answer(message, { request, offset = 0, limit, id }) {
			const say = data => ({ ...message, plugindata: { plugin: 'janus.plugin.tsrecorder', data } });
			if (request === 'list') {
				stand.asked++;
				await new Promise(resolve => setTimeout(resolve, stand.delay ?? 0));
				return say({ tsrecorder: 'list', total: all.length, offset, recordings: all.slice(offset, offset + limit) });
			}
			if (request === 'delete')
				return say({ tsrecorder: 'deleted', id: all.splice(all.findIndex(one => one.id === id), 1)[0].id, files: 1 });
			return request === 'info' ? say({ tsrecorder: 'info', recording: stand.info ?? {} }) : message;
		}
		return stand;
	}

	test('a refresh takes away neither focus nor click', async () => {
		// So wide that the list has a column of its own: nothing above it grows and moves it.
		const page = await scene.open({ viewport: { width: 1920, height: 1000 } });
		await recordFor(page, 500, { name: 'Steady' });
		await startRecording(page, { name: 'Running' });
		const report = rowOf(page, 'Steady').getByRole('button', { name: /^Report/ });
		const size = await rowOf(page, 'Running').locator('.size').textContent();
		await report.focus();
		await until('a refresh', async () => await rowOf(page, 'Running').locator('.size').textContent() !== size);
		assert.ok(await report.evaluate(button => button === document.activeElement), 'the focus stays');

		const { x, y, width, height } = await report.boundingBox();
		await page.mouse.move(x + width / 2, y + height / 2);
		await page.mouse.down();
		await page.waitForTimeout(1500); // a refresh meanwhile
		await page.mouse.up();
		await page.getByRole('dialog').waitFor();
		await page.keyboard.press('Escape');
		await stopRecording(page);
		await rowOf(page, 'Running').and(page.locator('[data-state=finished]')).waitFor();
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('when the last row of the last page is deleted, the page before is shown', async () => {
		const { page } = await openWith(9);
		await page.getByRole('button', { name: 'Older' }).click();
		await rowOf(page, 'Made up 1').getByRole('button', { name: /^Delete/ }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
		await rowOf(page, 'Made up 9').waitFor();
		assert.equal(await page.locator('#list > li').count(), 8);
		assert.match(await note(page), /was deleted/);
		await page.close();
	});

	test('a double-click turns one page, and fast clicks never leave the list', async () => {
		const stand = await openWith(25);
		const { page } = stand;
		const shown = text => page.locator('#list-page').filter({ hasText: text }).waitFor();
		await page.getByRole('button', { name: 'Older' }).dblclick();
		await shown('9–16 of 25');
		stand.delay = 300;
		await page.getByRole('button', { name: 'Older' }).evaluate(button => { for (let i = 0; i < 9; i++) button.click(); });
		await shown('25–25 of 25');
		await rowOf(page, 'Made up 1').waitFor();
		assert.equal(await page.locator('#list > li').count(), 1);
		await page.getByRole('button', { name: 'Newer' }).dblclick();
		await shown('17–24 of 25');
		await page.waitForTimeout(1000);
		assert.equal(await page.locator('#list-page').textContent(), '17–24 of 25');
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('while the list is loading it says so', async () => {
		let answer;
		const page = await scene.open({ before: async loading => {
			(await tapWire(loading)).answer = async (message, { request }) => {
				if (request === 'list')
					await new Promise(resolve => { answer = resolve; });
				return message;
			};
		} });
		await until('the list is asked for', () => answer);
		assert.equal(await page.locator('#list[aria-busy=true]').textContent(), 'Loading…');
		answer();
		await page.locator('#list[aria-busy=false]').waitFor();
		assert.equal(await page.locator('#list').getByText('Loading…').count(), 0);
		await page.close();
	});

	test('a report with gaps lists them', async () => {
		const stand = await openWith(1);
		stand.info = { id: 'made-up-1', file: 'made-up-1.ts', files: ['made-up-1.ts'], reports: [{
			duration_ms: 61_000, bytes: 1000, reason: 'stop', sha256: 'ab'.repeat(32),
			tracks: [{ type: 'video', mid: '0', codec: 'h264', recorded_as: 'h264', mode: 'copy', packets: 1000, lost: 12, frames_damaged: 3 }],
			gaps: [{ mindex: 0, cause: 'loss', start_ms: 1500, end_ms: 2700, frames: 30 }, { mindex: 0, cause: 'disk_slow', start_ms: 60_000, end_ms: 60_500, frames: 12 }],
		}] };
		await rowOf(stand.page, 'Made up 1').getByRole('button', { name: /^Report/ }).click();
		const gaps = stand.page.getByRole('dialog').getByRole('region', { name: 'Gaps' });
		assert.deepEqual(await gaps.locator('tbody tr').allTextContents(), ['0:01.50:02.7lost packets30', '1:00.01:00.5the disk was too slow12']);
		assert.doesNotMatch(await stand.page.getByRole('dialog').textContent(), /No gaps/);
		await stand.page.close();
	});

	test('it does not wait for ever for a recovery that brings no file', async () => {
		let wire;
		const page = await scene.open({ before: async loading => {
			await loading.clock.install();
			wire = await tapWire(loading);
		} });
		await startRecording(page, { name: 'Lost' });
		await rowOf(page, 'Lost').and(page.locator('[data-state=recording]')).waitFor();
		// As if nothing had come: there is no file, and the next Janus knows nothing of it.
		await page.route('**/recordings/*.ts', route => route.fulfill({ status: 404 }));
		wire.answer = (message, { request }) => {
			const list = request === 'list' && message.plugindata.data;
			if (list)
				list.recordings = list.recordings.filter(({ name, state }) => name !== 'Lost' || state === 'recording');
			return message;
		};
		process.kill(scene.janus, 'SIGKILL');
		await rowOf(page, 'Lost').and(page.locator('[data-state=interrupted]')).waitFor();
		await until('Janus is back', async () => /Janus is back/.test(await page.locator('#banner').textContent()), { timeout: 20_000 });
		await page.clock.fastForward(61_000);
		await rowOf(page, 'Lost').and(page.locator('[data-state=lost]')).waitFor();
		assert.match(await note(page), /“Lost”: no file came within 60 s/);
		await page.close();
	});

	test('the web server gives recordings away, their reports not', async () => {
		const page = await scene.open();
		const file = await recordFor(page, 500, { name: 'With a secret' });
		const report = file.replace('.ts', '.json');
		await until('the report', () => readdirSync(scene.folder).includes(report));
		const status = async name => (await fetch(new URL(`recordings/${name}`, scene.url))).status;
		assert.equal(await status(file), 200);
		for (const name of [report, `./${report}`, `x/../${report}`, `${report}?x=.ts`, encodeURIComponent(report).replace('.', '%2e'), ''])
			assert.equal(await status(name), 404, name);
		await page.close();
	});

	test('a player that meets the final name twice at once is not confused', async () => {
		const page = await scene.open();
		const file = await recordFor(page, 500, { name: 'Renamed' });
		const opened = await page.evaluate(async name => {
			const { TsFile } = await import('./tsfile.js');
			const growing = new TsFile(new URL(`recordings/${name.replace('.ts', '.recording.ts')}`, location.href).href);
			return Promise.all([growing.open(), growing.open(), growing.length()]);
		}, file);
		assert.deepEqual(opened.slice(0, 2), [true, true]);
		await page.close();
	});
});
