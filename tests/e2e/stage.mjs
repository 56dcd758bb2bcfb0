// SPDX-License-Identifier: GPL-3.0-or-later
// What every test here needs: Janus, a browser, a peer that records, and a close look at the file that came out.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { newSource, startBrowser } from '../lib/chromium.mjs';
import { startJanus } from '../lib/janus.mjs';
import { measureIdle, waitForQuiet } from '../lib/load.mjs';
import * as media from '../lib/media.mjs';
import { connect } from '../lib/signalling.mjs';
import { until } from '../lib/wait.mjs';
import { BrowserPeer } from './browserPeer.mjs';
import { Watch } from './watch.mjs';

export const pluginName = 'janus.plugin.tsrecorder';

let browser;
let janus;

/** One browser for all tests. */
export async function sharedBrowser() {
	browser ??= startBrowser(await newSource());
	return browser;
}

/** One Janus with default settings for the tests that do not end it. */
export async function sharedJanus() {
	janus ??= startJanus();
	return janus;
}

after(async () => {
	for (const [started, end] of [[browser, 'close'], [janus, 'stop']])
		await started?.then((it) => it[end](), () => {}); // a test told already why it did not start
});

let count = 0;

/** A browser peer with a session and a handle of its own; everything ends with the test. */
export async function newPeer(t, { janus, url, ending, Peer = BrowserPeer, ...options }) {
	await waitForQuiet(t);
	const session = await connect(url ?? janus.ws);
	t.after(() => session.drop());
	const handle = await session.attach(pluginName);
	const peer = await Peer.open(Peer === BrowserPeer ? await sharedBrowser() : options);
	peer.idle = measureIdle();
	const id = `${t.name.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 40)}-${++count}`;
	const watch = new Watch(janus.recordings, id, ending);
	t.after(async () => {
		watch.stop();
		await peer.close();
	});
	return { session, handle, peer, id, watch };
}

/**
 * What the peer sent so far: { seconds, source (see peer.js), video, audio (packets per layer), idle (part of the processors' time) }. Opus packets last 20 ms each;
 * with one kind of media alone it is the time since it is connected.
 */
export async function sentBy(peer) {
	const [sent, source] = await Promise.all([peer.sent(), peer.measured()]);
	// Sound is counted by its packets of 20 ms, of the track that sends longest; without video, though, Chromium probes the
	// bandwidth with packets of nothing but padding on the sound's SSRC.
	const counted = sent.audio.length > 0 && sent.video.length > 0;
	return { ...sent, source, idle: peer.idle?.(), seconds: counted ? Math.max(...sent.audio.map((a) => a.packetsSent)) * 0.02 : source.connectedFor };
}

/** Waits until the peer sent so many seconds. */
export function sending(peer, seconds) {
	return until(`${seconds} s to be sent`, async () => (await sentBy(peer)).seconds >= seconds, { timeout: seconds * 1000 + 15_000 });
}

/** Records so many seconds (by way of `proxy`, if any), detaches, and waits for the finished file. */
export async function recordFor(t, seconds, { janus, request = {}, media, during, proxy, ...options }) {
	const { session, handle, peer, id, watch } = await newPeer(t, { janus, ending: request.container, ...options });
	peer.proxy = proxy;
	const started = await peer.publish(handle, { request: 'record', id, ...request }, media);
	const recording = handle.event('recording');
	recording.catch(() => {});
	await recording;
	const from = Date.now();
	await during?.({ session, handle, peer, id });
	await sending(peer, seconds);
	const sent = await sentBy(peer);
	const { data: status } = await handle.request({ request: 'status' });
	const to = Date.now();
	await handle.detach();
	await until('the finished file', () => watch.samples.at(-1).final !== undefined);
	watch.stop();
	return { id, file: watch.final, started: started.result, status, sent, watch, restMs: watch.longestRest(from, to) };
}

const ms = (value) => value?.toFixed(1);

/**
 * Reads and decodes the file and holds it against what was sent (see sentBy) and what is expected: `video` and `audio` (codec
 * names, or null for none). `mayPause`: sound may stop, and `clean: false` allows decoding errors, `sync: false` leaves out flash and beep,
 * `maxAudioGap`, `maxVideoGap` (s) and `flashesMissing` allow for what was not sent, or lost; `thirds` wants pairs of flash and beep at
 * start, middle and end.
 */
