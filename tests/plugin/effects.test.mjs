// SPDX-License-Identifier: GPL-3.0-or-later
// Each setting has its effect (those on codecs, keys, limits at once and flushing have theirs in the other files).

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AiortcPeer } from '../e2e/aiortcPeer.mjs';
import { packets } from '../lib/media.mjs';
import { run } from '../lib/process.mjs';
import { admin, filesIn, newHandle, newJanus, offer, recorded, recordPeer, refused } from './stage.mjs';

const probe = async (file) => JSON.parse((await run('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', file])).stdout).streams;

/** Records a second of media with these settings, and ends it. */
async function recordOne(t, options, request) {
	const janus = await newJanus(t, options);
	const peer = await recordPeer(t, janus, request);
	await recorded(peer.handle, 1000);
	await peer.handle.request({ request: 'stop' });
	const finished = await peer.handle.event('finished');
	return { janus, ...peer, finished };
}

test('filename, file_mode, report', { timeout: 40_000 }, async (t) => {
	const config = 'filename = "{profile}/{date}/{name}-{id}"\n\tfile_mode = "0640"\n\treport = false';
	const { janus, id, finished, started } = await recordOne(t, { config }, { name: '../Über / ..\\x' });
	const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
	const name = `general/${day}/${finished.file.split('/')[2]}`;
	assert.equal(finished.file, name);
	assert.match(finished.file, new RegExp(`/_[A-Za-z0-9_.-]*-${id}\\.ts$`));
	assert.equal(started.file, finished.file.replace('.ts', '.recording.ts'));
	assert.equal(finished.path, join(janus.recordings, finished.file));
	assert.equal(statSync(finished.path).mode & 0o777, 0o640);
	assert.equal(finished.sha256, undefined);
	assert.ok(!existsSync(finished.path.replace('.ts', '.json')));
});

test('a template of the request, which may not leave the folder', { timeout: 40_000 }, async (t) => {
	const janus = await newJanus(t);
	const names = [['{id}', 'tmpl.recording.ts'], ['a/b/{id}.x', 'a/b/tmpl.x.recording.ts'], ['{name}{id}', 'unnamedtmpl.recording.ts']];
	for (const [filename, file] of names) {
		const handle = await newHandle(t, janus);
		assert.equal((await handle.request({ request: 'record', id: 'tmpl', filename }, offer())).data.result.file, file);
		await handle.request({ request: 'stop' });
		await handle.event('finished');
	}
	const wrong = ['../{id}', '/tmp/{id}', 'a/../{id}', './{id}', 'a//{id}', '{id}/', '.{id}', '{id}.', '{id} ', '{id}\\x', '{}', '{ID}', '{id',
		'id}', '{id}{', '{id}.recording', '{id}/x.recording', 'x'.repeat(197) + '{id}'];
	for (const filename of wrong)
		await refused((await newHandle(t, janus)).request({ request: 'record', id: 'tmpl', filename }, offer()), 605, /filename/);
	// The folders were made, and hold nothing.
	assert.deepEqual(filesIn(janus.recordings).filter((file) => /\.(ts|json)$/.test(file)), []);
});

test('max_duration: the lower of what is configured and asked for', { timeout: 60_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'max_duration = "2s"' });
	const { handle } = await recordPeer(t, janus, { max_duration: '1h' });
	const { reason, duration_ms } = await handle.event('finished');
	assert.equal(reason, 'max_duration');
	assert.ok(duration_ms >= 2000 && duration_ms < 2700, `${duration_ms} ms`);
	const { handle: second } = await recordPeer(t, janus, { max_duration: 1 });
	const shorter = await second.event('finished');
	assert.ok(shorter.duration_ms >= 1000 && shorter.duration_ms < 1700, `${shorter.duration_ms} ms`);
});

