// SPDX-License-Identifier: GPL-3.0-or-later
// The operator's panel: all running recordings, statistics, and settings that can change at run time, by Janus's Admin API.

import { byId, definitions, element, say, setText } from './dom.js';
import { bytes, count, duration } from './format.js';
import { TsRecorderAdmin } from './tsrecorder.js';
import { explain } from './words.js';

const REFRESH_MS = 1000;
/** The settings that are changed most, above the others. */
const FIRST = ['flush_threshold', 'flush_interval', 'sync', 'max_recordings', 'min_free_space', 'retain_days', 'log_level'];

/** @param {import('./app.js').Page} page */
export function setUpOperator(page) {
	const login = byId('operator-login'), panel = byId('operator-panel'), message = byId('operator-message');
	const parts = {
		running: element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Running recordings' }),
		stats: element('dl', { class: 'details' }),
		settings: element('form'),
		message: element('p', { class: 'message', role: 'status' }),
	};
	let admin = null, timer = null;

	async function open(secret) {
		say(message);
		const tried = new TsRecorderAdmin(new URL('admin', location.href).href, secret);
		try {
			showSettings(await tried.configure());
		} catch (error) {
			return say(message, explain(error));
		}
		admin = tried;
		page.adminKey = secret;
		login.hidden = true;
		login.reset();
		panel.hidden = false;
		page.dispatchEvent(new Event('operator'));
		refresh();
	}

	function close() {
		clearTimeout(timer);
		admin = page.adminKey = null;
		panel.hidden = true;
		login.hidden = false;
		page.dispatchEvent(new Event('operator'));
	}

	async function refresh() {
		clearTimeout(timer);
		const asked = admin;
		try {
			const { recordings = [], ...stats } = await asked.stats();
			if (asked !== admin)
				return;
			showRunning(recordings);
			parts.stats.replaceChildren(...definitions(flatten(stats)));
		} catch (error) {
			setText(parts.message, explain(error));
		}
		timer = setTimeout(refresh, REFRESH_MS);
	}

	function showRunning(recordings) {
		if (!recordings.length)
			return parts.running.replaceChildren(element('p', { class: 'empty' }, 'Nothing is being recorded now.'));
		const head = ['Recording', 'State', 'Duration', 'On disk', 'Not durable', ''];
		parts.running.replaceChildren(element('table', {},
			element('thead', {}, element('tr', {}, ...head.map(text => text ? element('th', { scope: 'col' }, text) : element('td')))),
			element('tbody', {}, ...recordings.map(recording => element('tr', {},
				element('th', { scope: 'row' }, recording.name || recording.id),
				element('td', {}, recording.state),
				element('td', {}, duration(recording.duration_ms)),
				element('td', {}, bytes(recording.bytes_written)),
				element('td', {}, bytes(recording.bytes_exposed)),
				element('td', {}, element('button', { type: 'button', class: 'small', 'aria-label': `Stop ${recording.name || recording.id}`,
					onclick: () => act(() => admin.stop(recording.id), 'It is being stopped.') }, 'Stop')))))));
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
		const { files } = await admin.recover();
		return files ? `${files} ${files === 1 ? 'file is' : 'files are'} being recovered.` : 'There is nothing to recover.';
	}

	async function apply() {
		const changed = [...parts.settings.querySelectorAll('input')].filter(({ value, dataset }) => value !== dataset.was);
		if (!changed.length)
			return 'Nothing was changed.';
		showSettings(await admin.configure(Object.fromEntries(changed.map(({ name, value }) => [name, typed(value)]))));
		return `Changed: ${changed.map(({ name, value }) => `${name} is ${value}`).join(', ')}. Recordings that begin now use it.`;
	}

	async function act(action, done) {
		try {
			setText(parts.message, await action() ?? done);
		} catch (error) {
			setText(parts.message, explain(error));
		}
		page.dispatchEvent(new Event('operator'));
	}

	login.addEventListener('submit', event => { event.preventDefault(); open(login.elements.secret.value); });
	parts.settings.addEventListener('submit', event => { event.preventDefault(); act(apply); });
	panel.append(
		element('h3', {}, 'Running now'), parts.running,
		element('h3', {}, 'Statistics'), parts.stats,
		element('h3', {}, 'Settings'), element('p', { class: 'note' }, 'Sizes as 4MiB, times as 500ms or 1s. All or none are changed.'),
		parts.settings, parts.message);
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
