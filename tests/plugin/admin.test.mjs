// SPDX-License-Identifier: GPL-3.0-or-later
// The Admin API: statistics, run-time settings, and the recordings of all handles.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../lib/wait.mjs';
import { admin, newHandle, newJanus, offer, recorded, recordPeer, refused, sharedJanus } from './stage.mjs';

const admin_key = 'operator';

test('the admin_key is needed when there is one', { timeout: 20_000 }, async () => {
	const janus = await sharedJanus();
	for (const request of ['list_recordings', 'stats', 'configure', 'recover', 'rescan', 'profiles', 'stop', 'info', 'delete'])
		for (const key of [undefined, '', 'operato', 5, null])
			await refused(admin(janus, { request, id: 'x', admin_key: key }), 613, /admin_key/);
});

test('statistics, list, info, handle_info and stop of a recording that runs', { timeout: 40_000 }, async (t) => {
	const janus = await newJanus(t);
	const { handle, id } = await recordPeer(t, janus, { name: 'seen by the operator' });
	await recorded(handle, 1500);

	const stats = await admin(janus, { request: 'stats' });
	assert.equal(stats.running, 1);
	assert.equal(stats.handles, 1);
	assert.equal(stats.recordings_path, janus.recordings);
	assert.ok(stats.free_bytes > 0 && stats.uptime_s >= 1);
	assert.equal(stats.totals.started, 1);
	assert.equal(stats.totals.finished, 0);
	const [live] = stats.recordings;
	assert.equal(live.id, id);
	assert.equal(live.state, 'recording');
	assert.equal(live.name, 'seen by the operator');
	assert.ok(live.duration_ms >= 1500 && live.bytes_written > 10_000 && live.last_write_age_ms < 1000, JSON.stringify(live));
	assert.ok(live.bytes_durable <= live.bytes_written && live.flushes >= 1 && live.exposed_ms < 3000);
	for (const what of ['write', 'flush']) {
		const [p50, p95, p99, max] = ['p50', 'p95', 'p99', 'max'].map((which) => live[`${what}_latency_${which}_us`]);
		assert.ok(p50 >= 1 && p50 <= p95 && p95 <= p99 && p99 <= max && max < 10_000_000, JSON.stringify(live));
		assert.ok(stats.totals[`${what}_latency_p99_us`] >= p50, JSON.stringify(stats.totals));
	}
	for (const track of live.tracks)
		assert.ok(track.packets > 20 && track.frames_written > 20 && track.started && track.lost === 0, JSON.stringify(track));
	assert.deepEqual(live.tracks.map(({ codec, recorded_as, mode }) => [codec, recorded_as, mode]),
		[['opus', 'aac', 'transcode'], ['h264', 'h264', 'copy']]);
	assert.equal(live.tracks[1].width, 640);

	const listed = await admin(janus, { request: 'list_recordings', state: 'recording' });
	assert.equal(listed.recordings[0].tracks.length, 2);
	assert.equal((await admin(janus, { request: 'list_recordings', state: 'finished' })).total, 0);
	assert.equal((await admin(janus, { request: 'info', id })).recording.id, id);
	await refused(admin(janus, { request: 'delete', id }), 610);

	const info = await (await fetch(`${janus.admin}/${handle.session.id}/${handle.id}`,
		{ method: 'POST', body: JSON.stringify({ janus: 'handle_info', transaction: 'x', admin_secret: 'secret' }) })).json();
	assert.equal(info.info.plugin_specific.state, 'recording');
	assert.equal(info.info.plugin_specific.recording.id, id);

	assert.deepEqual(await admin(janus, { request: 'stop', id }), { tsrecorder: 'stopping', id });
	const finished = await handle.event('finished');
	assert.equal(finished.reason, 'stop');
	await refused(admin(janus, { request: 'stop', id: 'nothing' }), 611);
	const after = await admin(janus, { request: 'stats' });
	assert.deepEqual([after.running, after.totals.finished, after.totals.failed], [0, 1, 0]);
	assert.ok(after.totals.packets >= live.tracks[0].packets + live.tracks[1].packets);
	assert.ok(after.totals.bytes_durable >= finished.bytes);
	const done = (await admin(janus, { request: 'info', id })).recording;
	assert.equal(done.state, 'finished');
	assert.equal(done.bytes, finished.bytes);
	assert.equal(done.reports[0].sha256, finished.sha256);
});

