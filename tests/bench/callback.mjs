// SPDX-License-Identifier: GPL-3.0-or-later
// How long Janus's thread is in our incoming_rtp: a stock Janus with libjanus_timed.so (timed_plugin.c) around the plugin, and peers
// as in live.mjs. Cases: nothing else to do; every peer transcoded (VP8 to H.264, Opus to AAC); a disk on which nothing can be written;
// one on which fdatasync() does not return. The disks need root.
//
//     tests/lib/netns node tests/bench/callback.mjs [--peers 10] [--seconds 20] [--cases idle,transcode,write,sync] [--json FILE]

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildFolder, ourPlugin, startJanus } from '../lib/janus.mjs';
import { temporaryFolder } from '../lib/process.mjs';
import { connect } from '../lib/signalling.mjs';
import { sleep } from '../lib/wait.mjs';
import { cpuSeconds, makeFeed, ourName, startPeer, startSender, stopPeer } from './feed.mjs';

const { values: options } = parseArgs({
	options: {
		peers: { type: 'string', default: '10' },
		seconds: { type: 'string', default: '20' },
		cases: { type: 'string', default: 'idle,transcode,write,sync' },
		json: { type: 'string' },
	},
});
const seconds = Number(options.seconds);

// ---- a disk of our own that stands still (as in tests/faults/disks.py) ----

const command = (...words) => execFileSync(words[0], words.slice(1), { encoding: 'utf8' }).trim();

/** Where an ext4 in a file is mounted. The mount is seen in this namespace alone (tests/lib/netns) and takes the loop device with it. */
function mountDisk() {
	const folder = temporaryFolder('disk');
	const [image, path] = [join(folder, 'image'), join(folder, 'mounted')];
	command('truncate', '-s', '1G', image);
	command('mkfs.ext4', '-q', '-F', '-m', '0', image);
	mkdirSync(path);
	command('mount', '-o', 'loop', image, path);
	return path;
}

/** Whoever writes to a frozen file system waits. */
function freeze(path) {
	command('fsfreeze', '-f', path);
	return () => command('fsfreeze', '-u', path);
}

/** Janus's threads may write one byte a second to the device: the page cache takes what they write, fdatasync() waits. */
function throttle(path, janus) {
	const group = `/sys/fs/cgroup/blkio/tsr-bench-${process.pid}`;
	const { dev } = statSync(path);
	const limit = (bytes) => writeFileSync(join(group, 'blkio.throttle.write_bps_device'), `${dev >> 8}:${dev & 255} ${bytes}`);
	if (!existsSync(group))
		mkdirSync(group);
	writeFileSync(join(group, 'cgroup.procs'), String(janus.pid));
	limit(1);
	return () => {
		limit(0);
		writeFileSync('/sys/fs/cgroup/blkio/cgroup.procs', String(janus.pid));
		rmdirSync(group);
	};
}

// ---- measuring ----

/** What is different in a case; `still` is the figure of a recording that does not change while its disk stands still. */
const cases = {
	idle: {},
	transcode: { codec: 'vp8', audio_mode: 'transcode' },
	write: { stall: freeze, still: 'bytes_written' },
	sync: { stall: throttle, still: 'flushes' },
};

async function times(janus) {
	const message = { janus: 'message_plugin', transaction: 'x', admin_secret: 'secret', plugin: ourName, request: { request: 'times' } };
	const { response } = await (await fetch(janus.admin, { method: 'POST', body: JSON.stringify(message) })).json();
	return response;
}

const statusOf = async ({ handle }) => (await handle.request({ request: 'status' })).data;

/** The times of so many seconds, in which the disk stands still if that is the case. */
async function watch(janus, peers, { stall, still }) {
	const release = stall?.(janus.folder, janus);
	if (release)
		process.on('exit', release); // or what waits for the disk could not even be killed
	try {
		await sleep(1000); // what was on its way to the disk
		const before = await statusOf(peers[0]);
		const cpu = cpuSeconds(janus.pid);
		await times(janus);
		await sleep(seconds * 1000);
		const seen = await times(janus);
		const after = await statusOf(peers[0]);
		if (still && after[still] !== before[still])
			throw new Error(`the disk did not stand still: ${still} went from ${before[still]} to ${after[still]}`);
		return { ...seen, processors: (cpuSeconds(janus.pid) - cpu) / seconds };
	} finally {
		if (release) {
			process.off('exit', release);
			release();
		}
	}
}

async function measure(name) {
	const { codec, audio_mode = 'copy', stall } = cases[name];
	const sender = await startSender(await makeFeed(temporaryFolder('feed'), { codec }));
	const folder = stall ? mountDisk() : undefined;
	const janus = await startJanus({ folder, plugin: join(buildFolder, 'tests/bench/.libs/libjanus_timed.so'), env: { TSR_TIMED_PLUGIN: ourPlugin } });
	const session = await connect(janus.ws);
	const peers = [];
	for (let i = 0; i < Number(options.peers); i++)
		peers.push(await startPeer(sender, session, ourName, { request: 'record', audio_mode }));
	await sleep(2500); // a keyframe has come to each
	const mode = codec ? 'transcode' : 'copy';
	if (!(await statusOf(peers[0])).tracks.every((track) => track.mode === mode && track.started))
		throw new Error(`not every track is of mode ${mode}`);
	const result = { case: name, peers: peers.length, ...(await watch(janus, peers, cases[name])) };
	result.refused = 0;
	for (const peer of peers) {
		result.refused += (await statusOf(peer)).inbox_dropped_packets;
		await stopPeer(peer);
	}
	session.drop();
	await janus.stop();
	await sender.stop();
	if (folder)
		command('umount', folder);
	return result;
}

const rows = [];
for (const name of options.cases.split(','))
	rows.push(await measure(name));

console.log(`# callback: incoming_rtp with ${options.peers} peers, ${seconds} s each; wall time (and the thread's CPU time) in us`);
console.log('# case         calls        median          99 %          99.9 %        longest   preempted  waited  faulted  refused  processors');
for (const { case: name, incoming_rtp: { calls, wall, cpu, preempted, waited, faulted }, refused, processors } of rows) {
	const both = (figure) => `${wall[figure].toFixed(2)} (${cpu[figure].toFixed(2)})`.padStart(16);
	console.log(`${name.padEnd(10)} ${String(calls).padStart(9)}${['median_us', 'p99_us', 'p999_us', 'longest_us'].map(both).join('')} ${String(preempted).padStart(9)} ${String(waited).padStart(7)} ${String(faulted).padStart(8)} ${String(refused).padStart(8)} ${processors.toFixed(2).padStart(11)}`);
}
if (options.json)
	writeFileSync(options.json, JSON.stringify(rows, null, '\t'));
process.exit(0);
