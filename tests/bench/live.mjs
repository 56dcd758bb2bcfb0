// SPDX-License-Identifier: GPL-3.0-or-later
// Live inside Janus, without a browser: what the recording Janus costs per peer with our plugin, with Janus's own recorder, and with a
// handle that records nothing; or, with --search, how many peers at most are recorded whole.
//
//     tests/lib/netns node tests/bench/live.mjs [--peers 20] [--seconds 10] [--rounds 3] [--modes copy,recordplay,…] [--json FILE]
//     tests/lib/netns node tests/bench/live.mjs --search [--peers 20] [--seconds 10] [--modes copy] [--json FILE]

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startJanus } from '../lib/janus.mjs';
import { temporaryFolder } from '../lib/process.mjs';
import { connect } from '../lib/signalling.mjs';
import { sleep } from '../lib/wait.mjs';
import { cpuSeconds, makeFeed, ourName, startPeer, startSender, stopPeer, takenByUs } from './feed.mjs';

const { values: options } = parseArgs({
	options: {
		peers: { type: 'string', default: '20' },
		seconds: { type: 'string', default: '10' },
		rounds: { type: 'string', default: '3' },
		modes: { type: 'string' },
		search: { type: 'boolean', default: false },
		json: { type: 'string' },
	},
});
const seconds = Number(options.seconds);
const rounds = Number(options.rounds);
const modeNames = (options.modes ?? (options.search ? 'copy' : 'copy,aac,aac-stereo,recordplay,nothing')).split(',');

/** What a handle of the recording Janus is told, per mode; the feed is in mono unless it says so. */
const modes = {
	copy: { plugin: ourName, body: () => ({ request: 'record', audio_mode: 'copy' }) },
	aac: { plugin: ourName, body: () => ({ request: 'record', audio_mode: 'transcode' }) },
	'aac-stereo': { plugin: ourName, body: () => ({ request: 'record', audio_mode: 'transcode' }), channels: 2 },
	recordplay: { plugin: 'janus.plugin.recordplay', body: (name) => ({ request: 'record', name }) },
	nothing: { plugin: 'janus.plugin.echotest', body: () => ({ audio: true, video: true }) },
	// A VideoRoom: nothing recorded, never and not any more; by itself; by us.
	room: inRoom({}),
	'room-tapped': inRoom({}, async (recorder) => {
		await recorder.request({ request: 'record_room', room: 1, id: 'tap' });
		await recorder.request({ request: 'stop_tap', tap: 'tap' });
		await recorder.event('tap_ended');
	}),
	'room-mjr': inRoom({ record: true }),
	'room-copy': inRoom({}, (recorder) => recorder.request({ request: 'record_room', room: 1, id: 'tap', audio_mode: 'copy' })),
};

/** Everybody publishes into one room, of which `prepare` makes something by a handle of ours. */
function inRoom(settings, prepare = () => {}) {
	const plugin = 'janus.plugin.videoroom';
	return {
		plugin,
		body: (display) => ({ request: 'joinandconfigure', ptype: 'publisher', room: 1, display }),
		async prepare(session, folder) {
			const host = await session.attach(plugin);
			await host.request({ request: 'create', room: 1, publishers: 1000, videocodec: 'h264', rec_dir: folder, ...settings });
			await prepare(await session.attach(ourName));
		},
	};
}

// ---- measuring ----

/** UDP datagrams that no socket of this network had room for: the machine was too slow, whoever's fault that is. */
function overflowed() {
	const [names, values] = readFileSync('/proc/net/snmp', 'utf8').split('\n').filter((line) => line.startsWith('Udp:')).map((line) => line.split(' '));
	return Number(values[names.indexOf('RcvbufErrors')]);
}

