// SPDX-License-Identifier: GPL-3.0-or-later
// A row of the list of rooms, and in it one for each person and file.

import { element, say, setText, showRows } from './dom.js';
import { bytes, duration } from './format.js';
import { isRunning, urlOf } from './recordingrow.js';
import { explain } from './words.js';

const UNAUTHORIZED = 613;
const words = { tapping: 'recording', stopping: 'finishing', open: 'not recorded', recorded: 'recorded' };

/** @typedef {(room: number|string, secret?: string) => Promise<void>} RoomAction */

export class RoomRow {
	#room = null;
	#people = new Map();
	#busy = false;
	#state = element('span', { class: 'pill' });
	#title = element('strong');
	#note = element('span', { class: 'note' });
	#enter = element('a', { class: 'button small', target: '_blank' }, 'Enter');
	#button = element('button', { type: 'button', class: 'small', onclick: () => this.#press() });
	#list = element('ul', { class: 'people' });
	#secret = element('input', { type: 'password', autocomplete: 'off', required: true });
	#door = element('form', { class: 'inline', hidden: true },
		element('label', {}, 'Secret of the room ', this.#secret), element('button', { type: 'submit', class: 'small' }, 'Record it'));
	#message = element('p', { class: 'message', role: 'alert', hidden: true });
	#actions;

	/** @param {{record: RoomAction, stop: RoomAction, play: (recording: object) => void}} actions */
	constructor(actions) {
		this.#actions = actions;
		this.#door.addEventListener('submit', event => { event.preventDefault(); this.#act('record', this.#secret.value); });
		this.node = element('li', {}, this.#state, element('div', { class: 'what' }, this.#title, this.#note),
			element('div', { class: 'actions' }, this.#enter, this.#button), element('div', { class: 'inner' }, this.#door, this.#message, this.#list));
	}

	/** Changes only what is different, in place. */
	update(room) {
		this.#room = room;
		const { id, description, participants, max_publishers: most, tap } = room;
		const state = !tap ? 'open' : tap.over ? 'recorded' : tap.status?.state ?? 'tapping';
		const title = description || `Room ${id}`;
		Object.assign(this.node.dataset, { room: id, state });
		this.#state.dataset.state = { tapping: 'recording', recorded: 'finished' }[state] ?? state;
		setText(this.#state, words[state]);
		setText(this.#title, title);
		setText(this.#note, [`room ${id}`, crowd(participants, most)].filter(Boolean).join(' · '));
		this.#enter.href = `room.html?room=${encodeURIComponent(id)}`;
		this.#enter.setAttribute('aria-label', `Enter ${title}, in a tab of its own`);
		const recording = state === 'tapping' || state === 'stopping';
		setText(this.#button, recording ? 'Stop' : 'Record');
		this.#button.setAttribute('aria-label', `${this.#button.textContent} ${title}`);
		this.#button.disabled = this.#busy || state === 'stopping';
		showRows(this.#list, this.#people, peopleOf(room), () => new PersonRow(this.#actions.play));
	}

	#press() {
		return this.#act(this.#button.textContent === 'Stop' ? 'stop' : 'record');
	}

	async #act(name, secret) {
		if (this.#busy)
			return;
		this.#busy = this.#button.disabled = true;
		say(this.#message);
		try {
			await this.#actions[name](this.#room.room, secret);
			this.#door.hidden = true;
			this.#door.reset();
		} catch (error) {
			this.#failed(error, name, secret);
		}
		this.#busy = false;
		this.update(this.#room);
	}

	/** A room with a secret is recorded by who knows it: that is not an error before it was asked for. */
	#failed(error, name, secret) {
		const locked = name === 'record' && error.code === UNAUTHORIZED;
		if (locked) {
			this.#door.hidden = false;
			this.#secret.focus();
		}
		if (!locked || secret)
			say(this.#message, locked ? 'That is not the secret of this room.' : explain(error));
	}
}

class PersonRow {
	#recording = null;
	#name = element('b');
	#what = element('span', { class: 'note' });
	#file = element('code');
	#size = element('span', { class: 'size' });
	#play;
	#download = element('a', { class: 'button small' }, 'Download');

	constructor(play) {
		this.#play = element('button', { type: 'button', class: 'small', onclick: () => play(this.#recording) });
		this.node = element('li', {}, element('div', { class: 'who' }, this.#name, ' ', this.#what), this.#file, this.#size,
			element('div', { class: 'actions' }, this.#play, this.#download));
	}

	update({ name, what, recording, error }) {
		const { file, state, bytes: final, bytes_written: written } = recording ?? {};
		const live = isRunning({ state }), title = `${name}’s recording`;
		this.#recording = recording && { ...recording, name: title };
		setText(this.#name, name);
		setText(this.#what, error ?? what);
		this.node.dataset.state = error ? 'refused' : state ?? 'none';
		setText(this.#file, file ?? '');
		setText(this.#size, file ? `${duration(recording.duration_ms)} · ${bytes(final ?? written)}` : '');
		this.#play.hidden = this.#file.hidden = this.#size.hidden = !file;
		setText(this.#play, live ? 'Watch' : 'Play');
		this.#play.setAttribute('aria-label', `${this.#play.textContent} ${title}`);
		this.#download.hidden = !file || live;
		if (file) {
			this.#download.href = urlOf(file);
			this.#download.download = file.split('/').at(-1);
			this.#download.setAttribute('aria-label', `Download ${title}`);
		}
	}
}

const nameOf = ({ display, id }) => display || `Somebody (${id})`;

function crowd(participants, most) {
	const publishing = participants.filter(({ publisher }) => publisher).length, listening = participants.length - publishing;
	if (!participants.length)
		return 'nobody is in it';
	return `${publishing} ${most ? `of ${most} ` : ''}publishing${listening ? `, ${listening} listening` : ''}`;
}

/** Those in the room and those whose files the tap has: somebody who came twice has two. */
function peopleOf({ participants, tap }) {
	const peers = tap?.status?.peers ?? [];
	const isThere = ({ peer, left }, { id }) => peer === String(id) && !left && !tap.over;
	const recorded = peers.map((peer, i) => {
		const here = participants.find(participant => isThere(peer, participant));
		return { id: peer.id ?? `${peer.peer}-${i}`, name: nameOf({ display: peer.display, id: peer.peer }), recording: peer.recording?.file ? peer.recording : null,
			what: here ? 'publishes' : tap.over ? '' : 'left', error: peer.error && `is not recorded: ${peer.error}` };
	});
	const others = participants.filter(participant => !peers.some(peer => isThere(peer, participant)))
		.map(({ id, display, publisher }) => ({ id: `person-${id}`, name: nameOf({ display, id }), what: publisher ? 'publishes' : 'listens' }));
	return [...recorded, ...others];
}
