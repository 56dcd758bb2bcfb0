// SPDX-License-Identifier: GPL-3.0-or-later
// The part "Rooms", and the room page.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect } from '../../tests/lib/signalling.mjs';
import { decodeErrors, probe } from '../../tests/lib/media.mjs';
import { until } from '../../tests/lib/wait.mjs';
import { enterRoom, exists, expectMoving, stage } from './stage.mjs';

const VIDEOROOM = 'janus.plugin.videoroom';

describe('rooms', () => {
	const scene = stage();
	const room = (page, id) => page.locator(`#room-list > li[data-room="${id}"]`);
	const person = (page, id, name) => room(page, id).locator('.people > li').filter({ has: page.locator('b', { hasText: new RegExp(`^${name}$`) }) });
	const button = (page, id, name) => room(page, id).getByRole('button', { name: new RegExp(`^${name} `) }).first();

	/** Whoever else talks to the VideoRoom: makes rooms, removes people. */
	async function host(t) {
		const session = await connect(new URL('ws', scene.url.replace('http', 'ws')).href);
		t.after(() => session.drop());
		return session.attach(VIDEOROOM);
	}

	test('two tabs meet; all of the room is recorded, who comes later too, and can be watched and played', async () => {
		const page = await scene.open();
		const ann = await enterRoom(scene, { name: 'Ann' });
		await person(page, 1234, 'Ann').filter({ hasText: 'publishes' }).waitFor();
		await button(page, 1234, 'Record').click();
		await room(page, 1234).and(page.locator('[data-state=tapping]')).waitFor();

		const ben = await enterRoom(scene, { name: 'Ben' });
		for (const tab of [ann, ben])
			await tab.locator('.tile').nth(1).waitFor();
		assert.deepEqual(await ben.locator('.tile figcaption').allTextContents(), ['Ben (you)', 'Ann']);
		await expectPictures(ann, 'Ben');
		await expectPictures(ben, 'Ann');

		const file = person(page, 1234, 'Ben').locator('code');
		const size = async () => (await person(page, 1234, 'Ben').locator('.size').textContent()).split(' · ')[0];
		await until('Ben\'s file to be there and grow', async () => /\.recording\.ts$/.test(await file.textContent()) && await size() > '0:01.0');
		await person(page, 1234, 'Ben').getByRole('button', { name: 'Watch Ben’s recording' }).click();
		await expectMoving(page);
		await page.getByRole('button', { name: 'Close player' }).click();

		await ben.getByRole('button', { name: 'Leave' }).click();
		await ann.locator('.tile').nth(1).waitFor({ state: 'detached' });
		await person(page, 1234, 'Ben').filter({ hasText: 'left' }).getByRole('link', { name: 'Download Ben’s recording' }).waitFor();

		await button(page, 1234, 'Stop').click();
		await room(page, 1234).and(page.locator('[data-state=recorded]')).waitFor();
		for (const name of ['Ann', 'Ben']) {
			const path = scene.path(await person(page, 1234, name).locator('code').first().textContent());
			assert.ok(exists(path), path);
			assert.equal(await decodeErrors(path), '');
			assert.deepEqual((await probe(path)).streams.map(stream => stream.codec_name).sort(), ['aac', 'h264']);
		}
		await person(page, 1234, 'Ann').getByRole('button', { name: 'Play Ann’s recording' }).click();
		await expectMoving(page);
		for (const tab of [page, ann, ben]) {
			assert.deepEqual(tab.complaints, []);
			await tab.close();
		}
	});

	/** The picture of somebody moves. */
	async function expectPictures(tab, name) {
		const frames = () => tab.getByLabel(`Picture of ${name}`, { exact: true }).evaluate(video => video.getVideoPlaybackQuality().totalVideoFrames);
		await until(`frames of ${name}`, async () => await frames() > 5);
	}

	test('microphone and camera are muted, a screen comes and goes', async () => {
		const ann = await enterRoom(scene, { name: 'Ann' }), ben = await enterRoom(scene, { name: 'Ben' });
		await ann.locator('.tile').nth(1).waitFor();
		for (const [name, kind] of [['Mute', 'audio'], ['Camera off', 'video']]) {
			const pressed = ben.getByRole('button', { name });
			const enabled = () => ben.evaluate(kind => document.querySelector('.tile video').srcObject.getTracks().find(track => track.kind === kind).enabled, kind);
			await pressed.press('Enter');
			assert.equal(await pressed.getAttribute('aria-pressed'), 'true');
			assert.equal(await enabled(), false);
			await pressed.press('Enter');
			assert.equal(await pressed.getAttribute('aria-pressed'), 'false');
			assert.equal(await enabled(), true);
		}
		for (let i = 0; i < 2; i++) {
			await ben.getByRole('button', { name: 'Share screen' }).click();
			await ann.locator('.tile').filter({ hasText: 'Ben’s screen' }).waitFor();
			await expectPictures(ann, 'Ben’s screen');
			await ben.locator('#screen[aria-pressed=true]:enabled').click();
			await ann.locator('.tile').filter({ hasText: 'Ben’s screen' }).waitFor({ state: 'detached' });
			await ben.locator('#screen[aria-pressed=false]:enabled').waitFor();
			await expectPictures(ann, 'Ben');
		}
		for (const tab of [ann, ben]) {
			assert.deepEqual(tab.complaints, []);
			await tab.close();
		}
	});

	test('a room with a secret asks for it; after a reload the page knows what it began', async () => {
		const page = await scene.open();
		await button(page, 5678, 'Record').click();
		const secret = room(page, 5678).getByLabel('Secret of the room');
		await secret.fill('wrong');
		await secret.press('Enter');
		await room(page, 5678).getByRole('alert').filter({ hasText: 'not the secret' }).waitFor();
		await secret.fill('demo');
		await secret.press('Enter');
		await room(page, 5678).and(page.locator('[data-state=tapping]')).waitFor();
		assert.ok(await secret.isHidden());
		await button(page, 1234, 'Record').click();
		await room(page, 1234).and(page.locator('[data-state=tapping]')).waitFor();

		await page.reload();
		await room(page, 1234).and(page.locator('[data-state=tapping]')).waitFor();
		await button(page, 1234, 'Stop').click();
		await room(page, 1234).and(page.locator(':not([data-state=tapping])')).waitFor();
		await room(page, 5678).and(page.locator('[data-state=open]')).waitFor(); // the secret was kept nowhere
		await button(page, 5678, 'Record').click();
		await secret.fill('demo');
		await secret.press('Enter');
		await room(page, 5678).getByRole('alert').filter({ hasText: 'recorded by the tap' }).waitFor();

		// The operator sees all of them, and may stop them.
		await page.getByLabel('Secret of Janus’s Admin API').fill(scene.secret);
		await page.getByRole('button', { name: 'Open' }).click();
		await room(page, 5678).and(page.locator('[data-state=tapping]')).waitFor();
		await button(page, 5678, 'Stop').click();
		await room(page, 5678).and(page.locator(':not([data-state=tapping])')).waitFor();
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('who is removed, and whose room is closed, is told; so is what cannot be entered', async t => {
		const janus = await host(t);
		await janus.request({ request: 'create', room: 77, description: 'For a while', publishers: 1 });
		const page = await scene.open();
		const ann = await enterRoom(scene, { name: 'Ann', room: 77 });
		await button(page, 77, 'Record').click();
		await person(page, 77, 'Ann').locator('code').filter({ hasText: '.ts' }).waitFor();
		const { data: { participants: [{ id }] } } = await janus.request({ request: 'listparticipants', room: 77 });
		const told = async text => assert.match(await until('it is told', () => ann.locator('#door-message:visible').textContent()), text);
		await janus.request({ request: 'kick', room: 77, id });
		await told(/removed/);
		await ann.getByRole('button', { name: 'Enter the room' }).click();
		await ann.locator('#inside').waitFor();
		await person(page, 77, 'Ann').nth(1).waitFor(); // twice in the room, twice in the list
		await janus.request({ request: 'destroy', room: 77 });
		await told(/closed/);
		await room(page, 77).waitFor({ state: 'detached' });
		await ann.getByRole('button', { name: 'Enter the room' }).click();
		await told(/no such room/);
		for (const tab of [page, ann]) {
			assert.deepEqual(tab.complaints, []);
			await tab.close();
		}
	});

	test('a Janus without VideoRoom: the page says so, and the rest of it works', async () => {
		const page = await scene.open({ before: page => page.routeWebSocket(/\/ws$/, socket => {
			const server = socket.connectToServer();
			socket.onMessage(text => {
				const { janus, plugin, transaction } = JSON.parse(text);
				if (janus === 'attach' && plugin === VIDEOROOM)
					socket.send(JSON.stringify({ janus: 'error', transaction, error: { code: 460, reason: `No such plugin '${plugin}'` } }));
				else
					server.send(text);
			});
		}) });
		await page.locator('#room-note').filter({ hasText: 'has no VideoRoom' }).waitFor();
		assert.equal(await page.locator('#room-list > li').count(), 0);
		assert.ok(await page.getByRole('button', { name: 'Record', exact: true }).isEnabled());
		await page.close();
	});
});