test('configure: what it shows, and what it changes', { timeout: 40_000 }, async (t) => {
	const janus = await newJanus(t);
	const { settings } = await admin(janus, { request: 'configure' });
	assert.equal(settings.flush_threshold, 4 * 1024 * 1024);
	assert.equal(settings.flush_interval, 1);
	assert.equal(settings.record_key, false); // never the key itself
	const before = await newHandle(t, janus);
	await before.request({ request: 'record' }, offer());
	const changed = (await admin(janus, { request: 'configure',
		settings: { flush_threshold: '256KiB', flush_interval: '250ms', max_recordings: 2, audio_mode: 'copy', log_level: 'debug', private: false } })).settings;
	assert.deepEqual(changed, { ...settings, flush_threshold: 262144, flush_interval: 0.25, max_recordings: 2, audio_mode: 'copy',
		log_level: 'debug', private: false });
	const after = await newHandle(t, janus);
	const { data } = await after.request({ request: 'record' }, offer());
	assert.equal(data.result.tracks[0].mode, 'copy');
	assert.equal((await after.request({ request: 'status' })).data.flush_threshold, 262144);
	const third = await newHandle(t, janus);
	await refused(third.request({ request: 'record' }, offer()), 617, /2 recordings are running/);
	assert.equal((await third.request({ request: 'list' })).data.recordings.length, 1); // the one that is not private
	await admin(janus, { request: 'configure', settings: { max_recordings: 0 } });
	const fourth = await newHandle(t, janus);
	assert.equal((await fourth.request({ request: 'record' }, offer())).data.result.status, 'starting');
});

test('configure: flushing and limits of recordings that run follow, each as its profile has it', { timeout: 60_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'max_duration = "1h"', categories: 'profile-own: { flush_threshold = "1MiB" }' });
	const [plain, own] = [await recordPeer(t, janus), await recordPeer(t, janus, { profile: 'own', max_duration: '30m' })];
	const threshold = async ({ handle }) => (await handle.request({ request: 'status' })).data.flush_threshold;
	assert.deepEqual([await threshold(plain), await threshold(own)], [4 * 1024 * 1024, 1024 * 1024]);
	await admin(janus, { request: 'configure', settings: { flush_threshold: '64KiB', flush_interval: 0 } });
	await until('the threshold to be taken over', async () => (await threshold(plain)) === 65536);
	assert.equal(await threshold(own), 1024 * 1024);
	// By the threshold alone, now: nothing is flushed that is less than 64 KiB, and what is more soon is.
	const { flushes } = (await plain.handle.request({ request: 'status' })).data;
	const status = await until('a flush by the threshold', async () => {
		const { data } = await plain.handle.request({ request: 'status' });
		return data.flushes >= flushes + 2 && data;
	}, { timeout: 20_000 });
	assert.ok(status.bytes_exposed < 3 * 65536, JSON.stringify(status));
	await admin(janus, { request: 'configure', settings: { max_duration: '1s' } });
	for (const { handle } of [plain, own])
		assert.equal((await handle.event('finished')).reason, 'max_duration');
});

