// SPDX-License-Identifier: GPL-3.0-or-later
// Live inside Janus, without a browser: one Janus streams a feed to N viewers, whose offers are handed to N handles of a second
// Janus. What that second Janus costs per peer with our plugin, with Janus's own recorder, and with a handle that records nothing.
//
//     tests/lib/netns node tests/bench/live.mjs [--peers 20] [--seconds 10] [--rounds 3] [--modes copy,recordplay,…] [--json FILE]

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startJanus } from '../lib/janus.mjs';
import { freePort, Process, run, temporaryFolder } from '../lib/process.mjs';
import { connect } from '../lib/signalling.mjs';
import { sleep, until } from '../lib/wait.mjs';

const { values: options } = parseArgs({
	options: {
		peers: { type: 'string', default: '20' },
		seconds: { type: 'string', default: '10' },
		rounds: { type: 'string', default: '3' },
		modes: { type: 'string', default: 'copy,aac,aac-stereo,recordplay,nothing' },
		json: { type: 'string' },
	},
});
const peers = Number(options.peers);
const seconds = Number(options.seconds);
const rounds = Number(options.rounds);

/** What a handle of the recording Janus is told, per mode. */
const modes = {
	copy: { plugin: 'janus.plugin.tsrecorder', body: () => ({ request: 'record', audio_mode: 'copy' }) },
	aac: { plugin: 'janus.plugin.tsrecorder', body: () => ({ request: 'record', audio_mode: 'transcode' }) },
	'aac-stereo': { plugin: 'janus.plugin.tsrecorder', body: () => ({ request: 'record', audio_mode: 'transcode' }), channels: 2 },
	recordplay: { plugin: 'janus.plugin.recordplay', body: (name) => ({ request: 'record', name }) },
	nothing: { plugin: 'janus.plugin.echotest', body: () => ({ audio: true, video: true }) },
};

// ---- the feed: 720p30 at 2.5 Mb/s with a keyframe every 2 s, and Opus in mono, as browsers send it, or in stereo ----

const ticksPerSecond = 100; // of /proc/PID/stat

async function ffmpeg(...args) {
	const { code, stderr } = await run('ffmpeg', ['-v', 'error', ...args]);
	if (code !== 0)
		throw new Error(stderr);
}

/** 20 s of it, coded once, repeated into ten minutes. */
async function makeFeed(folder, channels) {
	const [once, file] = [join(folder, `once-${channels}.ts`), join(folder, `feed-${channels}.mkv`)];
	const sound = ['500*t', '300*t*t', '700*t'].map((phase) => `0.1*sin(2*PI*${phase})`).slice(0, channels).join('|');
	await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=30,noise=alls=12:allf=t', '-f', 'lavfi', '-i', `aevalsrc=${sound}:s=48000`, '-t', '20',
		'-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'baseline', '-pix_fmt', 'yuv420p', '-b:v', '2500k', '-minrate', '2500k', '-maxrate', '2500k', '-bufsize', '1250k', '-g', '60',
		'-c:a', 'libopus', '-b:a', `${32 * channels}k`, once);
	writeFileSync(join(folder, 'list'), `file ${once}\n`.repeat(30));
	await ffmpeg('-f', 'concat', '-safe', '0', '-i', join(folder, 'list'), '-c', 'copy', file);
	return file;
}

function startFeed(file, video, audio) {
	return new Process('ffmpeg', ['-v', 'error', '-re', '-i', file,
		'-map', '0:v', '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', '-f', 'rtp', '-payload_type', '96', `rtp://127.0.0.1:${video}?pkt_size=1200`,
		'-map', '0:a', '-c', 'copy', '-f', 'rtp', '-payload_type', '111', `rtp://127.0.0.1:${audio}`]);
}

async function startSender(file) {
	const janus = await startJanus({ plugins: ['streaming'] });
	const session = await connect(janus.ws);
	const handle = await session.attach('janus.plugin.streaming');
	const [videoport, audioport] = [await freePort(), await freePort()];
	await handle.request({ request: 'create', type: 'rtp', id: 1, audio: true, audioport, audiopt: 111, audiocodec: 'opus',
		video: true, videoport, videopt: 96, videocodec: 'h264', videofmtp: 'profile-level-id=42e01f;packetization-mode=1' });
	const stop = async () => {
		session.drop();
		await sender.feed.stop('SIGKILL');
		await janus.stop();
	};
	const sender = { session, feed: startFeed(file, videoport, audioport), stop };
	return sender;
}

// ---- peers ----

/** Candidates of one side to the other, as they come. */
function relay(from, to) {
	from.watch(({ janus, candidate }) => janus === 'trickle' && to.trickle(candidate).catch(() => {}));
}

