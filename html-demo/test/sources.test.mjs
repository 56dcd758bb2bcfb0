// SPDX-License-Identifier: GPL-3.0-or-later
// What is recorded and how: sources that end by themselves, and that each choice of the form arrives where it should.
/* global pcs */ // in the page

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../tests/lib/wait.mjs';
import { exists, recordFor, rowOf, stage, startRecording, stopRecording } from './stage.mjs';

describe('sources', () => {
	const scene = stage();
	const message = page => page.locator('#record-message');
	const tracks = page => page.locator('#live-tracks').textContent();

	/** Ends tracks of what is previewed, as the browser does when the user stops the sharing or a device is unplugged. */
	const end = (page, kinds) => page.locator('#preview').evaluate((video, ending) => {
		for (const track of video.srcObject.getTracks().filter(({ kind }) => ending.includes(kind))) {
			track.stop();
			track.dispatchEvent(new Event('ended'));
		}
	}, kinds);

	/** What the page asks of Janus, and its PeerConnections in `pcs`. */
	async function open() {
		const asked = [];
		const page = await scene.open({ before: async loading => {
			loading.on('websocket', socket => socket.on('framesent', ({ payload }) => asked.push(JSON.parse(payload).body)));
			await loading.addInitScript(() => {
				window.pcs = [];
				window.RTCPeerConnection = class extends RTCPeerConnection {
					constructor(...all) {
						super(...all);
						pcs.push(this);
					}
				};
			});
		} });
		page.asked = request => asked.findLast(body => body?.request === request);
		return page;
	}

	test('the screen is recorded; when its sharing is stopped the recording is completed, and the next one asks again', async () => {
		const page = await open();
		await page.getByRole('radio', { name: 'Screen' }).check({ force: true });
		const file = await startRecording(page, { name: 'Shared' });
		await page.waitForTimeout(1000);
		assert.match(await tracks(page), /video/);
		await end(page, ['video', 'audio']);
		await page.locator('#live-state[data-state=finished]').waitFor();
		await message(page).filter({ hasText: /^The source has ended: the sharing was stopped.*is complete.*Choose again, or press Record\.$/ }).waitFor();
		assert.ok(exists(scene.path(file.replace('.recording.ts', '.ts'))));
		assert.ok(await page.locator('#preview').evaluate(video => video.srcObject === null));
		assert.ok(await page.getByRole('radio', { name: 'Camera' }).isEnabled());
		assert.notEqual(await recordFor(page, 500, { name: 'Shared again' }), file);
		assert.ok(await message(page).isHidden());
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('a camera that is unplugged in preview is told, and opened again for the recording', async () => {
		const page = await open();
		await page.getByRole('radio', { name: 'Camera' }).check({ force: true });
		await until('the preview', () => page.locator('#preview').evaluate(video => video.videoWidth > 0));
		await end(page, ['video']);
		await message(page).filter({ hasText: /The source has ended.*the device is gone/ }).waitFor();
		assert.ok(await page.locator('#preview').evaluate(video => video.srcObject === null), 'nothing of it is left open');
		await recordFor(page, 500, { name: 'Plugged in again' });
		assert.match(await tracks(page), /audio.*video/s);
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('when the sound alone ends, the picture is recorded on', async () => {
		const page = await open();
		await page.getByRole('radio', { name: 'Camera' }).check({ force: true });
		await startRecording(page, { name: 'Mute' });
		await end(page, ['audio']);
		await message(page).filter({ hasText: 'The source’s sound has ended' }).waitFor();
		await page.waitForTimeout(500);
		assert.equal(await page.locator('#live-state').getAttribute('data-state'), 'recording');
		await end(page, ['video']);
		await page.locator('#live-state[data-state=finished]').waitFor();
		await page.close();
	});

	test('a share that is refused says what to do', async () => {
		const page = await open();
		await page.evaluate(() => {
			navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException('denied', 'NotAllowedError'));
		});
		await page.getByRole('radio', { name: 'Screen' }).check({ force: true });
		await page.getByRole('button', { name: 'Record', exact: true }).click();
		await message(page).filter({ hasText: /^Nothing was shared\. Press Record again/ }).waitFor();
		assert.ok(await page.getByRole('button', { name: 'Record', exact: true }).isEnabled());
		await page.close();
	});

	test('the level meter moves with the sound', async () => {
		const page = await open();
		await page.mouse.click(1, 1);
		const level = () => page.locator('#level').evaluate(meter => meter.value);
		await until('some sound', async () => await level() > 0.3);
		await until('the beep above the hum', async () => await level() > 0.8);
		await until('the hum alone', async () => await level() < 0.7);
		await page.close();
	});

	test('the profile that is chosen is used', async () => {
		const page = await open();
		await page.getByText('More settings').click();
		await page.getByLabel('Profile').selectOption('original');
		await startRecording(page, { name: 'As it comes' });
		await until('Opus stays', async () => /copied\s*Opus/.test(await tracks(page)));
		await stopRecording(page);
		await page.close();
	});

	test('the bitrate that is chosen is asked for, and kept to', async () => {
		const page = await open();
		await page.getByText('More settings').click();
		await page.getByLabel('Bitrate').selectOption('300000');
		await startRecording(page, { name: 'Narrow' });
		assert.equal(page.asked('record').bitrate, 300_000);
		await until('the sender obeys', () => page.evaluate(async () => {
			const all = [...(await pcs.at(-1).getStats()).values()];
			return all.some(({ type, availableOutgoingBitrate: rate }) => type === 'candidate-pair' && rate > 0 && rate <= 300_000);
		}));
		await stopRecording(page);
		await page.close();
	});

	test('simulcast sends three sizes', async () => {
		const page = await open();
		await page.getByRole('radio', { name: 'Camera' }).check({ force: true });
		await page.getByLabel('Video codec').selectOption('vp8');
		await page.getByText('More settings').click();
		await page.getByLabel('Bitrate').selectOption('5000000');
		await page.getByLabel('Simulcast').check();
		await startRecording(page, { name: 'Three sizes' });
		const sizes = () => page.evaluate(async () => [...(await pcs.at(-1).getStats()).values()]
			.filter(({ type, kind, packetsSent, frameWidth }) => type === 'outbound-rtp' && kind === 'video' && packetsSent > 0 && frameWidth)
			.map(({ rid, frameWidth }) => `${rid} ${frameWidth}`).sort());
		await until('three of them', async () => (await sizes()).length === 3, { timeout: 30_000 });
		const widths = (await sizes()).map(text => Number(text.split(' ')[1]));
		assert.equal(new Set(widths).size, 3, `${await sizes()}`);
		await until('the largest is recorded', async () => (await tracks(page)).includes(`${Math.max(...widths)}×`), { timeout: 30_000 });
		await stopRecording(page);
		await page.close();
	});

	test('a name is cut to what the plugin takes: 256 bytes, whole characters, no control characters', async () => {
		const page = await open();
		const field = page.getByLabel('Name', { exact: true });
		await field.fill('Größe\t😀' + '€'.repeat(200));
		await page.getByRole('button', { name: 'Record', exact: true }).click();
		const { name } = await until('the request', () => page.asked('record'));
		assert.match(name, /^Größe 😀€+$/u);
		assert.ok(Buffer.byteLength(name) <= 256 && Buffer.byteLength(name) > 252, `${Buffer.byteLength(name)} bytes`);
		assert.equal(await field.inputValue(), name);
		await rowOf(page, name).waitFor();
		await page.close();
	});

	test('on plain http there is no crypto.randomUUID, and none is needed', async () => {
		const page = await scene.open({ before: loading => loading.addInitScript(() => { delete Crypto.prototype.randomUUID; }) });
		assert.equal(await page.evaluate(() => crypto.randomUUID), undefined);
		await recordFor(page, 500, { name: 'Plain' });
		assert.match(await page.evaluate(() => localStorage.tsrecorderSecret), /^[0-9a-f]{32}$/);
		await page.getByLabel('Secret of Janus').fill(scene.secret);
		await page.getByRole('button', { name: 'Open' }).click();
		await page.locator('#operator-panel').waitFor();
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('the chart marks each flush, also several between two looks', async () => {
		const page = await open();
		const marks = await page.evaluate(async () => {
			const { Chart } = await import('./chart.js');
			const svg = document.body.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));
			svg.style.cssText = 'display: block; width: 600px; height: 200px';
			const chart = new Chart(svg);
			const sample = (seconds, flushes, flushed) => chart.add({ seconds, flushes, flushed, written: 90_000 * seconds, durable: 80_000 * seconds });
			sample(1, 1, 0.9);
			sample(2, 1, 0.9);
			sample(3, 4, 2.9);
			sample(4, 5, 3.5);
			return [...svg.querySelectorAll('circle.flush')].map(circle => Number(circle.getAttribute('cx')));
		});
		assert.equal(marks.length, 5);
		assert.ok(marks.every((x, i) => !i || x > marks[i - 1] + 2), `apart from each other: ${marks}`);
		await page.close();
	});
});
