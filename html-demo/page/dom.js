// SPDX-License-Identifier: GPL-3.0-or-later
// Making and finding elements.

/** @param {string} id */
export const byId = id => document.getElementById(id);

/**
 * element('button', { class: 'small', onclick: f }, 'Play')
 * @param {string} name
 * @param {object} [attributes]  handlers (on…) and properties that are no strings are set, the others become attributes
 * @param {...(Node|string|null|undefined|false)} children
 */
export function element(name, attributes = {}, ...children) {
	const made = document.createElement(name);
	for (const [key, value] of Object.entries(attributes)) {
		if (value === null || value === undefined || value === false)
			continue;
		if (typeof value === 'function' || typeof value === 'number')
			made[key] = value;
		else
			made.setAttribute(key, value === true ? '' : value);
	}
	made.append(...children.filter(child => child || child === 0));
	return made;
}

/** Sets the text only when it changed: screen readers announce what changes. */
export function setText(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
}

/** Shows a sentence in a message element, or hides it. */
export function say(node, text = '') {
	setText(node, text);
	node.hidden = !text;
}

/** The rows of a definition list: [[term, value], …]. */
export function definitions(rows) {
	return rows.map(([term, value]) => element('div', {}, element('dt', {}, term), element('dd', {}, String(value))));
}

/**
 * Makes the children of an element show a list. The row of an item stays the same element as long as the item is listed: focus
 * is not lost by a refresh, nor is a click that began before it.
 * @template {{id: string}} Item
 * @param {Element} parent
 * @param {Map<string, {node: Element, update: (item: Item) => void}>} rows  those that are shown, by id
 * @param {Item[]} items
 * @param {() => {node: Element, update: (item: Item) => void}} makeRow
 * @returns {boolean} whether the focus was in a row that is gone
 */
export function showRows(parent, rows, items, makeRow) {
	let hadFocus = false;
	for (const [id, { node }] of rows) {
		if (items.some(item => item.id === id))
			continue;
		hadFocus ||= node.contains(document.activeElement);
		node.remove();
		rows.delete(id);
	}
	items.forEach((item, i) => {
		const row = rows.get(item.id) ?? makeRow();
		rows.set(item.id, row);
		row.update(item);
		if (parent.children[i] !== row.node)
			parent.insertBefore(row.node, parent.children[i] ?? null);
	});
	return hadFocus;
}

/**
 * Asks in the page's dialog.
 * @param {string} title
 * @param {(Node|string)[]} content
 * @param {{value: string, text: string, class?: string}[]} buttons  the first one has the focus
 * @returns {Promise<string>} the value of the button, '' when it was closed otherwise
 */
export function ask(title, content, buttons) {
	const dialog = byId('dialog');
	dialog.replaceChildren(element('form', { method: 'dialog' },
		element('h2', { id: 'dialog-title' }, title),
		...content,
		element('div', { class: 'buttons' },
			...buttons.map(({ value, text, ...rest }, i) => element('button', { value, autofocus: i === 0, ...rest }, text)))));
	dialog.returnValue = '';
	dialog.showModal();
	return new Promise(resolve => dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true }));
}
