// SPDX-License-Identifier: GPL-3.0-or-later
// HLS of what is recorded, from a real Janus: while it runs, after a kill, and until it is deleted.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AiortcPeer } from '../e2e/aiortcPeer.mjs';
import { PlaylistChecker, serveHls } from '../lib/hlsServer.mjs';
import { Process, run } from '../lib/process.mjs';
import { sleep, until } from '../lib/wait.mjs';
import { admin, filesIn, newHandle, newJanus, offer, recorded, recordPeer, refused, sharedJanus } from './stage.mjs';

/** What ffmpeg objects to in what it plays for so long from there, by its clock; '' = nothing. */
async function played(url, seconds, options = []) {
	const { code, stderr } = await run('ffmpeg', ['-nostdin', '-v', 'error', ...options, '-i', url, '-t', String(seconds),
		'-fps_mode', 'passthrough', '-enc_time_base:v', '1:90000', '-f', 'null', '-']); // as in lib/media.mjs: two pictures may be less than a frame apart
	return code ? `exit code ${code}: ${stderr}` : stderr;
}

function checkerOf(t, path) {
	const checker = new PlaylistChecker(path);
	t.after(() => checker.close());
	return checker;
}

async function serve(t, folder) {
	const server = await serveHls(folder);
	t.after(() => server.close());
	return server.url;
}

const lengths = (text) => [...text.matchAll(/#EXTINF:([\d.]+),/g)].map(([, seconds]) => Number(seconds));

/** Records a peer whose pictures are encoded here, with a keyframe each 2 s; aiortc's H.264 encoder takes no requests for them. */
async function recordVp8(t, janus, request) {
	const handle = await newHandle(t, janus);
	const peer = await AiortcPeer.open({ codec: 'VP8' });
	t.after(() => peer.close());
	const { result } = await peer.publish(handle, { request: 'record', ...request });
	await handle.event('recording');
	return { handle, id: result.id };
}

test('hls = "single": live, through a pause and a split, and afterwards', { timeout: 120_000 }, async (t) => {
	const janus = await newJanus(t);
	const { handle, id } = await recordVp8(t, janus, { hls: 'single' });
	const list = join(janus.recordings, `${id}.m3u8`), url = `${await serve(t, janus.recordings)}/${id}.m3u8`;
	await until('a playlist', () => existsSync(list), { timeout: 10_000 });
	const checker = checkerOf(t, list);
	const live = played(url, 12, ['-live_start_index', '0']);
	for (let i = 0; i < 20; i++, await sleep(500))
		await checker.check();
	const { data } = await handle.request({ request: 'status' });
	assert.equal(data.playlist, `${id}.m3u8`);
	const { text } = await checker.check();
	assert.ok(lengths(text).length >= 4 && lengths(text).every((seconds) => seconds >= 1.9 && seconds < 3.5), text);

	await handle.request({ request: 'pause' });
	await sleep(1500);
	await handle.request({ request: 'resume' });
	await sleep(3000);
	await checker.check();
	await handle.request({ request: 'split' });
	await sleep(3000);
	await checker.check();
	await handle.request({ request: 'stop' });
	await handle.event('finished');
	const last = await checker.check();
	assert.ok(last.ended);
	assert.equal(last.discontinuities, 1);
	assert.match(last.text, new RegExp(`\n${id}\\.ts\n[^]*\n${id}-00002\\.ts\n`));
	assert.equal(await live, '');
	assert.equal(await played(url, 100), '');

	const { recording } = await admin(janus, { request: 'info', id });
	assert.equal(recording.playlist, `${id}.m3u8`);
	assert.ok(recording.reports.every(({ playlist }) => playlist === `${id}.m3u8`));
	await admin(janus, { request: 'delete', id });
	assert.deepEqual(filesIn(janus.recordings), []);
});

/** Other players, which run until they are ended, or the playlist is: what they are, and how each says that it shows pictures. */
const players = {
	mpv: (url) => ['mpv', ['--no-config', '--vo=null', '--ao=null', '--term-status-msg=at ${=time-pos}', url], /at [6-9]\./],
	vlc: (url) => ['runuser', ['-u', 'nobody', '--', 'cvlc', '-vv', '--vout', 'dummy', '--aout', 'dummy', '--play-and-exit', url], /Stream buffering done|decoder.*buffering done/i],
	gstreamer: (url) => ['gst-launch-1.0', ['-v', 'souphttpsrc', `location=${url}`, '!', 'hlsdemux', '!', 'tsdemux', '!', 'h264parse', '!', 'fakesink', 'silent=false'],
		/pts: 0:00:0[6-9]/],
};

for (const [name, command] of Object.entries(players)) {
	const program = { mpv: 'mpv', vlc: 'cvlc', gstreamer: 'gst-launch-1.0' }[name];
	const skip = process.env.TSR_SHORT === '1' ? 'for --all' : !process.env.PATH.split(':').some((folder) => existsSync(join(folder, program)))
		&& `${program} is not installed`;
	test(`${name} plays it live`, { timeout: 90_000, skip }, async (t) => {
		const janus = await newJanus(t);
		const { handle, id } = await recordVp8(t, janus, { hls: 'single' });
		await until('a playlist', () => existsSync(join(janus.recordings, `${id}.m3u8`)), { timeout: 10_000 });
		const [file, args, shows] = command(`${await serve(t, janus.recordings)}/${id}.m3u8`);
		const player = new Process(file, args);
		t.after(() => player.stop('SIGKILL'));
		await until(`${name} to show pictures`, () => shows.test(player.log) || player.child.exitCode !== null, { timeout: 30_000 });
		assert.match(player.log, shows);
		await handle.request({ request: 'stop' });
		await handle.event('finished');
		await until(`${name} to come to the end`, () => player.child.exitCode !== null, { timeout: 40_000 });
		assert.equal(player.child.exitCode, 0, player.log.slice(-2000));
	});
}

test('hls = "segments" with a window', { timeout: 90_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'hls = "segments"\n\tsegment_duration = "1s"\n\thls_window = "6s"' });
	const { handle, id } = await recordPeer(t, janus);
	const checker = checkerOf(t, join(janus.recordings, `${id}.m3u8`));
	await until('a playlist', () => existsSync(checker.path), { timeout: 15_000 });
	let longest = 0;
	for (let i = 0; i < 30; i++, await sleep(500))
		longest = Math.max(longest, (await checker.check()).segments);
	await handle.request({ request: 'stop' });
	await handle.event('finished');
	const { ended, text } = await checker.check();
	assert.ok(ended && longest >= 3 && longest < 9, `${longest} segments`);
	assert.ok(Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text)[1]) > 2, text);
});