test('max_size, and configure lowers it', { timeout: 40_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'max_size = "1GiB"' });
	const { handle } = await recordPeer(t, janus);
	await handle.request({ request: 'configure', max_size: '64KiB', name: 'renamed', metadata: { why: 'small' } });
	const { reason, bytes, path } = await handle.event('finished');
	assert.equal(reason, 'max_size');
	assert.ok(bytes >= 65536, `${bytes} bytes`);
	const report = JSON.parse(readFileSync(path.replace('.ts', '.json'), 'utf8'));
	assert.deepEqual([report.name, report.metadata], ['renamed', { why: 'small' }]);
});

test('segment_duration', { timeout: 60_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'segment_duration = "1s"\n\tkeyframe_interval = "500ms"' });
	const { handle, id } = await recordPeer(t, janus);
	await recorded(handle, 3500);
	// Its finished segments are no recording of their own.
	const { recordings } = await admin(janus, { request: 'list_recordings' });
	assert.deepEqual(recordings.map((r) => [r.id, r.state]), [[id, 'recording']]);
	assert.equal((await admin(janus, { request: 'list_recordings', state: 'finished' })).total, 0);
	await handle.request({ request: 'stop' });
	await handle.event('finished');
	const segments = handle.events.map((e) => e.plugindata?.data?.result).filter((r) => r?.status === 'segment');
	assert.ok(segments.length >= 2, `${segments.length} segments`);
	assert.equal(segments[0].file, `${id}-00001.ts`);
	const { recording } = (await handle.request({ request: 'info' })).data;
	assert.equal(recording.files.length, segments.length + 1);
	assert.equal(recording.reports.length, recording.files.length);
	// Each report is of its own file: together they are all that was written, one after the other.
	const { tracks } = (await handle.request({ request: 'status' })).data;
	for (const [i, track] of tracks.entries()) {
		const reported = recording.reports.map((report) => report.tracks[i]);
		assert.equal(reported.reduce((sum, { frames_written }) => sum + frames_written, 0), track.frames_written);
		for (let j = 1; j < reported.length; j++)
			assert.ok(reported[j].first_ms > reported[j - 1].last_ms, JSON.stringify(reported));
	}
	for (const file of recording.files)
		assert.equal((await probe(join(janus.recordings, file))).length, 2);
	const { data } = await handle.request({ request: 'delete' });
	assert.equal(data.files, recording.files.length);
	assert.deepEqual(filesIn(janus.recordings), []);
});

test('segment_size', { timeout: 60_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'segment_size = "64KiB"\n\tkeyframe_interval = "500ms"' });
	const { handle } = await recordPeer(t, janus);
	const segment = await handle.event('segment', { timeout: 30_000 });
	assert.ok(segment.bytes >= 65536 && segment.bytes < 1_000_000, JSON.stringify(segment));
});

test('sync = "none", and the threads', { timeout: 40_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'sync = "none"\n\tcopy_workers = 2\n\ttranscode_workers = 3\n\twriters = 2\n\taudio_mode = "copy"' });
	const { handle } = await recordPeer(t, janus);
	await recorded(handle, 2500);
	const { flushes, writes, bytes_durable } = (await handle.request({ request: 'status' })).data;
	assert.deepEqual([flushes, bytes_durable], [0, 0]);
	assert.ok(writes >= 5);
	const names = readdirSync(`/proc/${janus.pid}/task`).map((task) => readFileSync(`/proc/${janus.pid}/task/${task}/comm`, 'utf8').trim());
	const count = (name) => names.filter((n) => n === name).length;
	assert.deepEqual(['tsr-copy', 'tsr-transcode', 'tsr-writer'].map(count), [2, 3, 2], names.join());
});

test('video_encoder_options, and what the encoder makes keyframes of', { timeout: 60_000 }, async (t) => {
	const config = 'video_codecs = "vp8"\n\tvideo_preset = "ultrafast"\n\tvideo_encoder_options = "level=4.2"\n\tencoder_keyframe_interval = "500ms"';
	const janus = await newJanus(t, { config });
	const handle = await newHandle(t, janus);
	const peer = await AiortcPeer.open({ codec: 'VP8' });
	t.after(() => peer.close());
	await peer.publish(handle, { request: 'record' });
	await handle.event('recording');
	await recorded(handle, 3000);
	await handle.request({ request: 'stop' });
	const { path } = await handle.event('finished');
	assert.equal((await probe(path)).find((s) => s.codec_type === 'video').level, 42);
	const keys = (await packets(path))[0].filter(({ key }) => key).map(({ pts }) => pts);
	for (let i = 1; i < keys.length; i++)
		assert.ok(keys[i] - keys[i - 1] < 0.6, keys.join());
	assert.ok(keys.length >= 5, keys.join());
});

