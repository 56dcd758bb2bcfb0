// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings in which a track is announced, and comes late or never: the player plays what there is.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../tests/lib/wait.mjs';
import { expectMoving, playback, rowOf, stage, stopRecording } from './stage.mjs';

describe('announced tracks', () => {
	const scene = stage();
	const position = page => page.getByRole('slider', { name: 'Position' }).evaluate(slider => Number(slider.value));
	const play = (page, name, word) => rowOf(page, name).getByRole('button', { name: word }).click();

	/** A page that offers both kinds, and sends nothing of one: `begin()` in the page lets it begin, in the recording that is last. */
	async function open(silent) {
		return scene.open({ before: loading => loading.addInitScript(kind => {
			const hush = (sender, track) => {
				if (track?.kind !== kind)
					return;
				sender.replaceTrack(null);
				window.begin = () => sender.replaceTrack(track);
			};
			window.RTCPeerConnection = class extends RTCPeerConnection {
				addTrack(track, ...streams) {
					const sender = super.addTrack(track, ...streams);
					hush(sender, track);
					return sender;
				}
				addTransceiver(what, ...init) {
					const transceiver = super.addTransceiver(what, ...init);
					hush(transceiver.sender, what);
					return transceiver;
				}
			};
		}, silent) });
	}

	/** Starts, and lets it record for a while. Janus says "recording" only when it has waited ten seconds for a track in vain. */
	async function record(page, name, ms) {
		await page.getByLabel('Name', { exact: true }).fill(name);
		await page.getByRole('button', { name: 'Record', exact: true }).click();
		await page.locator('#live-state:is([data-state=starting], [data-state=recording])').waitFor();
		await page.waitForTimeout(ms);
	}

	/** Waits until it plays on, whatever there is to see. */
	async function expectPlaying(page) {
		const { time } = await until('it to play', async () => {
			const now = await playback(page);
			return now.time > 0 && now;
		});
		await until('it to play on', async () => (await playback(page)).time > time + 1);
	}

	test('a camera that comes late: its sound plays before, its picture appears', async () => {
		const page = await open('video');
		await record(page, 'Late camera', 3000);
		await play(page, 'Late camera', /^Watch/);
		await expectPlaying(page);
		assert.equal((await playback(page)).frames, 0);
		const begun = await position(page);
		await page.evaluate(() => window.begin());
		await expectMoving(page);
		await stopRecording(page);

		await play(page, 'Late camera', /^Play/);
		await expectPlaying(page);
		assert.ok(await position(page) < begun, 'from the start, where there is sound alone');
		await expectMoving(page);
		assert.ok(await position(page) > begun, 'the picture comes in its place');
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('a camera that never sends: the sound plays to the end, from any place', async () => {
		const page = await open('video');
		await record(page, 'No camera', 5000);
		await stopRecording(page);
		await play(page, 'No camera', /^Play/);
		await expectPlaying(page);
		await page.getByRole('slider', { name: 'Position' }).evaluate(slider => {
			slider.value = '3';
			slider.dispatchEvent(new Event('change'));
		});
		await until('the place', async () => await position(page) >= 3);
		await until('its end', () => page.locator('#player video').evaluate(video => video.ended));
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('a camera that comes a moment late: the time that is shown goes on', async () => {
		const page = await open('video');
		await record(page, 'Slow camera', 500);
		await page.evaluate(() => window.begin());
		await page.waitForTimeout(3000);
		await stopRecording(page);
		await play(page, 'Slow camera', /^Play/);
		await expectMoving(page);
		await until('the position', async () => await position(page) > 1);
		await page.close();
	});

	test('a microphone that never sends: the picture plays, while the file grows and when it is finished', async () => {
		const page = await open('audio');
		await record(page, 'No microphone', 3000);
		await play(page, 'No microphone', /^Watch/);
		await expectMoving(page);
		await stopRecording(page);
		await play(page, 'No microphone', /^Play/);
		await expectMoving(page);
		assert.deepEqual(page.complaints, []);
		await page.close();
	});
});
