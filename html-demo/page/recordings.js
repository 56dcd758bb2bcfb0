// SPDX-License-Identifier: GPL-3.0-or-later
// The list of recordings: play, download, report, delete.

import { ask, byId, element, say, setText } from './dom.js';
import { bytes, codec, date, duration } from './format.js';
import { Player } from './player.js';
import { showReport } from './report.js';
import { explain } from './words.js';

const PER_PAGE = 8;
const REFRESH_MS = 1000;
const running = new Set(['starting', 'recording', 'paused', 'stopping']);
const words = { starting: 'starting', recording: 'recording', paused: 'paused', stopping: 'finishing', finished: 'finished',
	failed: 'failed', interrupted: 'recovering', recovered: 'recovered' };

/** Where the web server has a file of the recordings folder. */
export function urlOf(file) {
	return new URL(`recordings/${file.split('/').map(encodeURIComponent).join('/')}`, location.href).href;
}

/** @param {import('./app.js').Page} page */
export function setUpRecordings(page) {
	const player = new Player(byId('player'));
	const list = byId('list'), note = byId('list-note'), pages = byId('list-pages');
	const details = new Map(); // id -> what info says, for recordings that ended
	let offset = 0, timer = null, loading = false;

	async function refresh() {
		clearTimeout(timer);
		if (!page.recorder || loading)
			return;
		loading = true;
		let answer;
		try {
			answer = await page.recorder.list({ offset, limit: PER_PAGE, ...(page.adminKey ? { admin_key: page.adminKey } : {}) });
			if (offset && !answer.recordings.length) {
				offset = Math.max(0, offset - PER_PAGE);
				return;
			}
			await Promise.all(answer.recordings.map(complete));
			show(answer);
		} catch (error) {
			setText(note, explain(error));
		} finally {
			loading = false;
			list.setAttribute('aria-busy', 'false');
			if (page.recorder && (!answer || answer.recordings.some(({ state }) => running.has(state) || state === 'interrupted')))
				timer = setTimeout(refresh, REFRESH_MS);
		}
	}

	/** Adds what only `info` knows, where this page may ask for it. */
	async function complete(recording) {
		const { id, state } = recording;
		if (!details.has(id) || details.get(id).state !== state || running.has(state)) {
			const info = await page.recorder.info(recording.own ? { id } : page.access(id)).catch(() => ({}));
			details.set(id, { ...info, state });
		}
		const info = details.get(id);
		recording.bytes ??= info.bytes ?? info.bytes_written;
		recording.file ??= info.file;
		recording.tracks ??= info.tracks ?? info.report?.tracks;
		recording.recovered = info.recovered ?? info.report?.recovered;
	}

	function show({ total, recordings }) {
		const interrupted = recordings.filter(({ state }) => state === 'interrupted').length;
		setText(note, interrupted ? `${interrupted} of an earlier run ${interrupted === 1 ? 'is' : 'are'} being recovered…` : '');
		list.replaceChildren(...recordings.map(row));
		if (!total)
			list.append(element('li', { class: 'empty' }, 'No recordings yet. What you record appears here at once.'));
		pages.hidden = total <= PER_PAGE;
		setText(byId('list-page'), `${offset + 1}–${offset + recordings.length} of ${total}`);
		pages.querySelector('[data-step="-1"]').disabled = offset === 0;
		pages.querySelector('[data-step="1"]').disabled = offset + recordings.length >= total;
	}

	function row(recording) {
		const { id, name, state, started, duration_ms: ms, file, tracks, recovered } = recording;
		const title = name || id;
		const live = running.has(state);
		const shown = recovered && state === 'finished' ? 'recovered' : state;
		const button = (text, onclick, disabled) =>
			element('button', { type: 'button', class: 'small', 'aria-label': `${text} ${title}`, onclick, disabled }, text);
		return element('li', { 'data-id': id, 'data-state': shown },
			element('span', { class: 'pill', 'data-state': shown }, words[shown] ?? shown),
			element('div', { class: 'what' },
				element('strong', {}, title),
				element('span', { class: 'note' }, [date(started), tracks?.map(describe).join(', ')].filter(Boolean).join(' · '))),
			element('span', { class: 'size' }, `${duration(ms)} · ${bytes(recording.bytes)}`),
			element('div', { class: 'actions' },
				button(live ? 'Watch' : 'Play', () => player.open(urlOf(file), title, live), !file),
				file && !live
					? element('a', { class: 'button small', href: urlOf(file), download: file.split('/').at(-1), 'aria-label': `Download ${title}` }, 'Download')
					: null,
				button('Report', () => report(recording, title), !file && state !== 'failed'),
				button('Delete', () => remove(recording, title), live || state === 'interrupted')));
	}

	async function report({ id, own }, title) {
		try {
			showReport(title, await page.recorder.info(own ? { id } : page.access(id)));
		} catch (error) {
			setText(note, explain(error));
		}
	}

	async function remove({ id, own }, title) {
		const answer = await ask(`Delete “${title}”?`, [element('p', {}, 'The file and its report are removed from the disk. This cannot be undone.')],
			[{ value: '', text: 'Keep it' }, { value: 'delete', text: 'Delete', class: 'danger' }]);
		if (answer !== 'delete')
			return;
		try {
			await page.recorder.delete(own ? { id } : page.access(id));
			details.delete(id);
			setText(note, `“${title}” was deleted.`);
			byId('recordings').focus({ preventScroll: true });
		} catch (error) {
			return setText(note, explain(error));
		}
		refresh();
	}

	byId('list-refresh').addEventListener('click', refresh);
	pages.addEventListener('click', ({ target }) => {
		if (target.dataset.step) {
			offset = Math.max(0, offset + Number(target.dataset.step) * PER_PAGE);
			refresh();
		}
	});
	page.addEventListener('connected', () => {
		for (const name of ['starting', 'recording', 'segment', 'finished', 'failed'])
			page.recorder.addEventListener(name, refresh);
		details.clear();
		refresh();
	});
	page.addEventListener('operator', refresh);
	list.append(element('li', { class: 'empty' }, 'Loading…'));
}

function describe({ type, codec: from, recorded_as: to, mode }) {
	return mode === 'transcode' ? `${codec(from)} → ${codec(to)}` : codec(to ?? from ?? type);
}
