// SPDX-License-Identifier: GPL-3.0-or-later
// HLS in the page: live from the beginning and joined in the middle, through pause and split to the end, by the playlist of the recording. And what the
// web server says of it.

import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { run } from '../../tests/lib/process.mjs';
import { until } from '../../tests/lib/wait.mjs';
import { exists, expectMoving, playback, rowOf, stage, startRecording, stopRecording } from './stage.mjs';

const SEGMENT_S = 2;

describe('hls', () => {
	const scene = stage();
	const live = async page => {
		if (!await page.getByLabel('Profile').isVisible())
			await page.getByText('More settings').click();
		await page.getByLabel('Profile').selectOption('live');
	};
	const data = page => page.locator('#player video').evaluate(({ dataset, ended, duration }) => ({ ...dataset, ended, duration }));
	const watch = (page, name) => rowOf(page, name).getByRole('button', { name: /^HLS/ }).click();

	/** What is wrong with a playlist, now and against what it was when it was last looked at. */
	async function check(id) {
		const list = scene.path(`${id}.m3u8`), earlier = scene.path(`.${id}.earlier.m3u8`), now = scene.path(`.${id}.now.m3u8`);
		copyFileSync(list, now);
		const { code, stdout } = await run(join(process.env.TSR_BUILD, 'tests/plugin/check_playlist'), [list, ...exists(earlier) ? [earlier] : []]);
		assert.equal(code, 0, stdout);
		copyFileSync(now, earlier);
		return stdout;
	}

	test('from the beginning and from the middle, through pause and split, to the end', { timeout: 180_000 }, async () => {
		const page = await scene.open();
		const file = await startRecording(page, { name: 'On air', more: () => live(page) });
		const id = file.replace('.recording.ts', '');
		await watch(page, 'On air');
		await expectMoving(page);
		await page.waitForTimeout(10_000);
		await check(id);

		const late = await scene.open();
		await watch(late, 'On air');
		await expectMoving(late);
		const latency = async () => Number((await data(late)).latency);
		await until('it has caught up', async () => await latency() > 0 && await latency() <= 3 * SEGMENT_S + 1, { timeout: 30_000 });
		await page.waitForTimeout(5000);
		console.log(`# glass to glass ${await latency()} s, joined in the middle`);

		const stalls = async () => Number((await data(page)).stalls) + Number((await data(late)).stalls);
		assert.equal(await stalls(), 0);
		await page.getByRole('button', { name: 'Split' }).click();
		await page.waitForTimeout(6000);
		await check(id);
		assert.equal(await stalls(), 0, 'a split is not seen');
		await page.getByRole('button', { name: 'Pause', exact: true }).first().click();
		await page.waitForTimeout(1500);
		await page.getByRole('button', { name: 'Resume' }).click();
		await page.waitForTimeout(8000);
		await check(id);
		await stopRecording(page);
		assert.match(await check(id), /1 discontinuities, ended/);
		for (const viewer of [page, late])
			await until('the end is seen', async () => (await data(viewer)).ended, { timeout: 30_000 });
		console.log(`# stalls, with a pause of 1.5 s: ${await stalls()}`);
		assert.ok(await stalls() <= 4, 'a pause of the source alone may hold them up');
		assert.deepEqual([page.complaints, late.complaints], [[], []]);

		// Afterwards it is a recording like any other.
		await watch(late, 'On air');
		await expectMoving(late);
		assert.ok((await data(late)).duration > 20);
		assert.equal((await data(late)).latency, '');
		await Promise.all([page.close(), late.close()]);
	});

	test('a hundred viewers while it records', { timeout: 90_000 }, async () => {
		const page = await scene.open();
		const file = await startRecording(page, { name: 'Crowd', more: () => live(page) });
		const id = file.replace('.recording.ts', ''), at = name => new URL(`hls/${name}`, scene.url).href;
		await until('a playlist', () => exists(scene.path(`${id}.m3u8`)), { timeout: 15_000 });
		const end = Date.now() + 12_000;
		let segments = 0;
		/** Fetches the playlist and what is new in it, as often as players do. */
		async function view() {
			for (let seen = 0; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 1000))) {
				const text = await (await fetch(at(`${id}.m3u8`))).text();
				for (const [, size, offset] of [...text.matchAll(/BYTERANGE:(\d+)@(\d+)/g)].slice(seen)) {
					const answer = await fetch(at(`${id}.ts`), { headers: { Range: `bytes=${offset}-${Number(offset) + Number(size) - 1}` } });
					assert.equal(answer.status, 206);
					const bytes = new Uint8Array(await answer.arrayBuffer());
					assert.equal(bytes.length, Number(size));
					assert.ok(bytes[0] === 0x47 && bytes[188] === 0x47, 'it is the transport stream');
					segments++, seen++;
				}
			}
		}
		await Promise.all(Array.from({ length: 100 }, view));
		assert.ok(segments >= 100 * 3, `${segments} segments`);
		await stopRecording(page);
		assert.match(await check(id), /0 discontinuities, ended/);
		await page.close();
	});

	test('what the web server says', { timeout: 60_000 }, async () => {
		const page = await scene.open();
		const file = await startRecording(page, { name: 'Served', more: () => live(page) });
		const id = file.replace('.recording.ts', ''), at = name => new URL(`hls/${name}`, scene.url).href;
		await until('a playlist', () => exists(scene.path(`${id}.m3u8`)), { timeout: 15_000 });
		const list = await fetch(at(`${id}.m3u8`));
		assert.equal(list.headers.get('content-type'), 'application/vnd.apple.mpegurl');
		assert.equal(list.headers.get('cache-control'), 'no-cache');
		assert.equal(list.headers.get('access-control-allow-origin'), '*');
		const [, size, offset] = /#EXT-X-BYTERANGE:(\d+)@(\d+)/.exec(await list.text()).map(Number);
		const growing = await fetch(at(`${id}.ts`), { headers: { Range: `bytes=${offset}-${offset + size - 1}` } });
		assert.equal(growing.status, 206);
		assert.equal((await growing.arrayBuffer()).byteLength, size);
		assert.equal(growing.headers.get('content-type'), 'video/mp2t');
		assert.equal(growing.headers.get('cache-control'), 'no-store');
		assert.equal(growing.headers.get('etag'), null);
		assert.equal((await fetch(at(`${id}.master.m3u8`))).status, 200);
		assert.equal((await fetch(at(`${id}.json`))).status, 404);
		assert.equal((await fetch(at(`${id}.recording.json`))).status, 404);
		await stopRecording(page);
		const complete = await fetch(at(`${id}.ts`), { method: 'HEAD' });
		assert.match(complete.headers.get('cache-control'), /immutable/);
		assert.equal((await playback(page).catch(() => ({ frames: 0 }))).frames, 0);
		await page.close();
	});
});