async function startPeer(sender, recorder, mode, name) {
	const viewer = await sender.attach('janus.plugin.streaming');
	const { jsep: offer } = await viewer.request({ request: 'watch', id: 1 });
	const handle = await recorder.attach(modes[mode].plugin);
	const { jsep: answer } = await handle.request(modes[mode].body(name), offer);
	await viewer.request({ request: 'start' }, answer);
	relay(viewer, handle);
	relay(handle, viewer);
	await until('media to flow', () => handle.events.some((e) => e.janus === 'webrtcup'), { timeout: 30_000 });
	return { viewer, handle };
}

async function stopPeer({ viewer, handle }, mode) {
	if (modes[mode].plugin === 'janus.plugin.tsrecorder') {
		await handle.request({ request: 'stop' });
		await handle.event('finished', { timeout: 30_000 });
	}
	await handle.detach();
	await viewer.detach();
}

/** Packets that reached us, and those of them that are in no file because of us. */
async function takenByUs(handle) {
	const { data } = await handle.request({ request: 'status' });
	const sum = (field) => data.tracks.reduce((n, track) => n + track[field], 0);
	return { arrived: sum('packets'), missing: sum('lost'), lost: data.inbox_dropped_packets + sum('frames_dropped') };
}

/** UDP datagrams that no socket of this network had room for: the machine was too slow, whoever's fault that is. */
function overflowed() {
	const [names, values] = readFileSync('/proc/net/snmp', 'utf8').split('\n').filter((line) => line.startsWith('Udp:')).map((line) => line.split(' '));
	return Number(values[names.indexOf('RcvbufErrors')]);
}

// ---- measuring ----

function cpuSeconds(pid) {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
	return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

const residentMiB = (pid) => Number(/Rss:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
const threadsOf = (pid) => Number(/Threads:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

async function measure(feeds, mode) {
	const overflowedBefore = overflowed();
	const sender = await startSender(feeds[modes[mode].channels ?? 1]);
	const janus = await startJanus({ plugins: ['recordplay', 'echotest'], config: 'report = true' });
	const session = await connect(janus.ws);
	const all = [];
	for (let i = 0; i < peers; i++)
		all.push(await startPeer(sender.session, session, mode, `peer ${i}`));
	await sleep(2500); // a keyframe has come to each
	const before = cpuSeconds(janus.pid);
	const start = performance.now();
	await sleep(seconds * 1000);
	const cpu = cpuSeconds(janus.pid) - before;
	const elapsed = (performance.now() - start) / 1000;
	const result = { mode, ms: (cpu / elapsed / peers) * 1000, rss: residentMiB(janus.pid), threads: threadsOf(janus.pid) };
	if (modes[mode].plugin === 'janus.plugin.tsrecorder') {
		const taken = [];
		for (const { handle } of all)
			taken.push(await takenByUs(handle));
		const sum = (field) => taken.reduce((n, peer) => n + peer[field], 0);
		Object.assign(result, { lost: sum('lost'), missing: sum('missing'), arrived: sum('arrived') });
	}
	result.overflowed = overflowed() - overflowedBefore;
	for (const peer of all)
		await stopPeer(peer, mode);
	session.drop();
	await janus.stop();
	await sender.stop();
	return result;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const folder = temporaryFolder('live');
const feeds = { 1: await makeFeed(folder, 1), 2: options.modes.includes('stereo') && await makeFeed(folder, 2) };
const results = [];
for (let round = 0; round < rounds; round++)
	for (const mode of options.modes.split(','))
		results.push(await measure(feeds, mode));

const rows = options.modes.split(',').map((mode) => {
	const of = results.filter((r) => r.mode === mode);
	return { mode, peers, ms_per_s_and_peer: median(of.map((r) => r.ms)), rss_mib: median(of.map((r) => r.rss)), threads: of[0].threads,
		lost_by_us: of[0].lost === undefined ? undefined : of.reduce((n, r) => n + r.lost, 0), packets: of.reduce((n, r) => n + (r.arrived ?? 0), 0) || undefined,
		never_arrived: of.reduce((n, r) => n + (r.missing ?? 0), 0), overflowed: of.reduce((n, r) => n + r.overflowed, 0) };
});
const base = rows.find((r) => r.mode === 'recordplay')?.ms_per_s_and_peer;
console.log(`# live: ${peers} peers of 2.5 Mb/s H.264 and Opus, ${seconds} s, median of ${rounds}; CPU of the whole recording Janus`);
console.log('# mode         ms per s and peer   against .mjr     RSS MiB   threads   packets    lost by us');
for (const r of rows)
	console.log(`${r.mode.padEnd(14)} ${r.ms_per_s_and_peer.toFixed(2).padStart(17)} ${(base ? (r.ms_per_s_and_peer / base).toFixed(2) : '-').padStart(13)} ${r.rss_mib.toFixed(0).padStart(11)} ${String(r.threads).padStart(9)} ${String(r.packets ?? '-').padStart(9)} ${String(r.lost_by_us ?? '-').padStart(12)}`);
if (options.json)
	writeFileSync(options.json, JSON.stringify(rows, null, '\t'));
process.exit(0);
