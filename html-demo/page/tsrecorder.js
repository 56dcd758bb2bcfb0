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
// take their time (pause, resume, split, stop) are kept when it has happened, not when it was asked for. Every promise ends: it
// is rejected with a TsRecorderError when nothing comes in time, and when the session is lost. What comes unasked is an event,
// a CustomEvent whose `detail` is what the plugin sent: starting, recording, paused, resumed, stalled, unstalled, segment,
// warning, finished, failed, configured. Two more have a TsRecorderError as `detail`: `error`, when something failed that no
// promise tells of, and `disconnected`, when the session is lost: the PeerConnection is closed then, and a new TsRecorder is needed.
//
// Besides, it records the rooms of other plugins (recordRoom). All that comes of these is the event `tap`, whose `detail.status`
// says what; `detail.tap` names the tap, and `detail.id` the recording, which takes the same requests as the handle's own.

export const PLUGIN = 'janus.plugin.tsrecorder';
const HANGUP_MS = 2000;
/** Janus's own errors that mean that the session or the handle is gone. */
const LOST = /^(458|459)\b/;

/**
 * @typedef {object} RecordOptions  What `record` takes besides the media; all optional. docs/api.md explains each.
 * @property {string} [id]                    letters, digits, - and _, up to 64; generated when missing
 * @property {string} [name]                  free text
 * @property {string} [videocodec]            h264, h265, vp8, vp9 or av1
 * @property {string} [audiocodec]            opus, multiopus, pcmu, pcma, g722 or l16
 * @property {'ts'|'mkv'|'webm'|'mp4'|'auto'} [container] what the file is
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

/**
 * @typedef {object} TapAccess  Which tap, and by what right; the handle that began it needs none.
 * @property {string} tap
 * @property {string} [secret]     the room's
 * @property {string} [admin_key]
 */

/**
 * @typedef {object} Tap
 * @property {string} tap
 * @property {string} plugin
 * @property {number|string} [room]
 * @property {string} state         tapping or stopping
 * @property {string} started
 * @property {number} recording     how many peers
 * @property {object[]} [peers]     of tapStatus: room, peer, display, joined, left, id, error, recording
 */

/**
 * What the plugin refused, or what went wrong on the way. `code` is the plugin's error_code, or 0; then `kind` tells more:
 * 'disconnected' (the session is lost), 'timeout' (no answer), 'browser' (WebRTC failed here), '' otherwise.
 */
export class TsRecorderError extends Error {
	/**
	 * @param {string} message
	 * @param {number} [code]
	 * @param {''|'disconnected'|'timeout'|'browser'} [kind]
	 */
	constructor(message, code = 0, kind = '') {
		super(message);
		this.name = 'TsRecorderError';
		this.code = code;
		this.kind = kind;
	}
}

/**
 * @typedef {object} Pending  A promise that has not ended yet.
 * @property {string[]} [statuses]  the events that keep it
 * @property {string} [id]          of the recording it is about
 * @property {string} [tap]         or of the tap
 * @property {(value: any) => void} resolve
 * @property {(error: TsRecorderError) => void} reject
 * @property {(ms: number) => void} expectWithin  sets its deadline anew
 */

export class TsRecorder extends EventTarget {
	/** @type {any} of janus.js, which has no types; so is the handle */
	#session;
	/** @type {any} */
	#handle;
	#connected = true;
	#answer_ms = 10_000;
	#event_ms = 60_000;
	/** Until Janus has told that the latest PeerConnection is gone: what it tells so late must not meet the next one. */
	#hungUp = Promise.resolve();
	/** @type {(value?: any) => void} */
	#tellHungUp = () => {};
	/** Until the browser has taken the latest answer. @type {Promise<void>} */
	#answered = Promise.resolve();
	/** @type {Set<Pending>} */
	#pending = new Set();