export async function check(t, file, { seconds, source, idle }, { video = 'h264', audio = 'aac', clean = true, mayPause = false, sync = true, maxOffset = offsetLimit(idle), maxAudioGap = 0.1, maxVideoGap = 0.5, flashesMissing = 2, thirds = flashesMissing <= 2 } = {}) {
	const [found, errors, packets, flashes, beeps] = await Promise.all([media.probe(file), clean ? media.decodeErrors(file, { mayPause }) : '',
		media.packets(file), video && audio && sync ? media.flashes(file) : [], video && audio && sync ? media.beeps(file) : []]);
	assert.deepEqual(found.video.map((s) => s.codec_name), video ? [video].flat() : [], 'video streams');
	assert.deepEqual(found.audio.map((s) => s.codec_name), audio ? [audio].flat() : [], 'audio streams');
	if (clean)
		assert.equal(errors, '', 'decodes without an error');

	const spans = packets.map(media.span);
	const describe = (s) => `${s.start.toFixed(3)}–${s.end.toFixed(3)} s, longest step ${ms(s.gap * 1000)} ms`;
	const duration = Math.max(...spans.map((s) => s.end)) - Math.min(...spans.map((s) => s.start));
	found.streams.forEach((s, i) => t.diagnostic(`${s.codec_name}: ${describe(spans[i])}`));
	t.diagnostic(`sent ${seconds.toFixed(2)} s, recorded ${duration.toFixed(2)} s, difference ${ms((duration - seconds) * 1000)} ms`);
	assert.ok(Math.abs(duration - seconds) <= 0.3, `duration ${duration} s, sent ${seconds} s`);
	for (const [i, s] of spans.entries()) {
		assert.equal(s.backwards, 0, `stream ${i}: timestamps rise`);
		const limit = found.streams[i].codec_type === 'audio' ? maxAudioGap : maxVideoGap;
		assert.ok(s.gap <= limit, `stream ${i}: a step of ${s.gap} s`);
	}

	const av = video && audio && sync && checkSync(t, { flashes, beeps, start: Math.min(...spans.map((s) => s.start)), seconds, source, idle, maxOffset, flashesMissing, thirds });
	return { ...found, spans, duration, av };
}

/** How far (ms) sound and picture may be apart, against what the source did. A machine whose processors have less than this to spare is busy. */
const busy_idle = 0.2;
const offsetLimit = (idle) => (idle >= busy_idle ? 20 : 40);

/** What an exact source does: 100 ms of light, from the beep's begin on. */
const exact = { offset: 0, endOffset: -100 };

/**
 * Each beep must be as far from its flash as it was when the source made both (see peer.js). An encoder that leaves out a
 * picture can hide the begin or the end of a flash: the other one tells. All of it repeats itself each second, and Chromium's fake
 * camera and microphone may be half a second apart, where the beep before is as near as the one behind.
 */
function checkSync(t, { flashes, beeps, start, seconds, source, idle, maxOffset, flashesMissing, thirds }) {
	const recorded = media.pair(flashes, beeps);
	const sent = source ? media.pair(media.flashesOf(source.pictures), source.beeps) : [];
	const errors = recorded.map(({ at, offset, endOffset }) => {
		const same = source ? sent.find((s) => Math.abs(s.at - (at - start)) < 0.5) : exact;
		const [error = NaN] = [offset - same?.offset, endOffset - same?.endOffset].filter((e) => !Number.isNaN(e));
		return { at, error: error - 1000 * Math.round(error / 1000) };
	});
	const known = errors.filter(({ error }) => !Number.isNaN(error));
	const figures = (values) => {
		const { min, median, max } = media.summary(values.filter((v) => !Number.isNaN(v)));
		return `min ${ms(min)}, median ${ms(median)}, max ${ms(max)} ms (${values.map((v) => v.toFixed(0)).join(' ')})`;
	};
	t.diagnostic(`${recorded.length} beeps after their flashes: ${figures(recorded.map((r) => r.offset))}`);
	if (source)
		t.diagnostic(`against what the source did: ${figures(errors.map((e) => e.error))}`);
	t.diagnostic(`the processors were idle for ${(idle * 100).toFixed(0)} % of the time: ${maxOffset} ms at most`);
	assert.ok(known.length >= Math.floor(seconds) - flashesMissing, `${known.length} pairs of flash and beep in ${seconds} s`);
	for (const part of !thirds || seconds < 6 ? [] : [0, 1, 2]) // at start, middle and end
		assert.ok(known.some(({ at }) => Math.floor((at - start) / seconds * 3) === part), `pairs of flash and beep at ${known.map(({ at }) => at.toFixed(1))} s only`);
	for (const { at, error } of known)
		assert.ok(Math.abs(error) <= maxOffset, `at ${at} s sound and picture are ${error} ms apart`);
	return { flashes, beeps, recorded, errors: known.map(({ error }) => error) };
}
