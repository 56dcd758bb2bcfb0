// SPDX-License-Identifier: GPL-3.0-or-later
// The operator's panel.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../tests/lib/wait.mjs';
import { exists, rowOf, stage, startRecording, stopRecording } from './stage.mjs';

describe('operator', () => {
	const scene = stage();

	async function unlock(page, secret) {
		await page.getByLabel('Secret of Janus').fill(secret);
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

	test('a changed flush threshold is obeyed by the next flush of a recording that runs; a bad one changes nothing', async () => {
		const page = await scene.open();
		await startRecording(page, { name: 'Small steps' });
		await unlock(page, scene.secret);
		const shown = role => page.locator(`#operator-panel .message[role=${role}]:visible`);
		await change(page, { flush_threshold: '1' });
		await shown('alert').filter({ hasText: 'flush_threshold' }).waitFor();
		assert.equal(await shown('status').count(), 0);

		await change(page, { flush_threshold: '64KiB', flush_interval: '0' });
		await shown('status').filter({ hasText: 'Changed: flush_threshold is 64KiB' }).waitFor();
		assert.equal(await shown('alert').count(), 0, 'the error goes away');
		await page.locator('#chart-note').filter({ hasText: 'at 64.0 KiB' }).waitFor();
		const durable = async () => {
			const label = await page.locator('#chart').getAttribute('aria-label');
			const [, amount, unit, flushes] = /([\d.]+) (\S+) durable, (\d+) flushes/.exec(label);
			return { kib: amount * ({ KiB: 1, MiB: 1024 }[unit] ?? 1 / 1024), flushes: Number(flushes) };
		};
		const before = await durable();
		const after = await until('two more flushes', async () => {
			const now = await durable();
			return now.flushes >= before.flushes + 2 && now;
		}, { timeout: 30_000 });
		const step = (after.kib - before.kib) / (after.flushes - before.flushes);
		assert.ok(step >= 60 && step < 128, `${step} KiB a flush`);

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

	test('a refresh takes away neither focus nor click', async () => {
		const page = await scene.open();
		await unlock(page, scene.secret);
		await startRecording(page, { name: 'Held' });
		const stop = page.getByRole('button', { name: 'Stop Held' });
		await stop.focus();
		await page.waitForTimeout(1500);
		assert.ok(await stop.evaluate(button => button === document.activeElement), 'the focus stays');
		await stop.scrollIntoViewIfNeeded();
		const { x, y, width, height } = await stop.boundingBox();
		await page.mouse.move(x + width / 2, y + height / 2);
		await page.mouse.down();
		await page.waitForTimeout(1500);
		await page.mouse.up();
		await page.locator('#live-state[data-state=finished]').waitFor();
		await page.locator('#operator-panel').getByText('Nothing is being recorded now').waitFor();
		await page.close();
	});

	test('an error of the refresh looks like one and goes away; a panel that is closed asks no more', async () => {
		const page = await scene.open();
		await unlock(page, scene.secret);
		await page.locator('#operator-panel').waitFor();
		const errors = page.locator('#operator-panel .message[role=alert]:visible');
		await page.route('**/admin', route => route.abort());
		await errors.filter({ hasText: /Admin API does not answer/ }).waitFor();
		const colors = await errors.evaluate(node => [getComputedStyle(node).color, getComputedStyle(document.documentElement).getPropertyValue('--bad')]);
		assert.notEqual(colors[0], await page.locator('#operator-panel .message[role=status]').evaluate(node => getComputedStyle(node).color));
		await page.unroute('**/admin');
		await until('the error goes away', async () => await errors.count() === 0);

		let asked = 0, hold = null;
		await page.route('**/admin', async route => {
			asked++;
			await new Promise(resolve => { hold = resolve; });
			await route.continue().catch(() => {});
		});
		await until('a refresh is under way', () => hold);
		await page.getByRole('button', { name: 'Close the panel' }).click();
		hold();
		const before = asked;
		await page.waitForTimeout(2500);
		assert.equal(asked, before);
		await page.close();
	});

	test('the plugin’s admin_key is asked for when it has one of its own', async () => {
		const page = await scene.open();
		await page.route('**/admin', async route => {
			const { request, transaction } = route.request().postDataJSON();
			if (request.admin_key === 'its own')
				return route.continue();
			return route.fulfill({ json: { janus: 'success', transaction, response: { tsrecorder: 'event', error_code: 613, error: 'the admin_key is wrong or missing' } } });
		});
		const trouble = text => page.locator('#operator-message').filter({ hasText: text }).waitFor();
		await unlock(page, scene.secret);
		await trouble(/has an admin_key of its own: enter it as well/);
		await page.getByLabel('admin_key').fill('wrong');
		await unlock(page, scene.secret);
		await trouble(/The admin_key is wrong/);
		await page.getByLabel('admin_key').fill('its own');
		await unlock(page, scene.secret);
		await page.locator('#operator-panel').waitFor();
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
		assert.equal(await page.getByLabel('Secret of Janus').inputValue(), '');
		await page.close();
	});
});