const wrongSettings = [
	[{ flush_threshold: '4 bananas' }, 605, /flush_threshold must be a size from 64KiB to 1GiB, not "4 bananas"/],
	[{ flush_threshold: 5 }, 605, /flush_threshold/],
	[{ flush_interval: '10ms' }, 605, /flush_interval must be a duration from 100ms to 1h or 0/],
	[{ recordings_path: '/tmp' }, 605, /recordings_path cannot be set here/],
	[{ admin_key: 'mine now' }, 605, /admin_key cannot be set here/],
	[{ writers: 8 }, 605, /writers cannot be set here/],
	[{ description: 'x' }, 605, /description cannot be set here/],
	[{ colour: 'blue' }, 606, /"colour" is not known/],
	[{ video_codecs: 'h264, theora' }, 605, /video_codecs/],
	[{ video_codecs: 'opus' }, 605, /video_codecs/],
	[{ video_codecs: 'vp8, vp8' }, 605, /different/],
	[{ video_encoder: 'libx999' }, 605, /libx999/],
	[{ audio_encoder: 'nosuch' }, 605, /nosuch/],
	[{ filename: '../{id}' }, 605, /filename/],
	[{ filename: '{idd}' }, 605, /filename may contain \{id\}/],
	[{ video_preset: 'warp' }, 605, /video_preset = "warp"/],
	[{ filename: '/etc/{id}' }, 605, /filename/],
	[{ flush_adaptive: true, flush_threshold_min: '8MiB', flush_threshold_max: '4MiB' }, 605, /flush_threshold_min is above/],
	[{ file_mode: '999' }, 605, /file_mode must be octal/],
	[{ video_size: '1281x720' }, 605, /video_size/],
	[{ events: 'perhaps' }, 605, /events must be true or false/],
];

test('configure is all or nothing', { timeout: 20_000 }, async () => {
	const janus = await sharedJanus();
	const { settings } = await admin(janus, { request: 'configure', admin_key });
	for (const [wrong, code, sentence] of wrongSettings) {
		// What is right stands before and behind what is wrong.
		const changes = { max_duration: '1h', ...wrong, max_size: '1GiB' };
		await refused(admin(janus, { request: 'configure', admin_key, settings: changes }), code, sentence);
	}
	assert.deepEqual((await admin(janus, { request: 'configure', admin_key })).settings, settings);
});

test('list: filters and pages', { timeout: 40_000 }, async (t) => {
	const janus = await newJanus(t);
	const handles = [];
	for (let i = 0; i < 7; i++) {
		const handle = await newHandle(t, janus);
		await handle.request({ request: 'record', id: `page-${i}` }, offer());
		handles.push(handle);
	}
	await handles[3].request({ request: 'pause' });
	await handles[3].event('paused');
	const list = (request) => admin(janus, { request: 'list_recordings', ...request });
	const ids = ({ recordings }) => recordings.map(({ id }) => id);
	const all = await list({});
	assert.equal(all.total, 7);
	assert.deepEqual(ids(all), [6, 5, 4, 3, 2, 1, 0].map((i) => `page-${i}`));
	assert.deepEqual(ids(await list({ limit: 3 })), ['page-6', 'page-5', 'page-4']);
	const second = await list({ limit: 3, offset: 3 });
	assert.deepEqual([second.total, second.offset, ids(second)], [7, 3, ['page-3', 'page-2', 'page-1']]);
	assert.deepEqual(ids(await list({ offset: 100 })), []);
	assert.deepEqual(ids(await list({ state: 'paused' })), ['page-3']);
	assert.equal((await list({ state: 'starting' })).total, 6);
	const hour = 3600_000;
	const at = (ms) => new Date(Date.now() + ms).toISOString();
	assert.equal((await list({ since: at(-hour) })).total, 7);
	assert.equal((await list({ since: at(hour) })).total, 0);
	assert.equal((await list({ until: at(-hour) })).total, 0);
	assert.equal((await list({ since: Math.floor(Date.now() / 1000) - 3600, until: Math.floor(Date.now() / 1000) + 60 })).total, 7);
	assert.deepEqual(ids((await handles[2].request({ request: 'list' })).data), ['page-2']);
});
