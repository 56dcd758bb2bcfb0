// SPDX-License-Identifier: GPL-3.0-or-later
// The client of janus.plugin.tsrecorder, for use in any page: it needs janus.js (and its webrtc-adapter) and nothing else.
//
//     import Janus from 'janus-gateway';
//     import { TsRecorder } from './tsrecorder.js';
//
//     const recorder = await TsRecorder.connect({ Janus, server: 'wss://example.org/ws' });
//     recorder.addEventListener('warning', event => console.warn(event.detail.text));
//     await recorder.record(stream, { name: 'Interview' });
//     …
//     const { file, bytes, duration_ms } = await recorder.stop();
//
// A TsRecorder is one handle on one Janus session: it makes one recording at a time. Each request is a promise. Those that
// take their time (pause, resume, split, stop) are kept when it has happened, not when it was asked for. What comes unasked is
// an event, a CustomEvent whose `detail` is what the plugin sent: starting, recording, paused, resumed, stalled, unstalled,
// segment, warning, finished, failed, configured; and `disconnected` when Janus is gone.

export const PLUGIN = 'janus.plugin.tsrecorder';
const HANGUP_MS = 2000;

/**
 * @typedef {object} RecordOptions  What `record` takes besides the media; all optional. The head of plugins/janus_tsrecorder.c explains each.
 * @property {string} [id]                    letters, digits, - and _, up to 64; generated when missing
 * @property {string} [name]                  free text
 * @property {string} [videocodec]            h264, h265, vp8, vp9 or av1
 * @property {string} [audiocodec]            opus, multiopus, pcmu, pcma, g722 or l16
 * @property {'transcode'|'copy'} [audio_mode] Opus becomes AAC, or stays Opus
 * @property {string} [profile]
 * @property {string} [filename]
 * @property {number|string} [max_duration]   seconds, or with a unit: '10m'
 * @property {number|string} [max_size]       bytes, or with a unit: '1GiB'
 * @property {number} [bitrate]               bit/s
 * @property {number|string} [keyframe_interval]
 * @property {number} [substream]             0 to 2: the best simulcast layer to record
 * @property {number} [temporal]              0 to 7: the highest temporal layer to record
 * @property {object} [metadata]
 * @property {boolean} [is_private]
 * @property {string} [secret]
 * @property {string} [record_key]
 * @property {string} [token]
 */

/**
 * @typedef {object} Track
 * @property {number} mindex
 * @property {string} mid
 * @property {'audio'|'video'} type
 * @property {string} codec          as it arrives
 * @property {string} recorded_as    as it is in the file
 * @property {'copy'|'transcode'} mode
 */

/**
 * @typedef {object} Recording  What an event says of a recording; which fields there are depends on the event.
 * @property {string} id
 * @property {string} [status]       the event's name
 * @property {string} [name]
 * @property {string} [file]         relative to the recordings folder
 * @property {string} [path]         absolute
 * @property {number} [bytes]
 * @property {number} [duration_ms]
 * @property {string} [reason]
 * @property {string} [sha256]
 * @property {Track[]} [tracks]
 * @property {object[]} [refused]
 */

/**
 * @typedef {object} Access  Which recording, and by what right; the handle's own latest one needs neither.
 * @property {string} [id]
 * @property {string} [secret]
 * @property {string} [admin_key]
 */

/** What the plugin refused, or what went wrong on the way. `code` is the plugin's error_code, or 0. */
export class TsRecorderError extends Error {
	/**
	 * @param {string} message
	 * @param {number} [code]
	 */
	constructor(message, code = 0) {
		super(message);
		this.name = 'TsRecorderError';
		this.code = code;
	}
}

export class TsRecorder extends EventTarget {
	#session;
	#handle;
	#connected = true;
	/** Until Janus has told that the latest PeerConnection is gone: what it tells so late must not meet the next one. */
	#hungUp = Promise.resolve();
	#tellHungUp = () => {};
	/** Promises that wait for an event: {statuses, id, resolve, reject}. */
	#waiting = new Set();

