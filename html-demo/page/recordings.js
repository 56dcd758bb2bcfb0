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
	let shown = [], cutOff = []; // what the list shows, and what was recorded here when Janus went away

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
			if (!offset)
				answer.recordings.unshift(...await stillMissing(answer.recordings));
			show(answer);
		} catch (error) {
			setText(note, explain(error));
			list.replaceChildren();
		} finally {
			loading = false;
			list.setAttribute('aria-busy', 'false');
			if (page.recorder && (!answer || answer.recordings.some(({ state }) => running.has(state) || state === 'interrupted')))
				timer = setTimeout(refresh, REFRESH_MS);
		}
	}

	/**
	 * After a crash the plugin does not know any more whose a recovered recording is, and lists it for the operator alone. This
	 * page knows what it was recording itself, and sees from the file's name how far the recovery is.
	 */
	async function stillMissing(listed) {
		cutOff = cutOff.filter(({ id }) => listed.every(recording => recording.id !== id));
		return Promise.all(cutOff.map(async recording => {
			const file = recording.file.replace('.recording.ts', '.ts');
			const head = await fetch(urlOf(file), { method: 'HEAD', cache: 'no-store' });
			return head.ok
				? { ...recording, file, state: 'finished', recovered: true, bytes: Number(head.headers.get('Content-Length')) }
				: { ...recording, state: 'interrupted' };
		}));
	}

	/** Adds what only `info` knows, where this page may ask for it. */
	async function complete(recording) {
		const { id, state } = recording;
		if (!details.has(id) || details.get(id).state !== state || running.has(state)) {
			const info = await page.recorder.info(recording.own ? { id } : page.access(id)).catch(() => ({}));
			details.set(id, { ...info, state });
		}
		const info = details.get(id);
		recording.tracks = info.tracks ?? info.reports?.[0]?.tracks;
	}

	function show({ total, recordings }) {
		const interrupted = recordings.filter(({ state }) => state === 'interrupted').length;
		setText(note, interrupted ? `${interrupted} of an earlier run ${interrupted === 1 ? 'is' : 'are'} being recovered…` : '');
		shown = recordings;
		list.replaceChildren(...recordings.map(row));
		if (!recordings.length)
			list.append(element('li', { class: 'empty' }, 'No recordings yet. What you record appears here at once.'));
		pages.hidden = total <= PER_PAGE;
		setText(byId('list-page'), `${offset + 1}–${offset + recordings.length} of ${total}`);
		pages.querySelector('[data-step="-1"]').disabled = offset === 0;
		pages.querySelector('[data-step="1"]').disabled = offset + recordings.length >= total;
	}

	function row(recording) {
		const { id, name, state, started, duration_ms: ms, file, files = [file], tracks, recovered } = recording;
		const title = name || id;
		const live = running.has(state);
		const label = recovered && state === 'finished' ? 'recovered' : state;
		const button = (text, onclick, disabled) =>
			element('button', { type: 'button', class: 'small', 'aria-label': `${text} ${title}`, onclick, disabled }, text);
		return element('li', { 'data-id': id, 'data-state': label },
			element('span', { class: 'pill', 'data-state': label }, words[label] ?? label),
			element('div', { class: 'what' },
				element('strong', {}, title),
				element('span', { class: 'note' }, [date(started), tracks?.map(describe).join(', ')].filter(Boolean).join(' · '))),
			element('span', { class: 'size' }, `${duration(ms)} · ${bytes(recording.bytes)}`),
			element('div', { class: 'actions' },
				button(live ? 'Watch' : 'Play', () => player.open(files.map(urlOf), title, live), !file),
				file && !live && files.length === 1
					? element('a', { class: 'button small', href: urlOf(file), download: file.split('/').at(-1), 'aria-label': `Download ${title}` }, 'Download')
					: null,
				button(files.length > 1 ? `Report, ${files.length} files` : 'Report', () => report(recording, title)),
				button('Delete', () => remove(recording, title), live || state === 'interrupted')));
	}

	async function report({ id, own }, title) {
		try {
			showReport(title, await page.recorder.info(own ? { id } : page.access(id)), urlOf);
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
	page.addEventListener('disconnected', () => {
		cutOff.push(...shown.filter(({ own, state }) => own && running.has(state)).map(recording => ({ ...recording, own: false })));
	});
	page.addEventListener('operator', refresh);
	list.append(element('li', { class: 'empty' }, 'Loading…'));
}

function describe({ type, codec: from, recorded_as: to, mode }) {
	return mode === 'transcode' ? `${codec(from)} → ${codec(to)}` : codec(to ?? from ?? type);
}
