// SPDX-License-Identifier: GPL-3.0-or-later
// One Janus streams a feed to N viewers, whose offers are handed to N handles of a second Janus: peers without a browser. Shared by
// live.mjs and callback.mjs.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startJanus } from '../lib/janus.mjs';
import { freePort, Process, run } from '../lib/process.mjs';
import { connect } from '../lib/signalling.mjs';
import { until } from '../lib/wait.mjs';

async function ffmpeg(...args) {
	const { code, stderr } = await run('ffmpeg', ['-v', 'error', ...args]);
	if (code !== 0)
		throw new Error(stderr);
}

/** At 30 pictures a second with a keyframe every 2 s: what ffmpeg makes and sends it with, and how the mountpoint names it. */
const videos = {
	h264: {
		size: '1280x720', // 2.5 Mb/s
		encoder: ['-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'baseline', '-b:v', '2500k', '-minrate', '2500k', '-maxrate', '2500k', '-bufsize', '1250k'],
		filter: ['-bsf:v', 'h264_mp4toannexb'],
		mountpoint: { videocodec: 'h264', videofmtp: 'profile-level-id=42e01f;packetization-mode=1' },
	},
	vp8: {
		size: '640x480', // ten of them keep two cores busy
		encoder: ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '1000k'],
		filter: [],
		mountpoint: { videocodec: 'vp8' },
	},
};

/** 20 s of video and of Opus in so many channels (browsers send one), coded once, repeated into ten minutes. */
export async function makeFeed(folder, { codec = 'h264', channels = 1 } = {}) {
	const [once, file] = [join(folder, `once-${codec}-${channels}.mkv`), join(folder, `feed-${codec}-${channels}.mkv`)];
	const { size, encoder } = videos[codec];
	const sound = ['500*t', '300*t*t', '700*t'].map((phase) => `0.1*sin(2*PI*${phase})`).slice(0, channels).join('|');
	await ffmpeg('-f', 'lavfi', '-i', `testsrc2=s=${size}:r=30,noise=alls=12:allf=t`, '-f', 'lavfi', '-i', `aevalsrc=${sound}:s=48000`, '-t', '20',
		'-pix_fmt', 'yuv420p', ...encoder, '-g', '60', '-c:a', 'libopus', '-b:a', `${32 * channels}k`, once);
	const list = join(folder, `list-${codec}-${channels}`);
	writeFileSync(list, `file ${once}\n`.repeat(30));
	await ffmpeg('-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy', file);
	return { file, codec };
}

function startFeed({ file, codec }, video, audio) {
	return new Process('ffmpeg', ['-v', 'error', '-re', '-i', file,
		'-map', '0:v', '-c', 'copy', ...videos[codec].filter, '-f', 'rtp', '-payload_type', '96', `rtp://127.0.0.1:${video}?pkt_size=1200`,
		'-map', '0:a', '-c', 'copy', '-f', 'rtp', '-payload_type', '111', `rtp://127.0.0.1:${audio}`]);
}

/** The Janus that streams; stop() it. */
export async function startSender(feed) {
	const janus = await startJanus({ plugins: ['streaming'] });
	const session = await connect(janus.ws);
	const handle = await session.attach('janus.plugin.streaming');
	const [videoport, audioport] = [await freePort(), await freePort()];
	await handle.request({ request: 'create', type: 'rtp', id: 1, audio: true, audioport, audiopt: 111, audiocodec: 'opus',
		video: true, videoport, videopt: 96, ...videos[feed.codec].mountpoint });
	const source = startFeed(feed, videoport, audioport);
	const stop = async () => {
		session.drop();
		await source.stop('SIGKILL');
		await janus.stop();
	};
	return { session, stop };
}

// ---- peers ----

/** Candidates of one side to the other, as they come. */
function relay(from, to) {
	from.watch(({ janus, candidate }) => janus === 'trickle' && to.trickle(candidate).catch(() => {}));
}

/** A viewer of the sender whose media goes to a handle of the plugin, which is told `body`. */
export async function startPeer(sender, recorder, plugin, body) {
	const viewer = await sender.session.attach('janus.plugin.streaming');
	const { jsep: offer } = await viewer.request({ request: 'watch', id: 1 });
	const handle = await recorder.attach(plugin);
	const { jsep: answer } = await handle.request(body, offer);
	await viewer.request({ request: 'start' }, answer);
	relay(viewer, handle);
	relay(handle, viewer);
	await until('media to flow', () => handle.events.some((e) => e.janus === 'webrtcup'), { timeout: 30_000 });
	return { viewer, handle, plugin };
}

export const ourName = 'janus.plugin.tsrecorder';

export async function stopPeer({ viewer, handle, plugin }) {
	if (plugin === ourName) {
		await handle.request({ request: 'stop' });
		await handle.event('finished', { timeout: 30_000 });
	}
	await handle.detach();
	await viewer.detach();
}

/** Packets that reached our plugin for a peer, and those of them that are in no file because of us. */
export async function takenByUs({ handle }) {
	const { data } = await handle.request({ request: 'status' });
	const sum = (field) => data.tracks.reduce((n, track) => n + track[field], 0);
	return { arrived: sum('packets'), missing: sum('lost'), lost: data.inbox_dropped_packets + sum('frames_dropped') };
}

const ticksPerSecond = 100; // of /proc/PID/stat

/** Of all threads of a process, so far. */
export function cpuSeconds(pid) {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
	return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
