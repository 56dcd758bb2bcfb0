// SPDX-License-Identifier: GPL-3.0-or-later
// The page: keeps the connection to Janus and tells its parts when it comes and goes.

import Janus from './vendor/janus.js';
import { byId, say, setText } from './dom.js';
import { setUpLive } from './live.js';
import { setUpOperator } from './operator.js';
import { setUpRecord } from './record.js';
import { setUpRecordings } from './recordings.js';
import { TsRecorder } from './tsrecorder.js';
import { explain } from './words.js';

const RETRY_MS = 1000;

/** What the parts of the page share. Its events: connected, disconnected. */
export class Page extends EventTarget {
	/** @type {TsRecorder|null} while connected */
	recorder = null;
	/** @type {string|null} of the operator's panel, once it was opened; nowhere but here */
	adminKey = null;
	/** Lets this browser see and delete after a reload what it has recorded. */
	secret = rememberedSecret();

	/** The right by which this page may ask for a recording. @param {string} id */
	access(id) {
		return { id, ...(this.adminKey ? { admin_key: this.adminKey } : { secret: this.secret }) };
	}
}

function rememberedSecret() {
	try {
		return localStorage.tsrecorderSecret ??= crypto.randomUUID();
	} catch {
		return crypto.randomUUID(); // storage is off: the secret lasts as long as the page
	}
}

function showConnection(state, text) {
	const pill = byId('connection');
	pill.dataset.state = state;
	setText(pill, text);
}

async function connect(page) {
	const server = new URL('ws', location.href);
	server.protocol = server.protocol.replace('http', 'ws');
	for (let tries = 0; ; tries++) {
		try {
			return await TsRecorder.connect({ Janus, server: server.href });
		} catch (error) {
			showConnection('failed', 'not connected');
			if (byId('banner').hidden)
				say(byId('banner'), `There is no Janus: ${explain(error)} Is html-demo/run still running? Trying again every second.`);
			await new Promise(resolve => setTimeout(resolve, RETRY_MS));
		}
	}
}

async function keepConnected(page) {
	for (let cutOff = false; ;) {
		page.recorder = await connect(page);
		showConnection('connected', 'connected');
		say(byId('banner'), cutOff ? 'Janus is back. What it was recording is recovered now: see the list of recordings.' : '');
		page.dispatchEvent(new Event('connected'));
		page.recorder.addEventListener('starting', () => say(byId('banner')));
		let recording = false;
		page.recorder.addEventListener('starting', () => { recording = true; });
		for (const ended of ['finished', 'failed'])
			page.recorder.addEventListener(ended, () => { recording = false; });

		await new Promise(resolve => page.recorder.addEventListener('disconnected', resolve, { once: true }));
		cutOff = recording;
		page.recorder = null;
		showConnection('failed', 'not connected');
		say(byId('banner'), cutOff
			? 'Janus is gone in the middle of a recording. What was recorded until now is on the disk, and is recovered when Janus starts again.'
			: 'Janus is gone. Trying again every second.');
		page.dispatchEvent(new Event('disconnected'));
	}
}

const page = new Page();
setUpRecord(page);
setUpLive(page);
setUpRecordings(page);
setUpOperator(page);
keepConnected(page);
