// SPDX-License-Identifier: GPL-3.0-or-later
// The rooms of this Janus: who publishes there, and recording all of them with one click.

import { byId, setText, showRows } from './dom.js';
import { RoomRow } from './roomrow.js';
import { attach, listRooms } from './videoroom.js';
import { explain } from './words.js';

const REFRESH_MS = 1000;
const MOST_ROOMS = 20;
const UNAUTHORIZED = 613, NOT_FOUND = 611;

/** @param {import('./app.js').Page} page */
export function setUpRooms(page) {
	const list = byId('room-list'), note = byId('room-note'), more = byId('room-more');
	const rows = new Map(); // id -> RoomRow
	const taps = rememberedTaps(); // room -> {tap, secret, status, over}
	const ended = new Map(); // id of a recording of a tap -> how it ended
	let handle = null, timer = null, turn = 0, all = false;
	let trouble = '';

	/* ---- what there is ---- */

	async function refresh() {
		clearTimeout(timer);
		const mine = ++turn;
		if (!handle)
			return;
		try {
			if (!document.hidden)
				await load(mine);
			trouble = '';
		} catch (error) {
			trouble = page.recorder ? explain(error) : '';
		}
		if (mine !== turn)
			return;
		list.setAttribute('aria-busy', 'false');
		showNote();
		timer = setTimeout(refresh, REFRESH_MS);
	}

	async function load(mine) {
		const [rooms] = await Promise.all([listRooms(handle), findTaps()]);
		await Promise.all([...taps].map(([room, entry]) => followTap(room, entry)));
		if (mine !== turn)
			return;
		rooms.push(...[...taps].filter(([room, { over }]) => !over && rooms.every(other => other.room !== room)).map(([room]) => ({ room, participants: [] })));
		const shown = rooms.map(room => ({ ...room, id: String(room.room), tap: taps.get(room.room) ?? null })).sort(inOrder);
		more.hidden = all || shown.length <= MOST_ROOMS;
		setText(more, `Show all ${shown.length} rooms`);
		if (showRows(list, rows, all ? shown : shown.slice(0, MOST_ROOMS), () => new RoomRow({ record, stop, play: page.play })))
			byId('rooms').focus({ preventScroll: true });
	}

	/** Those that run, whoever began them, for the operator; others know of those that this page began. */
	async function findTaps() {
		for (const { tap, room, state } of await page.operator?.taps() ?? [])
			if (state === 'tapping' && taps.get(room)?.tap !== tap)
				taps.set(room, { tap, foreign: true });
	}

	const access = ({ tap, secret }) => ({ tap, secret: secret ?? page.secret });

	async function followTap(room, entry) {
		if (entry.over)
			return;
		try {
			entry.status = await page.librarian.tapStatus(access(entry));
		} catch (error) {
			if (error.code !== UNAUTHORIZED && error.code !== NOT_FOUND)
				return;
			entry.over = true;
			if (!entry.status || (entry.foreign && !page.operator)) // nothing is known of it, or what it is now
				taps.delete(room);
		}
		await addFiles(entry);
	}

	/** What became of those whose recordings the tap does not tell of any more. */
	function addFiles({ status, over, secret }) {
		return Promise.all((status?.peers ?? []).filter(({ id, recording }) => id && (over || !recording)).map(async peer => {
			if (!ended.has(peer.id)) {
				const { state, file, files, bytes, duration_ms } = await page.librarian.info({ id: peer.id, secret: secret ?? page.secret }).catch(() => ({}));
				if (state === 'finished')
					ended.set(peer.id, { id: peer.id, state, file, files, bytes, duration_ms });
			}
			peer.recording = { ...peer.recording, ...ended.get(peer.id) };
		}));
	}

	/* ---- record, stop ---- */

	/** The room's own secret is asked for when it has one; without it goes the page's, so that the tap is ours after a reload. */
	async function record(room, secret) {
		const { tap } = await page.librarian.recordRoom({ room, secret: secret || page.secret });
		taps.set(room, { tap, secret: secret || undefined });
		rememberTaps(taps);
		refresh();
	}

	async function stop(room) {
		await page.librarian.stopTap(access(taps.get(room)));
		refresh();
	}

	async function toldOfTap({ status, tap, id, file, files, bytes, duration_ms }) {
		const entry = [...taps.values()].find(other => other.tap === tap);
		if (!entry)
			return;
		if (status === 'finished' || status === 'failed')
			ended.set(id, { id, state: status, file, files, bytes, duration_ms });
		if (status === 'tap_ended') {
			entry.over = true;
			rememberTaps(taps);
			await addFiles(entry);
		}
		refresh();
	}

	/* ---- Janus ---- */

	function showNote(text = trouble) {
		setText(note, text || (rows.size ? '' : 'There are no rooms.'));
		note.classList.toggle('bad', Boolean(text));
	}

	page.addEventListener('connected', async () => {
		const { recorder } = page;
		recorder.addEventListener('tap', ({ detail }) => toldOfTap(detail));
		try {
			const attached = await attach(recorder.session);
			if (recorder !== page.recorder)
				return;
			handle = attached;
		} catch (error) {
			list.setAttribute('aria-busy', 'false');
			return setText(note, error.missing ? 'This Janus has no VideoRoom: there are no rooms to record.' : explain(error));
		}
		refresh();
	});
	page.addEventListener('disconnected', () => {
		handle = null;
		turn++;
		clearTimeout(timer);
	});
	page.addEventListener('operator', refresh);
	document.addEventListener('visibilitychange', refresh);
	more.addEventListener('click', () => { all = true; refresh(); });
}

const isRecorded = ({ tap }) => tap !== null && !tap.over;
/** What is recorded comes first, then where people are. */
function inOrder(a, b) {
	return isRecorded(b) - isRecorded(a) || (b.participants.length > 0) - (a.participants.length > 0) || (a.id < b.id ? -1 : 1);
}

/* Which taps this browser began with the page's own secret, for the time after a reload; a room's secret is kept nowhere. */

function rememberedTaps() {
	try {
		return new Map(JSON.parse(sessionStorage.tsrecorderTaps ?? '[]').map(([room, tap]) => [room, { tap }]));
	} catch {
		return new Map();
	}
}

function rememberTaps(taps) {
	try {
		sessionStorage.tsrecorderTaps = JSON.stringify([...taps].filter(([, { over, secret }]) => !over && !secret).map(([room, { tap }]) => [room, tap]));
	} catch { /* storage is off */ }
}
