// SPDX-License-Identifier: GPL-3.0-or-later
// Plays a recording by its HLS playlist, as viewers on a web site would: live while it is recorded, and afterwards. By hls.js, or by the browser itself
// where it can.

import { element, say, setText } from './dom.js';

const TICK_MS = 500;
/**
 * How far behind the newest: a segment is 2 s and some tenths long, is asked for as often, and one is being fetched. The target duration, of which
 * hls.js would take three, has a second to spare for keyframes that come late. Who fell behind catches up a little faster than real time.
 */
const SETTINGS = { liveSyncDuration: 5, maxLiveSyncPlaybackRate: 1.1 };
const TYPE = 'application/vnd.apple.mpegurl';

export class HlsPlayer {
	#root;
	#video = element('video', { playsinline: true, controls: true });
	#latency = element('span', { class: 'time', role: 'status' });
	#message = element('p', { class: 'message', role: 'alert', hidden: true });
	#hls = null;
	#timer = null;

	/** @param {HTMLElement} root  a section that is hidden while there is nothing to play */
	constructor(root) {
		this.#root = root;
	}

	/**
	 * @param {string} url    of the media playlist
	 * @param {string} title
	 */
	async open(url, title) {
		this.close();
		this.#video.setAttribute('aria-label', `Recording ${title}`);
		this.#root.replaceChildren(
			element('div', { class: 'title' }, element('h3', {}, title),
				element('button', { type: 'button', class: 'small', onclick: () => this.close() }, 'Close player')),
			this.#video, element('div', { class: 'controls' }, this.#latency), this.#message);
		this.#root.hidden = false;
		this.#root.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
		say(this.#message);
		setText(this.#latency, '');
		this.#video.dataset.stalls = '0';
		if (window.Hls?.isSupported())
			this.#openByHlsJs(url);
		else if (this.#video.canPlayType(TYPE))
			this.#video.src = url;
		else
			say(this.#message, 'This browser cannot play HLS.');
		this.#timer = setInterval(() => this.#showLatency(), TICK_MS);
		await this.#video.play().catch(error => {
			if (error.name !== 'AbortError') // it was closed before it began
				say(this.#message, error.message);
		});
	}

	#openByHlsJs(url) {
		const { Hls } = window;
		const hls = this.#hls = new Hls(SETTINGS);
		hls.on(Hls.Events.ERROR, (_event, { fatal, details }) => {
			if (details === Hls.ErrorDetails.BUFFER_STALLED_ERROR)
				this.#video.dataset.stalls = String(Number(this.#video.dataset.stalls) + 1);
			if (fatal)
				say(this.#message, `It cannot be played from here on: ${details}.`);
		});
		hls.loadSource(url);
		hls.attachMedia(this.#video);
	}

	/** How far what is seen lies behind now, by the recorder's clock and ours. */
	#showLatency() {
		const start = this.#video.getStartDate?.().getTime(); // Safari
		const shown = this.#hls ? this.#hls.playingDate?.getTime() : start + this.#video.currentTime * 1000;
		const live = this.#hls ? this.#hls.levels[this.#hls.currentLevel]?.details?.live : this.#video.duration === Infinity;
		const seconds = (Date.now() - shown) / 1000;
		this.#video.dataset.latency = live && Number.isFinite(seconds) ? seconds.toFixed(2) : '';
		setText(this.#latency, this.#video.dataset.latency && `${seconds.toFixed(1)} s behind`);
	}

	close() {
		clearInterval(this.#timer);
		this.#hls?.destroy();
		this.#hls = null;
		this.#video.removeAttribute('src');
		this.#video.load();
		this.#root.hidden = true;
	}
}