	/**
	 * @param {object} options
	 * @param {*} options.Janus               the class of janus.js
	 * @param {string|string[]} options.server  e.g. 'wss://example.org/ws' or 'https://example.org/janus'
	 * @param {RTCIceServer[]} [options.iceServers]
	 * @param {string} [options.token]        of Janus's token authentication
	 * @param {string} [options.apisecret]
	 * @param {number} [options.timeout_ms]   how long to wait for the server
	 * @returns {Promise<TsRecorder>}
	 */
	static async connect({ Janus, server, iceServers = [], token, apisecret, timeout_ms = 10_000 }) {
		await new Promise(callback => Janus.init({ debug: false, callback }));
		const recorder = new TsRecorder();
		await new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new TsRecorderError(`${server} does not answer`)), timeout_ms);
			recorder.#session = new Janus({
				server, iceServers, token, apisecret,
				success: () => { clearTimeout(timer); resolve(); },
				error: reason => {
					clearTimeout(timer);
					const error = new TsRecorderError(String(reason));
					reject(error);
					recorder.#lost(error);
				},
				destroyed: () => recorder.#lost(new TsRecorderError('the session was closed')),
			});
		});
		recorder.#handle = await new Promise((resolve, reject) => recorder.#session.attach({
			plugin: PLUGIN,
			success: resolve,
			error: reason => reject(new TsRecorderError(String(reason))),
			webrtcState: up => { if (!up) recorder.#tellHungUp(); },
			onmessage: (message, jsep) => recorder.#received(message, jsep),
		}));
		return recorder;
	}

	/** Whether the session with Janus stands. */
	get connected() {
		return this.#connected;
	}

	/** The PeerConnection of the recording that runs, for its statistics. @returns {RTCPeerConnection|null} */
	get peerConnection() {
		return this.#handle.webrtcStuff?.pc ?? null;
	}

	/**
	 * Starts recording a stream. The promise is kept once the file exists and the media is on its way; 'recording' follows when
	 * the first keyframe is in the file.
	 * @param {MediaStream} stream            its tracks stay the caller's: they are not stopped
	 * @param {RecordOptions} [options]
	 * @param {object} [sending]
	 * @param {boolean} [sending.simulcast]   send three sizes of the video; the best is recorded
	 * @returns {Promise<Recording>}
	 */
	async record(stream, options = {}, { simulcast = false } = {}) {
		if (this.peerConnection)
			throw new TsRecorderError('this handle records already', 610);
		await this.#hungUp;
		const tracks = stream.getTracks().map(track => ({
			type: track.kind, capture: track, recv: false, dontStop: true,
			...(track.kind === 'video' && simulcast ? { simulcast: true, sendEncodings: simulcastEncodings(track) } : {}),
		}));
		const jsep = await this.#offer(tracks);
		try {
			return await this.#ask({ request: 'record', ...options }, { jsep, until: ['starting'] });
		} catch (error) {
			this.hangup();
			throw error;
		}
	}

	/**
	 * Changes the recording that runs: bitrate, keyframe_interval, keyframe, substream, temporal, max_duration, max_size, name, metadata.
	 * @param {object} changes
	 * @returns {Promise<Recording>}
	 */
	configure(changes) {
		return this.#ask({ request: 'configure', ...changes }, { until: ['configured'] });
	}

	/** Leaves out what arrives until resume(). @param {Access} [access] @returns {Promise<Recording>} */
	pause(access) {
		return this.#ask({ request: 'pause', ...access }, { until: ['paused'] });
	}

	/** @param {Access} [access] @returns {Promise<Recording>} */
	resume(access) {
		return this.#ask({ request: 'resume', ...access }, { until: ['resumed'] });
	}

	/** Goes on in a new file at the next keyframe; tells of the one that is complete. @param {Access} [access] @returns {Promise<Recording>} */
	split(access) {
		return this.#ask({ request: 'split', ...access }, { until: ['segment'] });
	}

	/** Ends the recording; kept when the file is complete and has its final name. @param {Access} [access] @returns {Promise<Recording>} */
	stop(access) {
		return this.#ask({ request: 'stop', ...access }, { until: ['finished'] });
	}

	/** @param {Access} [access] @returns {Promise<object>} state, bytes_written, bytes_durable, tracks, … */
	status(access) {
		return this.#ask({ request: 'status', ...access });
	}

	/**
	 * @param {{state?: string, since?: string|number, until?: string|number, offset?: number, limit?: number, admin_key?: string}} [filter]
	 * @returns {Promise<{total: number, offset: number, recordings: object[]}>} newest first
	 */
	list(filter) {
		return this.#ask({ request: 'list', ...filter });
	}

	/** @param {Access} access @returns {Promise<object>} everything that is known of it, with its report */
	async info(access) {
		return (await this.#ask({ request: 'info', ...access })).recording;
	}

	/** Removes the files of a recording that ended. @param {Access} access @returns {Promise<{id: string, files: number}>} */
	delete(access) {
		return this.#ask({ request: 'delete', ...access });
	}

	/** @returns {Promise<{name: string, description?: string}[]>} */
	async profiles() {
		return (await this.#ask({ request: 'profiles' })).profiles;
	}

	/** Closes the PeerConnection. A recording that still runs ends by it. */
	hangup() {
		if (!this.peerConnection)
			return;
		this.#hungUp = new Promise(resolve => {
			this.#tellHungUp = resolve;
			setTimeout(resolve, HANGUP_MS);
		});
		this.#handle.hangup(true);
	}

	/** Ends the session. A recording that still runs is completed by the server. */
	close() {
		this.#session.destroy({ cleanupHandles: true, notifyDestroyed: false });
		this.#lost(new TsRecorderError('the session was closed'));
	}

	#offer(tracks) {
		return new Promise((resolve, reject) => this.#handle.createOffer({
			tracks,
			success: resolve,
			error: error => reject(new TsRecorderError(error?.message ?? String(error))),
		}));
	}

	/** Sends a request. Kept with the answer, or, where `until` says so, with the event that it leads to. */
	#ask(message, { jsep, until } = {}) {
		if (!this.#connected)
			return Promise.reject(new TsRecorderError('there is no connection to Janus'));
		return new Promise((resolve, reject) => {
			const wait = { statuses: until, resolve, reject };
			if (until)
				this.#waiting.add(wait);
			const fail = error => { this.#waiting.delete(wait); reject(error); };
			this.#handle.send({
				message, jsep,
				success: answer => {
					if (answer?.error_code)
						fail(new TsRecorderError(answer.error, answer.error_code));
					else if (answer?.id)
						wait.id = answer.id;
					if (!until)
						resolve(answer);
				},
				error: reason => fail(new TsRecorderError(String(reason))),
			});
		});
	}

	#received(message, jsep) {
		if (jsep)
			this.#handle.handleRemoteJsep({ jsep, error: error => console.error('answer refused by the browser', error) });
		if (message.error_code && !message.result)
			return this.#failed(new TsRecorderError(message.error, message.error_code));
		const result = message.result ?? message;
		if (!result.status)
			return;
		const ended = result.status === 'finished' || result.status === 'failed';
		for (const wait of this.#waiting) {
			if (wait.id && wait.id !== result.id)
				continue;
			if (wait.statuses.includes(result.status))
				wait.resolve(result);
			else if (ended)
				wait.reject(new TsRecorderError(result.error ?? `the recording ended (${result.reason})`, result.error_code));
			else
				continue;
			this.#waiting.delete(wait);
		}
		if (ended)
			this.hangup();
		this.dispatchEvent(new CustomEvent(result.status, { detail: result }));
	}

	/** An error event names no request; only record and configure are answered by events, and one of them at a time. */
	#failed(error) {
		for (const wait of this.#waiting) {
			if (wait.statuses.includes('starting') || wait.statuses.includes('configured')) {
				this.#waiting.delete(wait);
				return wait.reject(error);
			}
		}
		this.dispatchEvent(new CustomEvent('error', { detail: error }));
	}

	#lost(error) {
		if (!this.#connected)
			return;
		this.#connected = false;
		for (const wait of this.#waiting)
			wait.reject(error);
		this.#waiting.clear();
		this.dispatchEvent(new CustomEvent('disconnected', { detail: error }));
	}
}