const residentMiB = (pid) => Number(/Rss:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
const threadsOf = (pid) => Number(/Threads:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

async function measureIn(sender, janus, session, mode, peers) {
	const { plugin, body } = modes[mode];
	const all = [];
	await modes[mode].prepare?.(session, janus.recordings);
	for (let i = 0; i < peers; i++)
		all.push(await startPeer(sender, session, plugin, body(`peer ${i}`)));
	await sleep(2500); // a keyframe has come to each
	const before = cpuSeconds(janus.pid);
	const start = performance.now();
	await sleep(seconds * 1000);
	const cpu = cpuSeconds(janus.pid) - before;
	const elapsed = (performance.now() - start) / 1000;
	const result = { mode, ms: (cpu / elapsed / peers) * 1000, rss: residentMiB(janus.pid), threads: threadsOf(janus.pid) };
	if (plugin === ourName) {
		const taken = [];
		for (const peer of all)
			taken.push(await takenByUs(peer));
		const sum = (field) => taken.reduce((n, peer) => n + peer[field], 0);
		Object.assign(result, { lost: sum('lost'), missing: sum('missing'), arrived: sum('arrived') });
	}
	for (const peer of all)
		await stopPeer(peer);
	return result;
}

async function measure(feeds, mode, peers) {
	const overflowedBefore = overflowed();
	const sender = await startSender(feeds[modes[mode].channels ?? 1]);
	const janus = await startJanus({ plugins: ['recordplay', 'echotest', 'videoroom'], config: 'report = true' });
	const session = await connect(janus.ws);
	try {
		return { ...await measureIn(sender, janus, session, mode, peers), overflowed: overflowed() - overflowedBefore };
	} finally {
		session.drop();
		await janus.stop();
		await sender.stop();
	}
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Modes take turns, so that a busy moment hits all of them. */
async function compare(feeds, peers) {
	const results = [];
	for (let round = 0; round < rounds; round++)
		for (const mode of modeNames)
			results.push(await measure(feeds, mode, peers));
	const rows = modeNames.map((mode) => {
		const of = results.filter((r) => r.mode === mode);
		return { mode, peers, ms_per_s_and_peer: median(of.map((r) => r.ms)), rss_mib: median(of.map((r) => r.rss)), threads: of[0].threads,
			lost_by_us: of[0].lost === undefined ? undefined : of.reduce((n, r) => n + r.lost, 0), packets: of.reduce((n, r) => n + (r.arrived ?? 0), 0) || undefined,
			never_arrived: of.reduce((n, r) => n + (r.missing ?? 0), 0), overflowed: of.reduce((n, r) => n + r.overflowed, 0) };
	});
	const base = rows.find((r) => ['recordplay', 'room-mjr'].includes(r.mode))?.ms_per_s_and_peer;
	console.log(`# live: ${peers} peers of 2.5 Mb/s H.264 and Opus, ${seconds} s, median of ${rounds}; CPU of the whole recording Janus`);
	console.log('# mode         ms per s and peer   against .mjr     RSS MiB   threads   packets    lost by us');
	for (const r of rows)
		console.log(`${r.mode.padEnd(14)} ${r.ms_per_s_and_peer.toFixed(2).padStart(17)} ${(base ? (r.ms_per_s_and_peer / base).toFixed(2) : '-').padStart(13)} ${r.rss_mib.toFixed(0).padStart(11)} ${String(r.threads).padStart(9)} ${String(r.packets ?? '-').padStart(9)} ${String(r.lost_by_us ?? '-').padStart(12)}`);
	return rows;
}

// ---- searching ----

/** Of what was sent to the recording Janus, the most that may be missing on its way: beyond, it is not us who are measured. */
const wayLossMax = 0.01;

/**
 * Whether so many peers are recorded whole, and if not, who failed: we lost packets, packets were lost on their way to us, or the peers
 * did not even come to be.
 */
async function held(feeds, mode, peers) {
	let verdict;
	try {
		const { lost, missing, arrived, overflowed: full } = await measure(feeds, mode, peers);
		const way = missing / (missing + arrived);
		verdict = { peers, lost_by_us: lost, way_loss: way, overflowed: full, why: lost ? 'lost by us' : way > wayLossMax ? 'lost on the way to us' : '' };
	} catch (error) {
		verdict = { peers, why: error.message.split('\n')[0] };
	}
	console.log(`${mode}: ${peers} peers: ${verdict.why ? `not held, ${verdict.why}` : 'held'}; ${verdict.lost_by_us ?? '?'} packets lost by us, ${((verdict.way_loss ?? NaN) * 100).toFixed(2)} % on the way to us`);
	return verdict;
}

/** Doubles until it fails, then halves the difference to within a tenth. */
async function search(feeds, mode, first) {
	let good = { peers: 0 };
	let bad;
	for (let n = first; !bad; n *= 2) {
		const verdict = await held(feeds, mode, n);
		if (verdict.why)
			bad = verdict;
		else
			good = verdict;
	}
	while (bad.peers - good.peers > Math.max(1, good.peers / 10)) {
		const verdict = await held(feeds, mode, Math.floor((good.peers + bad.peers) / 2));
		if (verdict.why)
			bad = verdict;
		else
			good = verdict;
	}
	console.log(`# ${mode}: ${good.peers} peers of 2.5 Mb/s held for ${seconds} s with no packet lost by us; ${bad.peers} not: ${bad.why}`);
	return { mode, held: good.peers, not_held: bad.peers, why: bad.why };
}

const folder = temporaryFolder('live');
const feeds = {};
for (const channels of new Set(modeNames.map((mode) => modes[mode].channels ?? 1)))
	feeds[channels] = await makeFeed(folder, { channels });
const rows = [];
if (options.search)
	for (const mode of modeNames.filter((name) => modes[name].plugin === ourName))
		rows.push(await search(feeds, mode, Number(options.peers)));
else
	rows.push(...await compare(feeds, Number(options.peers)));
if (options.json)
	writeFileSync(options.json, JSON.stringify(rows, null, '\t'));
process.exit(0);
