// SPDX-License-Identifier: GPL-3.0-or-later
// The recording as it is being written: asks for the status four times a second, and lists the events as they come.

import { Chart } from './chart.js';
import { byId, definitions, element, say, setText } from './dom.js';
import { age, bytes, codec, count, duration, latencies, latency, percent } from './format.js';
import { finalName } from './recordingrow.js';
import { tell } from './words.js';

const PERIOD_MS = 250;
const SILENT_MS = 1500;
const MAX_EVENTS = 200;
const EVENTS = ['starting', 'recording', 'paused', 'resumed', 'stalled', 'unstalled', 'segment', 'warning', 'finished', 'failed'];

/** @param {import('./app.js').Page} page */
export function setUpLive(page) {
	const chart = new Chart(byId('chart'));
	let watched = 0; // recordings so far: whoever watches an earlier one stops

	function begin({ file }) {
		byId('live-empty').hidden = true;
		byId('live-panel').hidden = false;
		byId('live-events').replaceChildren();
		byId('live-tracks').tBodies[0].replaceChildren();
		chart.clear();
		showFile(file);
		watch(page.recorder, ++watched);
	}

	/** Asks again and again, until the recording ends, Janus goes away, or the next recording begins; an answer that fails ends nothing. */
	async function watch(recorder, mine) {
		const started = performance.now();
		let answered = started, state = '';
		const patience = setInterval(() => mine === watched && showSilence(performance.now() - answered), 500);
		while (mine === watched && recorder === page.recorder && !['finished', 'failed', 'idle'].includes(state)) {
			const status = await recorder.status().catch(() => null);
			if (status && mine === watched) {
				answered = performance.now();
				state = status.state;
				showSilence(0);
				showStatus(status);
				chart.add({ seconds: (answered - started) / 1000, written: status.bytes_written, durable: status.bytes_durable,
					flushes: status.flushes, flushed: (answered - started - status.last_flush_age_ms) / 1000 });
			}
			await new Promise(resolve => setTimeout(resolve, PERIOD_MS));
		}
		clearInterval(patience);
		if (mine === watched)
			showSilence(0);
	}

	function showSilence(ms) {
		say(byId('live-silence'), ms < SILENT_MS ? '' :
			`No answer for ${Math.floor(ms / 1000)} s: what is shown here is old. The page goes on asking; the recording does not depend on it.`);
	}

	function logEvent(event) {
		const log = byId('live-log'), list = byId('live-events');
		list.append(element('li', { 'data-status': event.status },
			element('time', {}, new Date().toLocaleTimeString('en-GB')), ' ', tell(event)));
		while (list.childElementCount > MAX_EVENTS)
			list.firstElementChild.remove();
		log.scrollTop = log.scrollHeight;
		if (event.file && event.status !== 'segment')
			showFile(event.file);
		if (event.status === 'finished' || event.status === 'failed')
			showState(event.status);
	}

	page.addEventListener('connected', () => {
		page.recorder.addEventListener('starting', ({ detail }) => begin(detail));
		for (const name of EVENTS)
			page.recorder.addEventListener(name, ({ detail }) => logEvent(detail));
	});
	page.addEventListener('disconnected', () => {
		if (!byId('live-panel').hidden && !['finished', 'failed'].includes(byId('live-state').dataset.state))
			showState('failed', 'Janus is gone');
	});
}

/** The part of the name that says "not complete" is marked; when it goes, the rest lights up for a moment. */
function showFile(file) {
	const node = byId('live-file');
	if (node.dataset.file === file)
		return;
	const became = node.dataset.file && finalName(node.dataset.file) === file;
	node.dataset.file = file;
	const [, stem, temporary, ending] = /^(.*?)(\.recording)?(\.\w+)$/.exec(file);
	node.replaceChildren(stem, temporary ? element('mark', {}, temporary) : '', ending);
	node.classList.toggle('renamed', became);
}

function showState(state, text = state) {
	const node = byId('live-state');
	node.dataset.state = state;
	setText(node, text);
}

function showStatus(status) {
	showState(status.state);
	if (status.file)
		showFile(status.file);
	setText(byId('live-elapsed'), duration(status.duration_ms));
	setText(byId('live-bytes'), bytes(status.bytes_written));
	setText(byId('live-exposed'), bytes(status.bytes_exposed));
	setText(byId('chart-note'), `${count(status.flushes)} flushes, at ${bytes(status.flush_threshold)} or by time`);
	byId('chart').setAttribute('aria-label',
		`Growth of the file: ${bytes(status.bytes_written)} written, ${bytes(status.bytes_durable)} durable, ${status.flushes} flushes`);
	showTracks(status.tracks ?? []);
	byId('live-details').replaceChildren(...definitions([
		['Last write', age(status.last_write_age_ms)],
		['Last flush', age(status.last_flush_age_ms)],
		['Oldest byte at risk', status.exposed_ms ? `${(status.exposed_ms / 1000).toFixed(1)} s old` : 'none'],
		['Flush latency, latest', latency(status.flush_latency_us)],
		['Flush p50/p99/max', latenciesOf(status, 'flush')],
		['Write p50/p99/max', latenciesOf(status, 'write')],
		['Waiting for a worker', bytes(status.inbox_bytes)],
		['Waiting for the disk', bytes(status.buffered_bytes)],
		['Gaps', count(status.gaps?.length ?? 0)],
	]));
}

const latenciesOf = (status, what) => latencies(['p50', 'p99', 'max'].map(which => status[`${what}_latency_${which}_us`]));

function showTracks(tracks) {
	byId('live-tracks').tBodies[0].replaceChildren(...tracks.map(track => element('tr', {},
		element('th', { scope: 'row' }, `${track.type} ${track.mid ?? ''}`),
		element('td', {}, element('span', { class: `mode ${track.mode}` }, track.mode === 'copy' ? 'copied' : 'transcoded'), ' ',
			track.mode === 'copy' ? codec(track.codec) : `${codec(track.codec)} → ${codec(track.recorded_as)}`),
		element('td', {}, count(track.packets)),
		element('td', {}, `${count(track.lost)} (${percent(track.lost, track.packets + track.lost)})`),
		element('td', {}, count(track.frames_written), track.frames_dropped ? `, ${count(track.frames_dropped)} dropped` : ''),
		element('td', {}, formatOf(track)))));
}

export function formatOf({ type, width, height, sample_rate: rate, channels }) {
	if (type === 'video')
		return width ? `${width}×${height}` : '–';
	return rate ? `${rate / 1000} kHz, ${channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`}` : '–';
}
