// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of one recording, in a dialog: tracks, losses, gaps, checksum.

import { ask, definitions, element } from './dom.js';
import { bytes, codec, count, date, duration } from './format.js';
import { formatOf } from './live.js';
import { reasons } from './words.js';

/** @param {string} title  @param {object} info  the answer to `info` */
export function showReport(title, info) {
	const { report = {} } = info;
	const known = { ...report, ...info };
	const tracks = info.tracks ?? report.tracks ?? [];
	const gaps = info.gaps ?? report.gaps ?? [];
	return ask(title, [
		element('dl', { class: 'details' }, ...definitions([
			['File', known.file ?? '–'],
			['Started', date(known.started) || '–'],
			['Duration', duration(known.duration_ms)],
			['Size', bytes(known.bytes ?? known.bytes_written)],
			['Ended', reasons[known.reason] ?? known.reason ?? known.state ?? '–'],
			['SHA-256', known.sha256 ?? 'not made'],
		])),
		element('h3', {}, 'Tracks'),
		tracks.length ? table(['Track', 'Codec', 'Packets', 'Lost', 'Damaged frames', 'Format'], tracks.map(track => [
			`${track.type} ${track.mid ?? track.label ?? ''}`,
			track.mode === 'transcode' ? `${codec(track.codec)} → ${codec(track.recorded_as)}` : codec(track.codec),
			count(track.packets), count(track.lost), count(track.frames_damaged), formatOf(track),
		])) : element('p', {}, 'Nothing is known of its tracks.'),
		element('h3', {}, 'Gaps'),
		gaps.length ? table(['From', 'To', 'Cause', 'Frames'], gaps.map(gap => [
			duration(gap.start_ms), duration(gap.end_ms), gap.cause, count(gap.frames),
		])) : element('p', {}, 'None.'),
		element('details', {}, element('summary', {}, 'As JSON'), element('pre', { tabindex: '0' }, JSON.stringify(info, null, 2))),
	], [{ value: '', text: 'Close' }]);
}

function table(head, rows) {
	return element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': head[0] },
		element('table', {},
			element('thead', {}, element('tr', {}, ...head.map(text => element('th', { scope: 'col' }, text)))),
			element('tbody', {}, ...rows.map(cells => element('tr', {}, ...cells.map(cell => element('td', {}, cell)))))));
}
