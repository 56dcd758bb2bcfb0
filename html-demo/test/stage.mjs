// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the page have in common: the stack that html-demo/run starts, a browser, and the ways of the page.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Process, temporaryFolder } from '../../tests/lib/process.mjs';
import { until } from '../../tests/lib/wait.mjs';
import { launchBrowser } from '../browser.mjs';

export const demo = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const PATIENCE_MS = 15_000;

/** html-demo/run, with options of one's own besides those that suit tests. */
export function startRun(folder, ...options) {
	const janus = process.env.TSR_JANUS_PREFIX ? ['--janus', process.env.TSR_JANUS_PREFIX] : [];
	return new Process(join(demo, 'run'), ['--no-install', '--no-build', '--build', process.env.TSR_BUILD, '--port', '0',
		...janus, '--recordings', folder, ...options]);
}

/** What a running html-demo/run printed: {url, secret, janus}. */
export async function printed(run) {
	await until(`html-demo/run is up:\n${run.log}`, () => /Ctrl-C/.test(run.log) || run.child.exitCode !== null);
	const find = pattern => pattern.exec(run.log)?.[1] ?? assert.fail(`no ${pattern} in:\n${run.log}`);
	return {
		url: find(/page is at +(\S+)/),
		secret: find(/secret +(\S+)/),
		janus: Number(find(/pid (\d+), log/)),
	};
}

/** The stack and the browser of the tests of one file, from before its tests until after them. */
export function stage() {
	const stage = {
		folder: null, url: null, secret: null, janus: null, run: null, browser: null,

		/** A page of its own that is connected. What it complains of is in `page.complaints`. `before` is called before it is loaded. */
		async open({ before, path = '', ...options } = {}) {
			const page = await this.browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
			page.setDefaultTimeout(PATIENCE_MS);
			page.complaints = [];
			page.on('pageerror', error => page.complaints.push(error.message));
			page.on('console', message => {
				// A file that got its final name is not found under the old one, and then asked for under the new one.
				const renamed = /404/.test(message.text()) && message.location().url.endsWith('.recording.ts');
				if (message.type() === 'error' && !renamed)
					page.complaints.push(message.text());
			});
			await before?.(page);
			await page.goto(new URL(path, this.url).href);
			await page.locator('#connection[data-state=connected]').waitFor();
			return page;
		},

		path(file) {
			return join(this.folder, file);
		},
	};
	before(async () => {
		stage.folder = temporaryFolder('demo');
		stage.run = startRun(stage.folder);
		Object.assign(stage, await printed(stage.run));
		stage.browser = await launchBrowser();
	});
	after(async () => {
		await stage.browser?.close();
		await stage.run?.stop();
	});
	return stage;
}

/**
 * Stands between a page and Janus, from before the page is loaded. `wire.down = true` refuses connections from then on, and
 * `wire.cut()` breaks the one there is; `wire.answer` may change what Janus's core and the recorder answer (VideoRoom has requests
 * of the same names), given the request's body, or drop it (null).
 */
export async function tapWire(page) {
	const wire = { down: false, cut: () => {}, answer: message => message };
	await page.routeWebSocket(/\/ws$/, async socket => {
		if (wire.down)
			return socket.close();
		const server = socket.connectToServer(), requests = new Map();
		wire.cut = async () => { wire.down = true; await Promise.all([socket.close(), server.close()]); };
		socket.onMessage(text => {
			const { transaction, body } = JSON.parse(text);
			requests.set(transaction, body);
			server.send(text);
		});
		server.onMessage(async text => {
			const message = JSON.parse(text);
			const foreign = message.plugindata && message.plugindata.plugin !== 'janus.plugin.tsrecorder';
			const answer = foreign ? message : await wire.answer(message, requests.get(message.transaction) ?? {});
			if (answer)
				socket.send(JSON.stringify(answer));
		});
	});
	return wire;
}

/** A room page of its own, with somebody in the room. */
export async function enterRoom(scene, { name, room = 1234, ...options }) {
	const page = await scene.open({ path: `room.html?room=${room}&name=${name}`, ...options });
	await page.getByRole('button', { name: 'Enter the room' }).click();
	await page.locator('#inside').waitFor();
	return page;
}

/** Starts recording what the form says. @returns {Promise<string>} the file, X.recording.ts */
export async function startRecording(page, { name, more } = {}) {
	if (name)
		await page.getByLabel('Name', { exact: true }).fill(name);
	await more?.();
	await page.getByRole('button', { name: 'Record', exact: true }).click();
	await page.locator('#live-state[data-state=recording]').waitFor();
	return page.locator('#live-file').textContent();
}

/** @returns {Promise<string>} the file, X.ts */
export async function stopRecording(page) {
	await page.getByRole('button', { name: 'Stop', exact: true }).click();
	await page.locator('#live-state[data-state=finished]').waitFor();
	return page.locator('#live-file').textContent();
}

/** Records the test picture for a while. @returns {Promise<string>} the file */
export async function recordFor(page, ms, options) {
	await startRecording(page, options);
	await page.waitForTimeout(ms);
	return stopRecording(page);
}

/** The row of the list with this name. */
export function rowOf(page, name) {
	return page.locator('#list > li').filter({ has: page.locator('strong', { hasText: new RegExp(`^${name}$`) }) });
}

/** What the player's video is doing. */
export function playback(page) {
	return page.locator('#player video').evaluate(video => ({
		time: video.currentTime, frames: video.getVideoPlaybackQuality().totalVideoFrames, paused: video.paused,
	}));
}

/** Waits until the player's picture moves. */
export async function expectMoving(page) {
	await until('decoded frames', async () => (await playback(page)).frames > 5, { timeout: PATIENCE_MS });
	const first = await playback(page);
	await until('the picture to move', async () => {
		const now = await playback(page);
		return now.time > first.time + 0.5 && now.frames > first.frames + 5;
	}, { timeout: PATIENCE_MS });
}

export const exists = existsSync;
