// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of one recording, in a dialog: each of its files with tracks, losses, gaps and checksum.

import { ask, definitions, element } from './dom.js';
import { bytes, codec, count, date, duration } from './format.js';
import { formatOf } from './live.js';
import { causes, reasons } from './words.js';

/**
 * @param {string} title
 * @param {object} info  the answer to `info`
 * @param {(file: string) => string} urlOf  where the files are
 */
export function showReport(title, info, urlOf) {
	const { reports, files = [info.file] } = info;
	const known = reports?.length ? reports : [info];
	return ask(title, [
		...known.flatMap((report, i) => section(report, files[i], urlOf)),
		element('details', {}, element('summary', {}, 'As JSON'), element('pre', { tabindex: '0' }, JSON.stringify(info, null, 2))),
	], [{ value: '', text: 'Close' }]);
}

function section(report, file, urlOf) {
	const { tracks = [], gaps = [] } = report;
	return [
		element('h3', {}, file ? element('a', { href: urlOf(file), download: file.split('/').at(-1) }, file) : 'No file'),
		element('dl', { class: 'details' }, ...definitions([
			['Started', date(report.started) || '–'],
			['Duration', duration(report.duration_ms)],
			['Size', bytes(report.bytes ?? report.bytes_written)],
			['Ended', report.recovered ? 'recovered after a crash' : reasons[report.reason] ?? report.reason ?? 'not yet'],
		])),
		report.sha256 ? element('p', { class: 'note sum' }, 'SHA-256 ', element('code', {}, report.sha256)) : null,
		tracks.length ? table('Tracks', ['Track', 'Codec', 'Packets', 'Lost', 'Damaged frames', 'Format'], tracks.map(track => [
			`${track.type} ${track.mid ?? track.label ?? ''}`,
			track.mode === 'transcode' ? `${codec(track.codec)} → ${codec(track.recorded_as)}` : codec(track.recorded_as),
			count(track.packets), count(track.lost), count(track.frames_damaged), formatOf(track),
		])) : element('p', {}, 'Nothing is known of its tracks.'),
		gaps.length ? table('Gaps', ['Gap from', 'To', 'Cause', 'Frames'], gaps.map(gap => [
			duration(gap.start_ms), duration(gap.end_ms), causes[gap.cause] ?? gap.cause, count(gap.frames),
		])) : element('p', { class: 'note' }, report.recovered ? 'What was missing when Janus ended is not known.' : 'No gaps.'),
	].filter(Boolean);
}

function table(name, head, rows) {
	return element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': name },
		element('table', {},
			element('thead', {}, element('tr', {}, ...head.map(text => element('th', { scope: 'col' }, text)))),
			element('tbody', {}, ...rows.map(cells => element('tr', {}, ...cells.map(cell => element('td', {}, cell)))))));
}
