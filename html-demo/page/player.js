// SPDX-License-Identifier: GPL-3.0-or-later
// Plays a recording in the page, from any place, also while it is still being written.

import { element, say, setText } from './dom.js';
import { duration } from './format.js';
import { Stretch } from './stretch.js';
import { TsFile } from './tsfile.js';
import { loaderFor } from './tsloader.js';
import { explain } from './words.js';

const LIVE_BEHIND_S = 1.5;
const TICK_MS = 250;

/** Whether browsers play such a file without help. */
const isNative = url => /\.(mkv|webm|mp4)$/.test(new URL(url, location.href).pathname);

export class Player {
	#root;
	#video = element('video', { playsinline: true, tabindex: '-1' });
	#play = element('button', { type: 'button', class: 'small', onclick: () => this.#toggle() }, 'Pause');
	#slider = element('input', { type: 'range', min: '0', max: '0', step: '0.1', value: '0', 'aria-label': 'Position' });
	#time = element('span', { class: 'time' });
	#live = element('button', { type: 'button', class: 'small', onclick: () => this.seek(Infinity) }, 'Newest');
	#mute = element('button', { type: 'button', class: 'small', 'aria-pressed': 'false', onclick: () => this.#toggleMute() }, 'Mute');
	#message = element('p', { class: 'message', role: 'alert', hidden: true });
	#part = element('select', { 'aria-label': 'File', onchange: () => this.#openPart(false) });
	#title = '';
	#file = null;
	#engine = null;
	/** What of the file the engine plays. */
	#stretch = null;
	/** Where in the recording the engine's time 0 is; seconds. */
	#base = 0;
	/** Where to go on the engine's time line as soon as that is loaded: it begins at a keyframe before. */
	#target = null;
	#total = 0;
	#timer = null;
	#dragging = false;
	/** Counts seeks: one that is no longer the latest gives up. */
	#turn = 0;

	/** @param {HTMLElement} root  a section that is hidden while there is nothing to play */
	constructor(root) {
		this.#root = root;
		this.#slider.addEventListener('input', () => { this.#dragging = true; this.#showTime(Number(this.#slider.value)); });
		this.#slider.addEventListener('change', () => { this.#dragging = false; this.seek(Number(this.#slider.value)); });
		for (const name of ['play', 'pause', 'ended'])
			this.#video.addEventListener(name, () => setText(this.#play, this.#video.paused ? 'Play' : 'Pause'));
		for (const name of ['progress', 'canplay', 'timeupdate'])
			this.#video.addEventListener(name, () => this.#reachTarget());
		this.#video.addEventListener('ended', () => this.#ended());
	}

