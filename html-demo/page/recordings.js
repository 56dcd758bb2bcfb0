// SPDX-License-Identifier: GPL-3.0-or-later
// The list of recordings: play, download, report, delete.

import { ask, byId, element, setText, showRows } from './dom.js';
import { HlsPlayer } from './hlsplayer.js';
import { Player } from './player.js';
import { finalName, hlsUrlOf, isRunning, RecordingRow, titleOf, urlOf } from './recordingrow.js';
import { showReport } from './report.js';
import { explain } from './words.js';

const PER_PAGE = 8;
const REFRESH_MS = 1000;
/** How long a recovery may take before the page stops waiting for it. */
const RECOVERY_S = 60;

const lastPage = total => Math.max(0, Math.ceil(total / PER_PAGE) - 1) * PER_PAGE;

/** @param {import('./app.js').Page} page */
export function setUpRecordings(page) {
	const player = new Player(byId('player')), hlsPlayer = new HlsPlayer(byId('player'));
	const list = byId('list'), note = byId('list-note'), pages = byId('list-pages');
	const [newer, older] = pages.querySelectorAll('button');
	const empty = list.appendChild(element('li', { class: 'empty' }, 'Loading…'));
	const rows = new Map(); // id -> RecordingRow
	const details = new Map(); // id -> what info says, for recordings that ended
	let offset = 0, total = 0, shown = [];
	let timer = null, loading = false, again = false;
	let current = null, cutOff = []; // what is recorded here, and what was when Janus went away
	let waitingSince = null; // for Janus to recover what it lists
	let trouble = '', told = { text: '', bad: false }; // of the latest look at the list, and of the latest click

	/** Looks at the list; when it is being looked at already, once more after that. */
	async function refresh() {
		clearTimeout(timer);
		again = true;
		if (loading)
			return;
		loading = true;
		let more = true;
		while (again) {
			again = false;
			try {
				more = await load();
				trouble = '';
			} catch (error) {
				trouble = explain(error);
				more = page.recorder !== null;
			}
		}
		loading = false;
		list.setAttribute('aria-busy', 'false');
		showNote();
		if (more)
			timer = setTimeout(refresh, REFRESH_MS);
	}

	/** @returns {Promise<boolean>} whether the list will change by itself */
	async function load() {
		let answer = await page.librarian.list({ offset, limit: PER_PAGE });
		if (offset && !answer.recordings.length) { // the page's last one is gone
			offset = Math.min(offset - PER_PAGE, lastPage(answer.total));
			answer = await page.librarian.list({ offset, limit: PER_PAGE });
		}
		await Promise.all(answer.recordings.map(complete));
		if (!answer.offset)
			answer.recordings.unshift(...await stillMissing(answer.recordings));
		show(answer);
		return answer.recordings.some(recording => isRunning(recording) || recording.state === 'interrupted');
	}

	/**
	 * After a crash the plugin may not know any more whose a recovered recording is, and list it for the operator alone. This
	 * page knows what it was recording itself, and sees from the file's name how far the recovery is. Where nothing had come
	 * before the crash no file ever appears.
	 */
	async function stillMissing(listed) {
		cutOff = cutOff.filter(({ id }) => listed.every(recording => recording.id !== id));
		return Promise.all(cutOff.map(async recording => {
			const file = finalName(recording.file);
			const head = await fetch(urlOf(file), { method: 'HEAD', cache: 'no-store' }).catch(() => null);
			if (head?.ok)
				return { ...recording, file, state: 'finished', recovered: true, bytes: Number(head.headers.get('Content-Length')) };
			return { ...recording, state: Date.now() - recording.since < RECOVERY_S * 1000 ? 'interrupted' : 'lost' };
		}));
	}

	/** Adds what only `info` knows, where this page may ask for it. */
	async function complete(recording) {
		const { id, state } = recording;
		let known = details.get(id);
		if (known?.state !== state || isRunning(recording)) {
			const info = await page.librarian.info(page.access(recording)).catch(error => error.code ? {} : null);
			known = info && { ...info, state };
			if (known)
				details.set(id, known);
		}
		recording.tracks = known?.tracks ?? known?.reports?.[0]?.tracks;
	}

	function show(answer) {
		({ recordings: shown, total } = answer);
		for (const id of [...details.keys()].filter(id => shown.every(recording => recording.id !== id)))
			details.delete(id);
		empty.remove();
		if (showRows(list, rows, shown, () => new RecordingRow({ play, watchHls, report, remove })))
			byId('recordings').focus({ preventScroll: true });
		if (!shown.length)
			list.append(empty);
		setText(empty, 'No recordings yet. What you record appears here at once.');
		showPages(answer.offset, answer.recordings.length);
		waitingSince = shown.some(({ state }) => state === 'interrupted') ? waitingSince ?? Date.now() : null;
	}

	function showPages(first, count) {
		pages.hidden = total <= PER_PAGE;
		setText(byId('list-page'), `${first + 1}–${first + count} of ${total}`);
		const focused = [newer, older].find(button => button === document.activeElement);
		newer.disabled = first === 0;
		older.disabled = first >= lastPage(total);
		if (focused?.disabled)
			(focused === newer ? older : newer).focus();
	}

	function turn(step) {
		offset = Math.min(lastPage(total), Math.max(0, offset + step * PER_PAGE));
		say('');
		refresh();
	}

	function say(text, bad = false) {
		told = { text, bad };
		trouble = '';
		showNote();
	}

	function showNote() {
		setText(note, trouble || told.text || recovery());
		note.classList.toggle('bad', Boolean(trouble || (told.text && told.bad)));
	}

	/** One sentence on what was cut off by the end of an earlier Janus. */
	function recovery() {
		const lost = shown.filter(({ state }) => state === 'lost').map(recording => `“${titleOf(recording)}”`).join(', ');
		if (lost)
			return `${lost}: no file came within ${RECOVERY_S} s. Nothing had arrived before Janus ended, or it could not be recovered: `
				+ 'Janus’s log says which. Refresh looks again.';
		const waiting = shown.filter(({ state }) => state === 'interrupted').length;
		const are = waiting === 1 ? 'is' : 'are';
		if (!waiting)
			return '';
		return Date.now() - waitingSince < RECOVERY_S * 1000 ? `${waiting} of an earlier run ${are} being recovered…`
			: `${waiting} of an earlier run ${are} still not recovered: the operator’s panel has a button for it, Janus’s log the reason.`;
	}

	function play(recording) {
		const { file, files = [file] } = recording;
		hlsPlayer.close();
		player.open(files.map(urlOf), titleOf(recording), isRunning(recording));
	}

	function watchHls(recording) {
		player.close();
		hlsPlayer.open(hlsUrlOf(recording.playlist), titleOf(recording));
	}

	async function report(recording) {
		say('');
		try {
			showReport(titleOf(recording), await page.librarian.info(page.access(recording)), urlOf);
		} catch (error) {
			say(explain(error), true);
		}
	}

	async function remove(recording) {
		const title = titleOf(recording);
		const answer = await ask(`Delete “${title}”?`, [element('p', {}, 'The file and its report are removed from the disk. This cannot be undone.')],
			[{ value: '', text: 'Keep it' }, { value: 'delete', text: 'Delete', class: 'danger' }]);
		if (answer !== 'delete')
			return;
		try {
			await page.librarian.delete(page.access(recording));
			say(`“${title}” was deleted.`);
			byId('recordings').focus({ preventScroll: true });
		} catch (error) {
			return say(explain(error), true);
		}
		refresh();
	}

	page.play = play;
	byId('list-refresh').addEventListener('click', () => { say(''); refresh(); });
	for (const button of [newer, older])
		button.addEventListener('click', ({ detail }) => {
			if (detail < 2) // the second click of a double-click would skip a page
				turn(Number(button.dataset.step));
		});
	page.addEventListener('connected', () => {
		for (const name of ['starting', 'recording', 'segment', 'finished', 'failed'])
			page.recorder.addEventListener(name, refresh);
		page.recorder.addEventListener('tap', refresh);
		page.recorder.addEventListener('starting', ({ detail: { id, name, file } }) => { current = { id, name, file, started: new Date().toISOString() }; });
		for (const name of ['finished', 'failed'])
			page.recorder.addEventListener(name, () => { current = null; });
		for (const recording of cutOff)
			recording.since ??= Date.now();
		details.clear();
		if (told.bad)
			say('');
		refresh();
	});
	page.addEventListener('disconnected', () => {
		if (current)
			cutOff.push({ ...current, ...shown.find(({ id }) => id === current.id), own: false });
		current = null;
	});
	page.addEventListener('operator', refresh);
}
