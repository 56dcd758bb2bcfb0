// SPDX-License-Identifier: GPL-3.0-or-later
// What every test here needs: Janus with the plugin, handles, the Admin API, and peers that send or only say that they would.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after } from 'node:test';
import { AiortcPeer } from '../e2e/aiortcPeer.mjs';
import { startJanus } from '../lib/janus.mjs';
import { connect, JanusError } from '../lib/signalling.mjs';
import { until } from '../lib/wait.mjs';

export const pluginName = 'janus.plugin.tsrecorder';

let shared;

/** One Janus for the tests that need no configuration of their own. */
export async function sharedJanus() {
	shared ??= startJanus({ config: 'admin_key = "operator"' });
	return shared;
}

after(async () => {
	await (await shared)?.stop();
});

/** A Janus of the test's own. */
export async function newJanus(t, options) {
	const janus = await startJanus(options);
	t.after(() => janus.stop('SIGKILL'));
	return janus;
}

/** A handle in a session of its own; both end with the test. */
export async function newHandle(t, janus, url = janus.ws) {
	const session = await connect(url);
	t.after(() => session.drop());
	return session.attach(pluginName);
}

/** Asserts that it fails with this code and a sentence that matches. */
export async function refused(promise, code, sentence = /./) {
	try {
		await promise;
	} catch (error) {
		if (!(error instanceof JanusError))
			throw error;
		assert.equal(error.code, code, error.message);
		assert.match(error.reason, sentence);
		return;
	}
	assert.fail(`accepted, instead of ${code}`);
}

/** A request to the plugin through the Admin API; its answer, or its error thrown. */
export async function admin(janus, request) {
	const message = { janus: 'message_plugin', transaction: 'x', admin_secret: 'secret', plugin: pluginName, request };
	const reply = await (await fetch(janus.admin, { method: 'POST', body: JSON.stringify(message) })).json();
	if (reply.janus === 'error')
		throw new JanusError(reply.error.code, reply.error.reason);
	if (reply.response.error_code !== undefined)
		throw new JanusError(reply.response.error_code, reply.response.error);
	return reply.response;
}

/** What lies in a recordings folder, but for its catalogue. */
export const filesIn = (folder) => readdirSync(folder, { recursive: true }).filter((name) => !name.startsWith('.catalogue.db')).sort();

// ---- offers of a peer that is not there ----

const codecs = {
	opus: { audio: true, types: { 111: ['opus/48000/2', 'minptime=10;useinbandfec=1'] } },
	red: { audio: true, types: { 63: ['red/48000/2', '111/111'] } },
	pcmu: { audio: true, types: { 0: ['PCMU/8000'] } },
	g722: { audio: true, types: { 9: ['G722/8000'] } },
	g722Wide: { audio: true, types: { 9: ['G722/16000'] } },
	l16: { audio: true, types: { 107: ['L16/48000'] } },
	multiopus: { audio: true, types: { 113: ['multiopus/48000/6', 'channel_mapping=0,4,1,2,3,5;coupled_streams=2;minptime=10;num_streams=4'] } },
	multiopusOther: { audio: true, types: { 113: ['multiopus/48000/6', 'channel_mapping=0,1,2,3,4,5;coupled_streams=0;num_streams=6'] } },
	telephone: { audio: true, types: { 126: ['telephone-event/8000'] } },
	vp8: { types: { 96: ['VP8/90000'] } },
	vp9: { types: { 98: ['VP9/90000', 'profile-id=0'], 100: ['VP9/90000', 'profile-id=2'] } },
	av1: { types: { 45: ['AV1/90000', 'level-idx=5;profile=0;tier=0'] } },
	h265: { types: { 49: ['H265/90000', 'level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST'] } },
	h264: {
		types: {
			102: ['H264/90000', 'level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f'],
			106: ['H264/90000', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f'],
			108: ['H264/90000', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f'],
		},
	},
	h264Interleaved: { types: { 109: ['H264/90000', 'packetization-mode=2;profile-level-id=42e01f'] } },
	h265Reordered: { types: { 50: ['H265/90000', 'profile-id=1;sprop-max-don-diff=4'] } },
	theora: { types: { 97: ['THEORA/90000'] } },
};

/** A media line that offers these codecs; `direction` and `port` as in SDP. */
export function line(names, { direction = 'sendonly', port = 9 } = {}) {
	const offered = names.flatMap((name) => Object.entries(codecs[name].types).map(([type, map]) => [type, ...map]));
	const kind = codecs[names[0]].audio ? 'audio' : 'video';
	return (mid) => [
		`m=${kind} ${port} UDP/TLS/RTP/SAVPF ${offered.map(([type]) => type).join(' ')}`,
		'c=IN IP4 0.0.0.0',
		'a=rtcp-mux',
		'a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuvwx',
		`a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
		'a=setup:actpass',
		`a=mid:${mid}`,
		`a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid`,
		`a=extmap:3 urn:3gpp:video-orientation`,
		`a=${direction}`,
		...offered.flatMap(([type, map, fmtp]) => [`a=rtpmap:${type} ${map}`, ...(fmtp ? [`a=fmtp:${type} ${fmtp}`] : [])]),
	];
}

/** A data channel, as it is offered (RFC 8841), and as it was before. */
export const dataChannel = ({ old = false } = {}) => (mid) => [
	`m=application 9 ${old ? 'DTLS/SCTP 5000' : 'UDP/DTLS/SCTP webrtc-datachannel'}`,
	'c=IN IP4 0.0.0.0',
	'a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuvwx',
	`a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
	'a=setup:actpass',
	`a=mid:${mid}`,
	old ? 'a=sctpmap:5000 webrtc-datachannel 1024' : 'a=sctp-port:5000',
];

/** An offer of these lines, as a JSEP. */
export function offer(...lines) {
	const all = lines.length ? lines : [line(['opus']), line(['h264', 'vp8'])];
	const sdp = [
		'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0',
		`a=group:BUNDLE ${all.map((_, i) => i).join(' ')}`,
		...all.flatMap((make, i) => make(i)),
	];
	return { type: 'offer', sdp: `${sdp.join('\r\n')}\r\n` };
}

/** The lines of an answer's media line. */
export const answered = (jsep, mindex) => jsep.sdp.split(/\r\n(?=m=)/)[mindex + 1].split('\r\n');

// ---- a peer that sends ----

let count = 0;

/** Records a peer that sends H.264 and Opus, until media is in the file. */
export async function recordPeer(t, janus, request = {}, { url = janus.ws } = {}) {
	const handle = await newHandle(t, janus, url);
	const peer = await AiortcPeer.open({ codec: 'H264' });
	t.after(() => peer.close());
	const id = request.id ?? `rec-${++count}`;
	const { result } = await peer.publish(handle, { request: 'record', id, ...request });
	await handle.event('recording', { match: (event) => event.id === id });
	return { handle, peer, id, started: result };
}

/** Waits until so many milliseconds of media are in the file. */
export function recorded(handle, ms) {
	return until(`${ms} ms in the file`, async () => (await handle.request({ request: 'status' })).data.duration_ms >= ms,
		{ timeout: ms + 15_000 });
}
