// SPDX-License-Identifier: GPL-3.0-or-later
// The page: keeps the connection to Janus and tells its parts when it comes and goes.

import Janus from './vendor/janus.js';
import { byId, say, setText } from './dom.js';
import { setUpLive } from './live.js';
import { setUpOperator } from './operator.js';
import { setUpRecord } from './record.js';
import { setUpRecordings } from './recordings.js';
import { setUpRooms } from './rooms.js';
import { TsRecorder, TsRecorderError } from './tsrecorder.js';
import { explain } from './words.js';

const RETRY_MS = 1000;

/** What the parts of the page share. Its events: connected, disconnected. */
export class Page extends EventTarget {
	/** @type {TsRecorder|null} while connected */
	recorder = null;
	/** @type {import('./tsrecorder.js').TsRecorderAdmin|null} while the operator's panel is open; its secret is nowhere but there */
	operator = null;
	/** Lets this browser see and delete after a reload what it has recorded. */
	secret = rememberedSecret();

	/** Plays a recording in the page's player; the list of recordings has it. @type {(recording: object) => void} */
	play = () => {};

	/** For requests: the recorder, or an error in words while there is none. */
	get client() {
		if (!this.recorder)
			throw new TsRecorderError('there is no connection to Janus', 0, 'disconnected');
		return this.recorder;
	}

	/** Who is asked for recordings, whoever made them: the Admin API while the operator's panel is open. */
	get librarian() {
		return this.operator ?? this.client;
	}

	/** The right by which this page may ask for a recording. @param {{id: string, own?: boolean}} recording */
	access({ id, own }) {
		return own ? { id } : { id, secret: this.secret };
	}
}

function rememberedSecret() {
	try {
		return localStorage.tsrecorderSecret ??= newSecret();
	} catch {
		return newSecret(); // storage is off: the secret lasts as long as the page
	}
}

/** Not crypto.randomUUID: browsers have that on https and localhost only. */
function newSecret() {
	return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
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
				say(byId('banner'), `There is no Janus. ${explain(error)}`);
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

		if (page.recorder.connected)
			await new Promise(resolve => page.recorder.addEventListener('disconnected', resolve, { once: true }));
		cutOff = recording;
		page.recorder = null;
		showConnection('failed', 'not connected');
		say(byId('banner'), cutOff
			? 'Janus is gone in the middle of a recording. What was recorded until now is on the disk, and is recovered when Janus starts again.'
			: 'Janus is gone. Trying again every second: is html-demo/run still running?');
		page.dispatchEvent(new Event('disconnected'));
	}
}

const page = new Page();
setUpRecord(page);
setUpLive(page);
setUpRecordings(page);
setUpRooms(page);
setUpOperator(page);
keepConnected(page);