test('kill -9: what is left plays; recovery ends it', { timeout: 90_000 }, async (t) => {
	const first = await newJanus(t);
	const { handle, id } = await recordVp8(t, first, { hls: 'single', id: 'killed' });
	await recorded(handle, 7500);
	await first.stop('SIGKILL');
	const list = join(first.recordings, `${id}.m3u8`), url = `${await serve(t, first.recordings)}/${id}.m3u8`;
	const checker = checkerOf(t, list), left = await checker.check();
	assert.ok(!left.ended && left.seconds >= 4);
	assert.equal(await played(url, left.seconds - 0.5, ['-live_start_index', '0']), '');

	const janus = await newJanus(t, { folder: first.folder });
	await until('the end of the playlist', async () => (await checker.check()).ended, { timeout: 15_000 });
	const { seconds, discontinuities } = await checker.check();
	assert.ok(seconds >= left.seconds && seconds > 6.5, `${seconds} s`);
	assert.equal(discontinuities, 0);
	assert.equal(await played(url, 100), '');
	const { recordings } = await admin(janus, { request: 'list_recordings' });
	assert.deepEqual(recordings.map((item) => [item.id, item.playlist]), [['killed', 'killed.m3u8']]);
});

test('what cannot be had is refused, and what is configured holds where it can', { timeout: 40_000 }, async (t) => {
	const shared = await sharedJanus();
	await refused((await newHandle(t, shared)).request({ request: 'record', hls: 'single', container: 'mkv' }, offer()), 605, /container ts/);
	await refused((await newHandle(t, shared)).request({ request: 'record', hls: 'segments' }, offer()), 605, /segment_duration/);
	const janus = await newJanus(t, { config: 'hls = "single"\n\tcontainer = "auto"' });
	for (const [container, file] of [[undefined, 'a.recording.ts'], ['mkv', 'a.recording.mkv']]) {
		const handle = await newHandle(t, janus);
		assert.equal((await handle.request({ request: 'record', id: 'a', container }, offer())).data.result.file, file);
		await handle.request({ request: 'stop' });
		await handle.event('finished');
	}
	assert.deepEqual(readdirSync(janus.recordings).filter((name) => name.endsWith('.m3u8')), []);
});