/** Janus's Admin API, for those who know the secret. */
export class TsRecorderAdmin {
	#url;
	#secret;

	/**
	 * @param {string} url     of the Admin API, e.g. 'https://example.org/admin'
	 * @param {string} secret  Janus's admin_secret; also sent as the plugin's admin_key
	 */
	constructor(url, secret) {
		this.#url = url;
		this.#secret = secret;
	}

	/** All recordings, those that run with their status. @param {object} [filter] as of TsRecorder.list */
	list(filter) {
		return this.#ask({ request: 'list_recordings', ...filter });
	}

	/** Counters of the whole plugin, and the status of each recording that runs. */
	stats() {
		return this.#ask({ request: 'stats' });
	}

	/**
	 * Changes settings while the plugin runs, all or none; without any it tells those in force.
	 * @param {object} [settings]
	 * @returns {Promise<object>} the settings in force
	 */
	async configure(settings) {
		return (await this.#ask({ request: 'configure', ...(settings ? { settings } : {}) })).settings;
	}

	/** @param {string} id */
	stop(id) {
		return this.#ask({ request: 'stop', id });
	}

	/** Completes the files that earlier runs left behind, in the background. @returns {Promise<{files: number}>} */
	recover() {
		return this.#ask({ request: 'recover' });
	}

	async #ask(request) {
		let message;
		try {
			const response = await fetch(this.#url, {
				method: 'POST',
				headers: { 'Content-Type': 'application/json' },
				body: JSON.stringify({
					janus: 'message_plugin', transaction: crypto.randomUUID(), admin_secret: this.#secret, plugin: PLUGIN,
					request: { ...request, admin_key: this.#secret },
				}),
			});
			message = await response.json();
		} catch {
			throw new TsRecorderError('the Admin API does not answer');
		}
		if (message.janus === 'error')
			throw new TsRecorderError(message.error.reason, message.error.code);
		if (message.response?.error_code)
			throw new TsRecorderError(message.response.error, message.response.error_code);
		return message.response;
	}
}

/** Three sizes, each at a share of the bits that its pixels need. */
function simulcastEncodings(track) {
	const { width = 1280, height = 720 } = track.getSettings();
	const full = Math.round(width * height * 2.5);
	return [
		{ rid: 'h', maxBitrate: full },
		{ rid: 'm', maxBitrate: Math.round(full / 3), scaleResolutionDownBy: 2 },
		{ rid: 'l', maxBitrate: Math.round(full / 8), scaleResolutionDownBy: 4 },
	];
}