	/**
	 * @param {object} options
	 * @param {*} options.Janus               the class of janus.js
	 * @param {string|string[]} options.server  e.g. 'wss://example.org/ws' or 'https://example.org/janus'
	 * @param {RTCIceServer[]} [options.iceServers]
	 * @param {string} [options.token]        of Janus's token authentication
	 * @param {string} [options.apisecret]
	 * @param {number} [options.timeout_ms]   how long to wait for an answer: to the connection, and to each request
	 * @param {number} [options.event_timeout_ms]  how long after it to wait for what pause, resume, split and stop lead to
	 * @returns {Promise<TsRecorder>}
	 */
	static async connect({ Janus, server, iceServers = [], token, apisecret, timeout_ms = 10_000, event_timeout_ms = 60_000 }) {
		await new Promise(callback => Janus.init({ debug: false, callback }));
		const recorder = new TsRecorder();
		recorder.#answer_ms = timeout_ms;
		recorder.#event_ms = event_timeout_ms;
		try {
			await recorder.#begin(`${server} does not answer`, ({ resolve }) => {
				recorder.#session = new Janus({
					server, iceServers, token, apisecret,
					success: () => recorder.#connected ? resolve(undefined) : recorder.#endSession(),
					error: (/** @type {any} */ reason) => recorder.#lost(new TsRecorderError(String(reason), 0, 'disconnected')),
				});
			});
			recorder.#handle = await recorder.#begin('Janus does not attach the plugin', ({ resolve, reject }) => recorder.#session.attach({
				plugin: PLUGIN,
				success: resolve,
				error: (/** @type {any} */ reason) => reject(new TsRecorderError(String(reason))),
				webrtcState: (/** @type {boolean} */ up) => { if (!up) recorder.#tellHungUp(); },
				ondetached: () => recorder.#lost(new TsRecorderError('Janus closed the handle', 0, 'disconnected')),
				onmessage: (/** @type {any} */ message, /** @type {any} */ jsep) => recorder.#received(message, jsep),
			}));
		} catch (error) {
			recorder.#lost(/** @type {TsRecorderError} */ (error));
			throw error;
		}
		return recorder;
	}

	/** Whether the session with Janus stands. */
	get connected() {
		return this.#connected;
	}

	/** The session of janus.js, to attach other plugins to. */
	get session() {
		return this.#session;
	}

	/** The PeerConnection of the recording that runs, for its statistics. @returns {RTCPeerConnection|null} */
	get peerConnection() {
		return this.#handle?.webrtcStuff?.pc ?? null;
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
		await this.#hungUp;
		if (this.peerConnection)
			throw new TsRecorderError('this handle records already', 610);
		const tracks = stream.getTracks().map(track => ({
			type: track.kind, capture: track, recv: false, dontStop: true,
			...(track.kind === 'video' && simulcast ? { simulcast: true, sendEncodings: simulcastEncodings(track) } : {}),
		}));
		const jsep = await this.#offer(tracks);
		let starting;
		try {
			starting = await this.#ask({ request: 'record', ...options }, { jsep, until: ['starting'] });
			await this.#answered;
			return starting;
		} catch (error) {
			if (starting) // so that the next one need not wait for the end of this one
				await this.stop().catch(() => {});
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

	/**
	 * Records everybody in a room of this Janus, those who come later included, each into a file of their own.
	 * @param {{room: number|string, plugin?: string, secret?: string, admin_key?: string, publishers?: (number|string)[], [option: string]: any}} order
	 *   `secret` is the room's; the rest as for record
	 * @returns {Promise<{tap: string}>}
	 */
	recordRoom(order) {
		return this.#ask({ request: 'record_room', ...order });
	}

	/** Ends a tap and its recordings; kept when all their files are complete. @param {TapAccess} access @returns {Promise<{tap: string, reason: string}>} */
	stopTap(access) {
		return this.#ask({ request: 'stop_tap', ...access }, { until: ['tap_ended'] });
	}

	/** The taps that this handle began; with the admin_key all. @param {{admin_key?: string}} [access] @returns {Promise<Tap[]>} */
	async taps(access) {
		return (await this.#ask({ request: 'taps', ...access })).taps;
	}

	/** A tap with its peers. @param {TapAccess} access @returns {Promise<Tap>} */
	tapStatus(access) {
		return this.#ask({ request: 'status', ...access });
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
		this.#lost(new TsRecorderError('the session was closed', 0, 'disconnected'));
	}

	/**
	 * Begins something whose end is a callback of janus.js. Those do not always come: the promise ends in time without, too.
	 * @param {string} trouble  the sentence when it does not end in time
	 * @param {(pending: Pending) => void} action
	 * @returns {Promise<any>}
	 */
	#begin(trouble, action) {
		if (!this.#connected)
			return Promise.reject(new TsRecorderError('there is no connection to Janus', 0, 'disconnected'));
		return new Promise((resolve, reject) => {
			/** @type {ReturnType<typeof setTimeout>} */
			let timer;
			const end = (/** @type {(value: any) => void} */ settle) => (/** @type {any} */ value) => {
				clearTimeout(timer);
				this.#pending.delete(pending);
				settle(value);
			};
			/** @type {Pending} */
			const pending = {
				resolve: end(resolve),
				reject: end(reject),
				expectWithin: ms => {
					clearTimeout(timer);
					if (this.#pending.has(pending))
						timer = setTimeout(() => pending.reject(new TsRecorderError(`${trouble} within ${ms / 1000} s`, 0, 'timeout')), ms);
				},
			};
			this.#pending.add(pending);
			pending.expectWithin(this.#answer_ms);
			try {
				action(pending);
			} catch (error) {
				pending.reject(browserError(error));
			}
		});
	}

	/** @param {object[]} tracks  as janus.js takes them; without an offer there is no PeerConnection left */
	async #offer(tracks) {
		try {
			return await this.#begin('The browser makes no offer', ({ resolve, reject }) => this.#handle.createOffer({
				tracks,
				success: resolve,
				error: (/** @type {any} */ error) => reject(browserError(error)),
			}));
		} catch (error) {
			this.#handle.hangup(false); // Janus does not know of it yet
			throw error;
		}
	}

	/**
	 * Sends a request. Kept with the answer, or, where `until` says so, with the event that it leads to.
	 * @param {{request: string, [parameter: string]: any}} message
	 * @param {{jsep?: any, until?: string[]}} [more]
	 */
	#ask(message, { jsep, until } = {}) {
		return this.#begin(`Janus does not answer the request "${message.request}"`, pending => {
			pending.statuses = until;
			pending.tap = message.tap;
			this.#handle.send({
				message, jsep,
				success: (/** @type {any} */ answer) => {
					if (answer?.error_code)
						return pending.reject(new TsRecorderError(answer.error, answer.error_code));
					if (!until)
						return pending.resolve(answer);
					pending.id = answer?.id;
					pending.expectWithin(this.#event_ms);
				},
				error: (/** @type {any} */ reason) => {
					pending.reject(new TsRecorderError(String(reason)));
					if (LOST.test(reason))
						this.#lost(new TsRecorderError(String(reason), 0, 'disconnected'));
				},
			});
		});
	}

	/**
	 * @param {any} message
	 * @param {any} jsep
	 */
	#received(message, jsep) {
		if (jsep)
			this.#take(jsep);
		if (message.error_code && !message.result)
			return this.#failed(new TsRecorderError(message.error, message.error_code));
		const result = message.result ?? message;
		if (!result.status)
			return;
		if (result.tap)
			return this.#toldOfTap(result);
		const ended = result.status === 'finished' || result.status === 'failed';
		for (const pending of this.#pending) {
			if (!pending.statuses || pending.tap || (pending.id && pending.id !== result.id))
				continue;
			if (pending.statuses.includes(result.status))
				pending.resolve(result);
			else if (ended)
				pending.reject(new TsRecorderError(result.error ?? `the recording ended (${result.reason})`, result.error_code));
		}
		if (ended)
			this.hangup();
		this.dispatchEvent(new CustomEvent(result.status, { detail: result }));
	}

	/** It is about somebody else's media: this handle's own recording and its PeerConnection are not concerned. @param {any} result */
	#toldOfTap(result) {
		for (const pending of this.#pending) {
			const meant = pending.tap ? pending.tap === result.tap : pending.id && pending.id === result.id;
			if (meant && pending.statuses?.includes(result.status))
				pending.resolve(result);
		}
		this.dispatchEvent(new CustomEvent('tap', { detail: result }));
	}

	/** Gives Janus's answer to the browser; record() waits for it. @param {any} jsep */
	#take(jsep) {
		this.#answered = this.#begin('The browser does not take the answer', ({ resolve, reject }) => this.#handle.handleRemoteJsep({
			jsep,
			success: resolve,
			error: (/** @type {any} */ error) => reject(browserError(error)),
		}));
		this.#answered.catch(() => {}); // nobody waits for it when the request itself has failed
	}

	/** An error event names no request; only record and configure are answered by events, and one of them at a time. @param {TsRecorderError} error */
	#failed(error) {
		for (const pending of this.#pending) {
			if (pending.statuses?.includes('starting') || pending.statuses?.includes('configured'))
				return pending.reject(error);
		}
		this.dispatchEvent(new CustomEvent('error', { detail: error }));
	}

	/** @param {TsRecorderError} error */
	#lost(error) {
		if (!this.#connected)
			return;
		this.#connected = false;
		for (const pending of [...this.#pending])
			pending.reject(error);
		this.#endSession();
		this.dispatchEvent(new CustomEvent('disconnected', { detail: error }));
	}

	/** Closes the PeerConnection as well. */
	#endSession() {
		this.#session?.destroy?.({ cleanupHandles: true, notifyDestroyed: false });
	}
}