test('transcoding: encoders, size, bit rates; and a profile on top', { timeout: 60_000 }, async (t) => {
	const config = 'video_codecs = "vp8"\n\tvideo_size = "320x240"\n\tvideo_preset = "ultrafast"\n\taudio_channels = 1\n\taudio_bitrate = 32000';
	const categories = 'profile-square: { video_size = "240x240" audio_mode = "copy" description = "a square" }';
	const janus = await newJanus(t, { config, categories });
	assert.deepEqual((await admin(janus, { request: 'profiles' })).profiles,
		[{ name: 'square', description: 'a square', video_size: '240x240', audio_mode: 'copy' }]);
	const expected = [[{}, 320, 'aac'], [{ profile: 'square' }, 240, 'opus']];
	for (const [request, width, audio] of expected) {
		const handle = await newHandle(t, janus);
		const peer = await AiortcPeer.open({ codec: 'VP8' });
		t.after(() => peer.close());
		await peer.publish(handle, { request: 'record', ...request });
		await handle.event('recording');
		await recorded(handle, 1500);
		assert.equal((await handle.request({ request: 'status' })).data.profile, request.profile);
		await handle.request({ request: 'stop' });
		const { path } = await handle.event('finished');
		const streams = await probe(path);
		const video = streams.find((s) => s.codec_type === 'video');
		assert.deepEqual([video.codec_name, video.width, video.height], ['h264', width, 240]);
		const sound = streams.find((s) => s.codec_type === 'audio');
		assert.equal(sound.codec_name, audio);
		if (audio === 'aac')
			assert.equal(sound.channels, 1);
	}
	await refused((await newHandle(t, janus)).request({ request: 'record', profile: 'round' }, offer()), 611, /profile/);
});

test('min_free_space', { timeout: 20_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'min_free_space = "1000TiB"' });
	const handle = await newHandle(t, janus);
	await refused(handle.request({ request: 'record' }, offer()), 615);
	await admin(janus, { request: 'configure', settings: { min_free_space: 0 } });
	const other = await newHandle(t, janus);
	assert.equal((await other.request({ request: 'record' }, offer())).data.result.status, 'starting');
});

test('track_timeout and stall_timeout', { timeout: 60_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'track_timeout = "1s"\n\tstall_timeout = "1s"' });
	const silent = await newHandle(t, janus);
	await silent.request({ request: 'record' }, offer());
	for (const [mindex, warning] of [[0, 'no_audio'], [1, 'no_video']]) {
		const event = await silent.event('warning', { match: (e) => e.warning === warning });
		assert.equal(event.mindex, mindex);
		assert.ok(event.text.length > 10);
	}
	const { handle, peer } = await recordPeer(t, janus);
	await recorded(handle, 500);
	peer.process.child.kill('SIGSTOP');
	await handle.event('stalled');
	assert.ok((await handle.request({ request: 'status' })).data.last_packet_age_ms >= 900);
	peer.process.child.kill('SIGCONT');
	await handle.event('unstalled');
});

test('log_level at run time', { timeout: 40_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'log_level = "error"' });
	const once = async () => {
		const from = janus.log.length;
		const { handle } = await recordPeer(t, janus);
		await handle.request({ request: 'stop' });
		await handle.event('finished');
		return janus.log.slice(from).split('\n').filter((line) => line.includes('[tsrecorder]')).length;
	};
	assert.equal(await once(), 0);
	await admin(janus, { request: 'configure', settings: { log_level: 'info' } });
	assert.ok(await once() > 0);
});