	/**
	 * @param {string[]} urls     of its files, in their order
	 * @param {string} title
	 * @param {boolean} [fromEnd] begin near the end (of one that is being written)
	 */
	async open(urls, title, fromEnd = false) {
		this.close();
		this.#title = title;
		this.#part.replaceChildren(...urls.map((url, i) => element('option', { value: url }, `${i + 1} of ${urls.length}`)));
		this.#part.hidden = urls.length < 2;
		this.#root.replaceChildren(
			element('div', { class: 'title' }, element('h3', {}, title),
				element('button', { type: 'button', class: 'small', onclick: () => this.close() }, 'Close player')),
			this.#video,
			element('div', { class: 'controls' }, this.#play, this.#slider, this.#time, this.#part, this.#live, this.#mute,
				element('button', { type: 'button', class: 'small', onclick: () => this.#fillScreen() }, 'Full screen')),
			this.#message);
		this.#root.hidden = false;
		this.#root.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
		this.#play.focus({ preventScroll: true });
		await this.#openPart(fromEnd);
	}

	async #openPart(fromEnd) {
		clearInterval(this.#timer);
		this.#unload();
		const native = isNative(this.#part.value);
		for (const part of [this.#play, this.#slider, this.#time, this.#live, this.#mute])
			part.hidden = native;
		if (native)
			return this.#openNative(this.#part.value);
		const turn = ++this.#turn;
		const file = this.#file = new TsFile(this.#part.value);
		this.#video.setAttribute('aria-label', `Recording ${this.#title}`);
		say(this.#message);
		try {
			while (!await file.open()) {
				if (!file.growing)
					throw new Error('there is nothing to play in this file');
				await new Promise(resolve => setTimeout(resolve, TICK_MS));
				if (turn !== this.#turn)
					return;
			}
			this.#total = await file.length();
			if (turn !== this.#turn)
				return;
			this.#timer = setInterval(() => this.#tick(), TICK_MS);
			await this.seek(fromEnd ? Infinity : 0);
		} catch (error) {
			if (turn === this.#turn)
				say(this.#message, explain(error));
		}
	}

	/** Matroska, WebM and MP4, which browsers play themselves: what is there of one that is being written. */
	async #openNative(url) {
		const turn = ++this.#turn;
		this.#file = null;
		this.#video.setAttribute('aria-label', `Recording ${this.#title}`);
		this.#video.controls = true;
		this.#video.src = url;
		say(this.#message);
		await this.#video.play().catch(error => {
			if (turn === this.#turn)
				this.#trouble(error);
		});
	}

	/** One stretch after the other, and one file after the other. */
	#ended() {
		const next = this.#stretch?.next;
		if (next) {
			this.#load(next, next.seconds);
			this.#video.play().catch(error => this.#trouble(error));
		} else if (this.#part.selectedIndex + 1 < this.#part.length) {
			this.#part.selectedIndex++;
			this.#openPart(false);
		}
	}

	close() {
		this.#turn++;
		clearInterval(this.#timer);
		this.#unload();
		this.#file = null;
		this.#root.hidden = true;
	}

	/** @param {number} seconds  from the start of the recording; Infinity = as near to the end as plays smoothly */
	async seek(seconds) {
		const turn = ++this.#turn;
		try {
			if (seconds === Infinity)
				seconds = (this.#total = await this.#file.length()) - LIVE_BEHIND_S;
			const target = Math.max(0, Math.min(seconds, this.#total - 0.3));
			if (this.#isBuffered(target - this.#base)) {
				this.#target = null;
				this.#video.currentTime = target - this.#base;
			} else {
				const entry = await this.#file.keyframeBefore(target);
				if (turn !== this.#turn)
					return;
				this.#load(entry, target);
			}
			await this.#video.play();
		} catch (error) {
			if (turn === this.#turn)
				this.#trouble(error);
		}
	}

	#load(entry, target) {
		this.#unload();
		this.#base = entry.seconds;
		const { mpegts } = window;
		if (!mpegts.isSupported())
			throw new Error('this browser cannot play MPEG-TS in a page: download the file instead');
		mpegts.LoggingControl.applyConfig({ enableAll: false, enableError: true });
		this.#stretch = new Stretch(this.#file, entry);
		const engine = this.#engine = mpegts.createPlayer({ type: 'mpegts', url: this.#file.url, isLive: false },
			{ customLoader: loaderFor(mpegts, this.#file, this.#stretch), autoCleanupSourceBuffer: true });
		engine.on(mpegts.Events.ERROR, (_type, detail, info) =>
			say(this.#message, `It cannot be played from here on: ${info?.msg ?? detail}. Download the file to see what is in it.`));
		engine.attachMediaElement(this.#video);
		this.#target = target - entry.seconds;
		engine.load();
	}

	#reachTarget() {
		if (this.#target === null)
			return;
		const passed = this.#video.currentTime > this.#target; // what is there may begin after it
		if (!passed && this.#isBuffered(this.#target))
			this.#video.currentTime = this.#target;
		else if (!passed)
			return;
		this.#target = null;
	}

	#unload() {
		this.#target = null;
		this.#engine?.destroy();
		this.#engine = null;
		if (this.#video.controls) {
			this.#video.controls = false;
			this.#video.removeAttribute('src');
			this.#video.load();
		}
		this.#stretch = null;
	}

	#isBuffered(seconds) {
		const ranges = this.#engine ? this.#video.buffered : [];
		for (let i = 0; i < ranges.length; i++)
			if (seconds >= ranges.start(i) && seconds < ranges.end(i) - 0.2)
				return true;
		return false;
	}

	async #tick() {
		const growing = this.#file.growing;
		this.#live.hidden = !growing;
		if (!this.#dragging) {
			this.#slider.max = String(this.#total);
			this.#slider.value = String(this.#position);
			this.#showTime(this.#position);
		}
		if (growing && !this.#measuring) {
			this.#measuring = true;
			const file = this.#file;
			const total = await file.length().catch(() => this.#total);
			this.#measuring = false;
			if (file === this.#file)
				this.#total = total;
		}
	}
	#measuring = false;

	get #position() {
		return Math.min(this.#base + (this.#target ?? this.#video.currentTime), this.#total);
	}

	#showTime(seconds) {
		const text = `${duration(seconds * 1000)} of ${duration(this.#total * 1000)}`;
		setText(this.#time, text);
		this.#slider.setAttribute('aria-valuetext', text);
	}

	#toggle() {
		if (!this.#video.paused)
			this.#video.pause();
		else if (this.#video.ended)
			this.seek(0);
		else
			this.#video.play().catch(error => this.#trouble(error));
	}

	/** @param {Error} error */
	#trouble(error) {
		if (error.name !== 'AbortError') // a play() that a pause or another place overtook
			say(this.#message, explain(error));
	}

	#fillScreen() {
		this.#video.requestFullscreen().catch(() => say(this.#message, 'The browser does not let this page fill the screen.'));
	}

	#toggleMute() {
		this.#video.muted = !this.#video.muted;
		this.#mute.setAttribute('aria-pressed', String(this.#video.muted));
	}
}
