// SPDX-License-Identifier: GPL-3.0-or-later
// Answers that do not come: the client ends each promise, the page says what is the matter and goes on.
/* global recorder, stream, pcs */ // in the page

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../tests/lib/wait.mjs';
import { recordFor, rowOf, stage, startRecording, stopRecording, tapWire } from './stage.mjs';

const isEvent = status => ({ plugindata }) => plugindata?.data?.result?.status === status;

describe('lost answers: tsrecorder.js', () => {
	const scene = stage();

	/** A page with a `recorder` of short patience, a `stream`, and all PeerConnections ever made in `pcs`. */
	async function open(wire = () => {}) {
		const page = await scene.open({ before: async loading => wire(await tapWire(loading)) });
		await page.evaluate(async () => {
			const [{ TsRecorder, TsRecorderAdmin }, { default: Janus }, { testPicture }] = await Promise.all([
				import('./tsrecorder.js'), import('./vendor/janus.js'), import('./testpicture.js')]);
			window.pcs = [];
			window.RTCPeerConnection = class extends RTCPeerConnection {
				constructor(...all) {
					super(...all);
					pcs.push(this);
				}
			};
			const picture = testPicture();
			await picture.wake();
			window.stream = picture.stream;
			window.connect = () => TsRecorder.connect({ Janus, server: new URL('ws', location.href.replace('http', 'ws')).href,
				timeout_ms: 1500, event_timeout_ms: 1500 });
			window.TsRecorderAdmin = TsRecorderAdmin;
			window.trouble = promise => promise.then(() => 'none', ({ name, kind, message }) => ({ name, kind, message }));
		});
		return page;
	}

	test('attach and requests that are not answered are rejected in time', async () => {
		let wire;
		const page = await open(tapped => { wire = tapped; });
		wire.answer = (message, body) => message.janus === 'success' && message.data && message.session_id ? null : message; // attach alone
		const attach = await page.evaluate(() => window.trouble(window.connect()));
		assert.deepEqual(attach, { name: 'TsRecorderError', kind: 'timeout', message: 'Janus does not attach the plugin within 1.5 s' });

		wire.answer = (message, { request }) => request === 'status' || isEvent('paused')(message) ? null : message;
		const told = await page.evaluate(async () => {
			window.recorder = await window.connect();
			await recorder.record(stream);
			const status = await window.trouble(recorder.status());
			const pause = await window.trouble(recorder.pause());
			return { status, pause, file: (await recorder.stop()).file, connected: recorder.connected };
		});
		assert.equal(told.status.message, 'Janus does not answer the request "status" within 1.5 s');
		assert.equal(told.pause.kind, 'timeout');
		assert.ok(told.file && told.connected, 'one that is late ends nothing else');
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('when the session is lost, all that waits is rejected and the PeerConnection closed', async () => {
		let wire;
		const page = await open(tapped => { wire = tapped; });
		await page.evaluate(async () => {
			window.recorder = await window.connect();
			window.gone = new Promise(resolve => recorder.addEventListener('disconnected', ({ detail }) => resolve(detail.kind)));
			const begun = new Promise(resolve => recorder.addEventListener('recording', resolve));
			await recorder.record(stream);
			await begun;
		});
		wire.answer = (message, { request }) => request === 'status' || isEvent('segment')(message) ? null : message;
		const waiting = page.evaluate(() => Promise.all([window.trouble(recorder.status()), window.trouble(recorder.split()), window.gone]));
		await page.waitForTimeout(200);
		await wire.cut();
		const [status, split, gone] = await waiting;
		assert.deepEqual([status.kind, split.kind, gone], ['disconnected', 'disconnected', 'disconnected']);
		assert.deepEqual(await page.evaluate(async () => [pcs.map(({ signalingState }) => signalingState), recorder.peerConnection,
			(await window.trouble(recorder.list())).kind, (await window.trouble(recorder.record(stream))).kind]),
		[['closed'], null, 'disconnected', 'disconnected']);
		await page.close();
	});

	test('a handle that Janus closed is lost as well', async () => {
		let wire;
		const page = await open(tapped => { wire = tapped; });
		await page.evaluate(async () => {
			window.recorder = await window.connect();
			await recorder.record(stream);
		});
		wire.answer = (message, { request }) => request === 'status'
			? { janus: 'error', session_id: message.session_id, transaction: message.transaction, error: { code: 459, reason: 'No such handle' } } : message;
		assert.match((await page.evaluate(() => window.trouble(recorder.status()))).message, /No such handle/);
		assert.deepEqual(await page.evaluate(() => [recorder.connected, pcs.map(({ signalingState }) => signalingState)]), [false, ['closed']]);
		await page.close();
	});

	for (const method of ['createOffer', 'setLocalDescription', 'setRemoteDescription'])
		test(`${method} that fails rejects record(), and leaves no PeerConnection`, async () => {
			const page = await open();
			const told = await page.evaluate(async name => {
				window.recorder = await window.connect();
				const { [name]: real } = RTCPeerConnection.prototype;
				RTCPeerConnection.prototype[name] = () => Promise.reject(new DOMException('by the test', 'OperationError'));
				const trouble = await window.trouble(recorder.record(stream));
				RTCPeerConnection.prototype[name] = real;
				const states = pcs.map(({ signalingState }) => signalingState);
				const { file } = await recorder.record(stream);
				await recorder.stop();
				return { trouble, states, file };
			}, method);
			assert.deepEqual(told.trouble, { name: 'TsRecorderError', kind: 'browser', message: 'by the test' });
			assert.deepEqual(told.states, ['closed']);
			assert.ok(told.file, 'the next one succeeds');
			assert.deepEqual(page.complaints, []);
			await page.close();
		});
});

describe('lost answers: the page', () => {
	const scene = stage();
	const silence = page => page.locator('#live-silence');

	test('while there is no Janus every button says so in words', async () => {
		let wire;
		const page = await scene.open({ before: async loading => { wire = await tapWire(loading); } });
		await recordFor(page, 500, { name: 'Before' });
		await rowOf(page, 'Before').and(page.locator('[data-state=finished]')).waitFor();
		await page.getByLabel('Secret of Janus').fill(scene.secret);
		await page.getByRole('button', { name: 'Open' }).click();
		await page.locator('#operator-panel').waitFor();
		await page.getByRole('button', { name: 'Close the panel' }).click();
		await wire.cut();
		await page.route('**/admin', route => route.abort());
		await page.locator('#connection[data-state=failed]').waitFor();

		const note = page.locator('#list-note.bad').filter({ hasText: /no connection to Janus.*is html-demo\/run still running\?/ });
		await rowOf(page, 'Before').getByRole('button', { name: /^Report/ }).click();
		await note.waitFor();
		await page.getByRole('button', { name: 'Refresh' }).click();
		await note.waitFor();
		await rowOf(page, 'Before').getByRole('button', { name: /^Delete/ }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
		await note.waitFor();
		await page.getByLabel('Secret of Janus').fill(scene.secret);
		await page.getByRole('button', { name: 'Open' }).click();
		await page.locator('#operator-message').filter({ hasText: /Admin API does not answer.*html-demo\/run/ }).waitFor();
		assert.doesNotMatch(await page.locator('body').innerText(), /TypeError|undefined|null|Cannot read|fetch/);

		await page.route('**/recordings/**', route => route.abort());
		await rowOf(page, 'Before').getByRole('button', { name: /^Play/ }).click();
		await page.locator('#player .message').filter({ hasText: /web server does not answer.*html-demo\/run/ }).waitFor();

		wire.down = false;
		await page.locator('#connection[data-state=connected]').waitFor();
		await page.locator('#list-note:not(.bad)').waitFor({ state: 'attached' });
		assert.equal(await page.locator('#list-note').textContent(), '', 'the error goes away');
		assert.deepEqual(page.complaints.filter(text => !/ERR_FAILED|WebSocket/.test(text)), []);
		await page.close();
	});

	test('a status that does not come is told, and does not end watching', async () => {
		let hold = false;
		const held = [];
		const page = await scene.open({ before: async loading => {
			(await tapWire(loading)).answer = async (message, { request }) => {
				if (hold && request === 'status')
					await new Promise(resolve => held.push(resolve));
				return message;
			};
		} });
		await startRecording(page, { name: 'Patient' });
		const points = async () => (await page.locator('#chart polyline.written').getAttribute('points')).split(' ').length;
		hold = true;
		await silence(page).filter({ hasText: /^No answer for [2-9] s/ }).waitFor();
		await silence(page).filter({ hasText: /^No answer for 1\d s/ }).waitFor(); // longer than a request waits
		const before = await points();
		hold = false;
		held.forEach(release => release());
		await silence(page).waitFor({ state: 'hidden' });
		await until('it goes on', async () => await points() > before + 4);
		await stopRecording(page);
		assert.deepEqual(page.complaints, []);
		await page.close();
	});

	test('the list of what happened keeps the latest 200', async () => {
		let send;
		const page = await scene.open({ before: async loading => {
			(await tapWire(loading)).answer = message => {
				if (isEvent('recording')(message))
					send = message;
				return message;
			};
		} });
		await startRecording(page, { name: 'Eventful' });
		await until('an event to repeat', () => send);
		await page.evaluate(() => { document.getElementById('live-events').append(...Array.from({ length: 300 }, () => document.createElement('li'))); });
		await stopRecording(page);
		assert.equal(await page.locator('#live-events > li').count(), 200);
		assert.match(await page.locator('#live-events > li').last().textContent(), /Finished/);
		await page.close();
	});
});
