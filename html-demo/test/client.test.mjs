// SPDX-License-Identifier: GPL-3.0-or-later
// tsrecorder.js by itself, as others use it; and more recordings than fit on a page of the list.
/* global recorder, stream, next, pause */ // in the page

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stage } from './stage.mjs';

describe('tsrecorder.js', () => {
	const scene = stage();

	/** A page with a connected `recorder` and a `stream` in its window, to evaluate functions in. */
	async function open() {
		const context = await scene.browser.newContext();
		const page = await context.newPage();
		await page.goto(scene.url);
		await page.evaluate(async () => {
			const [{ TsRecorder }, { default: Janus }, { testPicture }] = await Promise.all([
				import('./tsrecorder.js'), import('./vendor/janus.js'), import('./testpicture.js')]);
			const picture = testPicture();
			await picture.wake();
			window.stream = picture.stream;
			window.recorder = await TsRecorder.connect({ Janus, server: new URL('janus', location.href).href });
			window.next = name => new Promise(resolve => window.recorder.addEventListener(name, resolve, { once: true }));
			window.pause = ms => new Promise(resolve => setTimeout(resolve, ms));
		});
		return page;
	}

	test('promises are kept when it has happened, events come in order', async () => {
		const page = await open();
		const told = await page.evaluate(async () => {
			const events = [];
			for (const name of ['starting', 'recording', 'paused', 'resumed', 'segment', 'finished', 'failed'])
				recorder.addEventListener(name, () => events.push(name));
			const begun = next('recording');
			const { id, file } = await recorder.record(stream, { name: 'By hand', metadata: { why: 'test' } });
			await begun;
			await pause(1000);
			const paused = await recorder.pause();
			const status = await recorder.status();
			await recorder.resume();
			await recorder.configure({ bitrate: 500_000, name: 'By hand, renamed' });
			await pause(500);
			const segment = await recorder.split();
			await pause(500);
			const finished = await recorder.stop();
			const { recordings } = await recorder.list({ limit: 1 });
			const info = await recorder.info({ id });
			return { events, id, file, paused, status, segment, finished, listed: recordings[0], info };
		});
		assert.deepEqual(told.events, ['starting', 'recording', 'paused', 'resumed', 'segment', 'finished']);
		assert.equal(told.file, `${told.id}.recording.ts`);
		assert.equal(told.paused.status, 'paused');
		assert.equal(told.status.state, 'paused');
		assert.equal(told.segment.file, `${told.id}.ts`);
		assert.equal(told.finished.reason, 'stop');
		assert.equal(told.listed.id, told.id);
		assert.equal(told.info.name, 'By hand, renamed');
		await page.context().close();
	});

	test('what is refused is an error with the plugin’s code', async () => {
		const page = await open();
		const codes = await page.evaluate(async () => {
			const { TsRecorderError } = await import('./tsrecorder.js');
			const code = async promise => {
				try {
					await promise;
				} catch (error) {
					return error instanceof TsRecorderError ? error.code : `${error}`;
				}
				return 'no error';
			};
			const refused = {
				pauseBefore: await code(recorder.pause()),
				badId: await code(recorder.record(stream, { id: '../x' })),
				unknown: await code(recorder.record(stream, { nonsense: 1 })),
				foreign: await code(recorder.info({ id: 'nobodys' })),
				noTracks: await code(recorder.record(new MediaStream())),
			};
			const begun = next('recording');
			await recorder.record(stream, { id: 'once' });
			refused.twice = await code(recorder.record(stream));
			await begun;
			refused.usedId = (await recorder.stop()).status === 'finished' && await code(recorder.record(stream, { id: 'once' }));
			return refused;
		});
		assert.equal(codes.pauseBefore, 610);
		assert.equal(codes.badId, 605);
		assert.equal(codes.unknown, 606);
		assert.equal(codes.foreign, 613);
		assert.notEqual(codes.noTracks, 'no error');
		assert.equal(codes.twice, 610);
		assert.equal(codes.usedId, 612);
		await page.context().close();
	});

	test('the list is paged', async () => {
		const page = await open();
		await page.evaluate(async () => {
			for (let i = 0; i < 9; i++) {
				const begun = next('recording');
				await recorder.record(stream, { name: `Short ${i}` });
				await begun;
				await recorder.stop();
			}
		});
		await page.reload();
		await page.getByText('Short 8').waitFor();
		assert.equal(await page.locator('#list > li').count(), 8);
		await page.getByRole('button', { name: 'Older' }).click();
		await page.getByText('Short 0').waitFor();
		assert.ok(await page.getByRole('button', { name: 'Older' }).isDisabled());
		await page.getByRole('button', { name: 'Newer' }).click();
		await page.getByText('Short 8').waitFor();
		await page.context().close();
	});
});