/** Janus's Admin API, for those who know the secret. */
export class TsRecorderAdmin {
	#url;
	#secret;
	#key;
	#timeout_ms;

	/**
	 * @param {string} url     of the Admin API, e.g. 'https://example.org/admin'
	 * @param {string} secret  Janus's admin_secret
	 * @param {object} [options]
	 * @param {string} [options.admin_key]   of the plugin, when its configuration has one
	 * @param {number} [options.timeout_ms]  how long to wait for an answer
	 */
	constructor(url, secret, { admin_key, timeout_ms = 10_000 } = {}) {
		this.#url = url;
		this.#secret = secret;
		this.#key = admin_key;
		this.#timeout_ms = timeout_ms;
	}

	/** All recordings, those that run with their status. @param {object} [filter] as of TsRecorder.list */
	list(filter) {
		return this.#ask({ request: 'list_recordings', ...filter });
	}

	/** @param {Access} access @returns {Promise<object>} as TsRecorder.info */
	async info({ id }) {
		return (await this.#ask({ request: 'info', id })).recording;
	}

	/** @param {Access} access @returns {Promise<{id: string, files: number}>} as TsRecorder.delete */
	delete({ id }) {
		return this.#ask({ request: 'delete', id });
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

	/** As TsRecorder.recordRoom; no secret is needed. @param {{room: number|string, [option: string]: any}} order @returns {Promise<{tap: string}>} */
	recordRoom(order) {
		return this.#ask({ request: 'record_room', ...order });
	}

	/** Ends a tap soon. @param {TapAccess} access */
	stopTap({ tap }) {
		return this.#ask({ request: 'stop_tap', tap });
	}

	/** All taps. @returns {Promise<Tap[]>} */
	async taps() {
		return (await this.#ask({ request: 'taps' })).taps;
	}

	/** A tap with its peers. @param {TapAccess} access @returns {Promise<Tap>} */
	tapStatus({ tap }) {
		return this.#ask({ request: 'status', tap });
	}

	/** Completes the files that earlier runs left behind, in the background. @returns {Promise<{files: number}>} */
	recover() {
		return this.#ask({ request: 'recover' });
	}

	/** @param {{request: string, [parameter: string]: any}} request @returns {Promise<any>} */
	async #ask(request) {
		const body = JSON.stringify({
			janus: 'message_plugin', transaction: request.request, admin_secret: this.#secret, plugin: PLUGIN,
			request: { ...request, ...(this.#key ? { admin_key: this.#key } : {}) },
		});
		let message;
		try {
			const response = await fetch(this.#url, {
				method: 'POST', headers: { 'Content-Type': 'application/json' }, body, signal: AbortSignal.timeout(this.#timeout_ms),
			});
			message = await response.json();
		} catch (error) {
			throw new TsRecorderError('Janus’s Admin API does not answer', 0,
				error instanceof DOMException && error.name === 'TimeoutError' ? 'timeout' : 'disconnected');
		}
		if (message.janus === 'error')
			throw new TsRecorderError(message.error.reason, message.error.code);
		if (message.response?.error_code)
			throw new TsRecorderError(message.response.error, message.response.error_code);
		return message.response;
	}
}

/** What WebRTC in the browser, or janus.js, threw. @param {any} error */
function browserError(error) {
	return error instanceof TsRecorderError ? error : new TsRecorderError(error?.message ?? String(error), 0, 'browser');
}

/** Three sizes, each at a share of the bits that its pixels need. @param {MediaStreamTrack} track */
function simulcastEncodings(track) {
	const { width = 1280, height = 720 } = track.getSettings();
	const full = Math.round(width * height * 2.5);
	return [
		{ rid: 'h', maxBitrate: full },
		{ rid: 'm', maxBitrate: Math.round(full / 3), scaleResolutionDownBy: 2 },
		{ rid: 'l', maxBitrate: Math.round(full / 8), scaleResolutionDownBy: 4 },
	];
}
