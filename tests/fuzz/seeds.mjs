// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the seeds chromium-* and aiortc-* of tests/fuzz/corpus anew: peers send to Janus, which writes what arrives, decrypted,
// into a pcap; of that the first packets of each stream. Run it as
//
//     TSR_BUILD=… tests/lib/netns node --test tests/fuzz/seeds.mjs

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AiortcPeer } from '../e2e/aiortcPeer.mjs';
import { newPeer, sending, sharedJanus } from '../e2e/stage.mjs';

const corpus = fileURLToPath(new URL('corpus/', import.meta.url));
const MOST_BYTES = 6000; // of a seed: fuzzers like them small

const size = { width: 320, height: 240 };
const peers = [
	['chromium-vp8', 'vp8', { video: 'VP8', size }],
	['chromium-vp9', 'vp9', { video: 'VP9', size }],
	['chromium-vp9-svc', 'vp9', { video: 'VP9', size: { width: 640, height: 480 }, scalabilityMode: 'L3T3' }],
	['chromium-h264', 'h264', { video: 'H264', size }],
	['chromium-h264-mode0', 'h264', { video: 'H264', packetizationMode: 0, size }],
	['chromium-av1', 'av1', { video: 'AV1', size }],
	['aiortc-vp8', 'vp8', 'VP8'],
	['aiortc-h264', 'h264', 'H264'],
];

/** The RTP and RTCP packets of a pcap of Ethernet or raw IPv4 frames with UDP. */
function packetsOf(pcap) {
	const linkHeader = { 1: 14, 101: 0, 228: 0 }[pcap.readUInt32LE(20)];
	const packets = [];
	for (let at = 24; at + 16 <= pcap.length;) {
		const length = pcap.readUInt32LE(at + 8);
		const ip = pcap.subarray(at + 16 + linkHeader, at + 16 + length);
		packets.push(ip.subarray((ip[0] & 15) * 4 + 8));
		at += 16 + length;
	}
	return packets;
}

const isRtcp = (packet) => packet[1] >= 192 && packet[1] <= 223;

function parse(packet) {
	let at = 12 + (packet[0] & 15) * 4;
	if (packet[0] & 0x10)
		at += 4 + packet.readUInt16BE(at + 2) * 4;
	const padding = packet[0] & 0x20 ? packet.at(-1) : 0;
	return {
		type: packet[1] & 0x7f, marker: packet[1] >> 7, ts: packet.readUInt32BE(4), ssrc: packet.readUInt32BE(8),
		payload: packet.subarray(at, packet.length - padding),
	};
}

/** As depay.c reads it. */
function depaySeed(rtp) {
	const parts = [Buffer.from([0])];
	let bytes = 0;
	let last = rtp[0].ts;
	for (const { marker, ts, type, payload } of rtp) {
		if (payload.length === 0)
			continue;
		if ((bytes += payload.length) > MOST_BYTES)
			break;
		const head = Buffer.from([payload.length >> 8, payload.length & 255, marker | (type === 63 ? 4 : 0), Math.min(255, Math.round(((ts - last) >>> 0) / 480))]);
		parts.push(head, payload);
		last = ts;
	}
	return Buffer.concat(parts);
}

function write(folder, name, data) {
	mkdirSync(join(corpus, folder), { recursive: true });
	writeFileSync(join(corpus, folder, name), data);
}

for (const [name, codec, media] of peers)
	test(name, { timeout: 60_000 }, async (t) => {
		const janus = await sharedJanus();
		const chromium = name.startsWith('chromium');
		const { session, handle, peer } = await newPeer(t, { janus, ...(chromium ? {} : { Peer: AiortcPeer, codec: media }) });
		const adminSays = async (message) => {
			const reply = await (await fetch(`${janus.admin}/${session.id}/${handle.id}`,
				{ method: 'POST', body: JSON.stringify({ transaction: 'x', admin_secret: 'secret', ...message }) })).json();
			assert.equal(reply.janus, 'success', JSON.stringify(reply));
		};
		await adminSays({ janus: 'start_pcap', folder: janus.folder, filename: name, truncate: 0 });
		await peer.publish(handle, { request: 'record' }, chromium ? media : undefined);
		await handle.event('recording');
		await (chromium ? sending(peer, 3) : new Promise((resolve) => setTimeout(resolve, 3000)));
		await adminSays({ janus: 'stop_pcap' });
		const pcap = readFileSync(join(janus.folder, name));
		const packets = packetsOf(pcap);
		const rtp = packets.filter((p) => !isRtcp(p) && p[0] >> 6 === 2).map(parse);
		const kinds = new Map();
		for (const packet of rtp)
			kinds.set(packet.ssrc, [...(kinds.get(packet.ssrc) ?? []), packet]);
		const streams = [...kinds.values()].filter((stream) => stream.length > 20)
			.sort((a, b) => Math.max(...b.map((p) => p.payload.length)) - Math.max(...a.map((p) => p.payload.length)));
		t.diagnostic(streams.map((s) => `type ${s[0].type}: ${s.length} packets`).join(', '));
		write(`depay_${codec}`, name, depaySeed(streams[0]));
		const sound = streams.find((s) => [63, 96, 111].includes(s[0].type) && s !== streams[0]);
		write('depay_opus', name, depaySeed(sound.slice(0, 40)));
		const wire = packets.find((p) => !isRtcp(p) && parse(p).ssrc === streams[0][0].ssrc);
		write('rtp', name, wire);
		write('rtp', `${name}-rtcp`, packets.find((p) => isRtcp(p) && p[1] === 200));
	});
