// SPDX-License-Identifier: GPL-3.0-or-later
// The operator's panel: all running recordings, statistics, and settings that can change at run time, by Janus's Admin API.

import { byId, definitions, element, say, setText, showRows } from './dom.js';
import { bytes, count, duration } from './format.js';
import { TsRecorderAdmin } from './tsrecorder.js';
import { explain } from './words.js';

const REFRESH_MS = 1000;
const UNAUTHORIZED = 613;
/** The settings that are changed most, above the others. */
const FIRST = ['flush_threshold', 'flush_interval', 'sync', 'max_recordings', 'min_free_space', 'retain_days', 'log_level'];

/** The table of the recordings that run. */
class RunningTable {
	#rows = new Map();
	#body = element('tbody');
	#table;
	#empty = element('p', { class: 'empty' }, 'Nothing is being recorded now.');
	#makeRow;

	/** @param {(id: string) => void} stop */
	constructor(stop) {
		const head = ['Recording', 'State', 'Duration', 'On disk', 'Not durable', ''];
		this.#table = element('table', {},
			element('thead', {}, element('tr', {}, ...head.map(text => text ? element('th', { scope: 'col' }, text) : element('td')))), this.#body);
		this.node = element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Running recordings' }, this.#empty, this.#table);
		this.#makeRow = () => makeRow(stop);
	}

	show(recordings) {
		this.#empty.hidden = recordings.length > 0;
		this.#table.hidden = !recordings.length;
		if (showRows(this.#body, this.#rows, recordings, this.#makeRow))
			this.node.focus({ preventScroll: true });
	}
}

function makeRow(stop) {
	let id;
	const button = element('button', { type: 'button', class: 'small', onclick: () => stop(id) }, 'Stop');
	const head = element('th', { scope: 'row' }), cells = Array.from({ length: 4 }, () => element('td'));
	return {
		node: element('tr', {}, head, ...cells, element('td', {}, button)),
		update(recording) {
			id = recording.id;
			setText(head, recording.name || id);
			button.setAttribute('aria-label', `Stop ${recording.name || id}`);
			const texts = [recording.state, duration(recording.duration_ms), bytes(recording.bytes_written), bytes(recording.bytes_exposed)];
			texts.forEach((text, i) => setText(cells[i], text));
		},
	};
}

/** @param {import('./app.js').Page} page */
export function setUpOperator(page) {
	const login = byId('operator-login'), panel = byId('operator-panel'), message = byId('operator-message');
	const running = new RunningTable(id => act(() => page.operator.stop(id), 'It is being stopped.'));
	const parts = {
		stats: element('dl', { class: 'details' }),
		settings: element('form'),
		trouble: element('p', { class: 'message', role: 'alert', hidden: true }), // of the latest refresh
		done: element('p', { class: 'message', role: 'status', hidden: true }), // of the latest click, this or the next
		failed: element('p', { class: 'message', role: 'alert', hidden: true }),
	};
	let timer = null;

	async function open({ secret, key }) {
		say(message);
		const tried = new TsRecorderAdmin(new URL('admin', location.href).href, secret.value, { admin_key: key.value });
		try {
			showSettings(await tried.configure());
		} catch (error) {
			return say(message, error.code !== UNAUTHORIZED ? explain(error) : key.value ? 'The admin_key is wrong: the plugin’s configuration has it.'
				: 'The plugin has an admin_key of its own: enter it as well. Its configuration has it.');
		}
		page.operator = tried;
		login.hidden = true;
		login.reset();
		panel.hidden = false;
		for (const text of [parts.trouble, parts.done, parts.failed])
			say(text);
		page.dispatchEvent(new Event('operator'));
		refresh();
	}

	function close() {
		clearTimeout(timer);
		page.operator = null;
		panel.hidden = true;
		login.hidden = false;
		login.elements.secret.focus();
		page.dispatchEvent(new Event('operator'));
	}

	async function refresh() {
		clearTimeout(timer);
		const asked = page.operator;
		let trouble = '';
		try {
			const { recordings = [], ...stats } = await asked.stats();
			if (asked !== page.operator)
				return;
			running.show(recordings);
			parts.stats.replaceChildren(...definitions(flatten(stats)));
		} catch (error) {
			trouble = explain(error);
		}
		if (asked !== page.operator) // it was closed meanwhile
			return;
		say(parts.trouble, trouble);
		timer = setTimeout(refresh, REFRESH_MS);
	}

	function showSettings(settings) {
		const fields = names => element('div', { class: 'fields' }, ...names.map(name => {
			const value = String(settings[name]);
			return element('label', {}, name, ' ', element('input', { name, value, 'data-was': value, autocomplete: 'off' }));
		}));
		parts.settings.replaceChildren(
			fields(FIRST.filter(name => name in settings)),
			element('details', {}, element('summary', {}, 'All settings'), fields(Object.keys(settings).filter(name => !FIRST.includes(name)))),
			element('div', { class: 'buttons' }, element('button', { type: 'submit' }, 'Apply'),
				element('button', { type: 'button', onclick: () => act(recover) }, 'Recover files of earlier runs'),
				element('button', { type: 'button', onclick: close }, 'Close the panel')));
	}

	async function recover() {
		const { files } = await page.operator.recover();
		return files ? `${files} ${files === 1 ? 'file is' : 'files are'} being recovered.` : 'There is nothing to recover.';
	}

	async function apply() {
		const changed = [...parts.settings.querySelectorAll('input')].filter(({ value, dataset }) => value !== dataset.was);
		if (!changed.length)
			return 'Nothing was changed.';
		const text = changed.map(({ name, value }) => `${name} is ${value}`).join(', ');
		const settings = await page.operator.configure(Object.fromEntries(changed.map(({ name, value }) => [name, typed(value)])));
		for (const input of parts.settings.querySelectorAll('input'))
			input.value = input.dataset.was = String(settings[input.name]);
		return `Changed: ${text}. Recordings that run follow in flushes and limits; the rest is for those that begin.`;
	}

	async function act(action, done = '') {
		let text = done, failure = '';
		try {
			const answer = await action();
			text = typeof answer === 'string' ? answer : done;
		} catch (error) {
			failure = explain(error);
		}
		say(parts.done, failure ? '' : text);
		say(parts.failed, failure);
		page.dispatchEvent(new Event('operator'));
	}

	login.addEventListener('submit', event => { event.preventDefault(); open(login.elements); });
	parts.settings.addEventListener('submit', event => { event.preventDefault(); act(apply); });
	panel.append(
		parts.trouble,
		element('h3', {}, 'Running now'), running.node,
		element('h3', {}, 'Statistics'), parts.stats,
		element('h3', {}, 'Settings'), element('p', { class: 'note' }, 'Sizes as 4MiB, times as 500ms or 1s. All or none are changed.'),
		parts.settings, parts.done, parts.failed);
}

/** Plain numbers and true/false travel as such, everything else as text. */
function typed(value) {
	return /^-?\d+$/.test(value) ? Number(value) : value === 'true' ? true : value === 'false' ? false : value;
}

function flatten(object, prefix = '') {
	return Object.entries(object).flatMap(([key, value]) => {
		const name = prefix + key.replaceAll('_', ' ');
		if (key === 'tsrecorder' || value === null)
			return [];
		if (typeof value === 'object')
			return flatten(value, `${name}: `);
		return [[name, typeof value !== 'number' ? value : /bytes/.test(key) ? bytes(value) : count(value)]];
	});
}
