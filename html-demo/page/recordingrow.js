// SPDX-License-Identifier: GPL-3.0-or-later
// A row of the list of recordings.

import { element, setText } from './dom.js';
import { bytes, codec, date, duration } from './format.js';

const running = new Set(['starting', 'recording', 'paused', 'stopping']);
const words = { starting: 'starting', recording: 'recording', paused: 'paused', stopping: 'finishing', finished: 'finished',
	failed: 'failed', interrupted: 'recovering', recovered: 'recovered', lost: 'no file' };

export const isRunning = ({ state }) => running.has(state);
export const titleOf = ({ name, id }) => name || id;

/** What a file is called when it is complete. */
export function finalName(file) {
	return file.replace(/\.recording(\.\w+)$/, '$1');
}

/** Where the web server has a file of the recordings folder. */
export function urlOf(file) {
	return new URL(`recordings/${file.split('/').map(encodeURIComponent).join('/')}`, location.href).href;
}

/** Where it has a playlist, and the media that are named in it. */
export function hlsUrlOf(playlist) {
	return urlOf(playlist).replace('/recordings/', '/hls/');
}

/** @typedef {(recording: object) => void} Action */

export class RecordingRow {
	#recording = null;
	#state = element('span', { class: 'pill' });
	#title = element('strong');
	#note = element('span', { class: 'note' });
	#size = element('span', { class: 'size' });
	#download = element('a', { class: 'button small' });
	#buttons;

	/** @param {{play: Action, watchHls: Action, report: Action, remove: Action}} actions */
	constructor(actions) {
		const button = action => element('button', { type: 'button', class: 'small', onclick: () => action(this.#recording) });
		const { play, watchHls, report, remove } = this.#buttons = {
			play: button(actions.play), watchHls: button(actions.watchHls), report: button(actions.report), remove: button(actions.remove),
		};
		this.node = element('li', {}, this.#state,
			element('div', { class: 'what' }, this.#title, this.#note), this.#size,
			element('div', { class: 'actions' }, play, watchHls, this.#download, report, remove));
	}

	/** Changes only what is different, in place. */
	update(recording) {
		this.#recording = recording;
		const { id, state, started, duration_ms: ms, file, files = [file], tracks, recovered } = recording;
		const title = titleOf(recording), live = isRunning(recording), ended = !live && state !== 'interrupted' && state !== 'lost';
		const label = recovered && state === 'finished' ? 'recovered' : state;
		Object.assign(this.node.dataset, { id, state: label });
		this.#state.dataset.state = label;
		setText(this.#state, words[label] ?? label);
		setText(this.#title, title);
		setText(this.#note, [date(started), tracks?.map(describe).join(', ')].filter(Boolean).join(' · '));
		setText(this.#size, `${duration(ms)} · ${bytes(recording.bytes ?? recording.bytes_written)}`);

		const { play, watchHls, report, remove } = this.#buttons;
		name(play, live ? 'Watch' : 'Play', title, !file || state === 'lost');
		name(watchHls, 'HLS', title);
		watchHls.hidden = !recording.playlist;
		name(report, files.length > 1 ? `Report, ${files.length} files` : 'Report', title);
		name(remove, 'Delete', title, !ended);
		name(this.#download, 'Download', title);
		this.#download.hidden = !file || !ended || files.length !== 1;
		if (file) {
			this.#download.href = urlOf(file);
			this.#download.download = file.split('/').at(-1);
		}
	}
}

function name(control, text, title, disabled = false) {
	setText(control, text);
	control.setAttribute('aria-label', `${text} ${title}`);
	control.disabled = disabled;
}

function describe({ type, codec: from, recorded_as: to, mode }) {
	return mode === 'transcode' ? `${codec(from)} → ${codec(to)}` : codec(to ?? from ?? type);
}
