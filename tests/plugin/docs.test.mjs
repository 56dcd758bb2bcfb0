// SPDX-License-Identifier: GPL-3.0-or-later
// docs/api.md is true: its examples are sent in the order in which they stand there, and what comes has the same shape. A block of the page
// says what it is by what stands behind "json":
//
//     request [with offer]   of a handle; with an offer, the peer's media follows
//     request of the operator   to the Admin API
//     answer                 to the request before it: at once, or the event with its transaction
//     event                  that comes afterwards; it may have come already
//
// TSR_WRITE=1 tests/plugin/run '^docs' writes what came into the page, instead of comparing.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AiortcPeer } from '../e2e/aiortcPeer.mjs';
import { connect, JanusError } from '../lib/signalling.mjs';
import { admin, newHandle, newJanus, offer, recorded } from './stage.mjs';

const path = fileURLToPath(new URL('../../docs/api.md', import.meta.url));

// What an example says of these is what comes; of the rest, only its type.
const exact = new Set(['tsrecorder', 'status', 'state', 'id', 'name', 'type', 'codec', 'recorded_as', 'mode', 'reason', 'tap', 'room', 'peer', 'display', 'error_code',
	'warning', 'plugin', 'file', 'files', 'recovered', 'own', 'mid', 'mindex', 'description']);

const kind = (value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** Where `came` differs from the example, as sentences. */
function differences(example, came, where = '') {
	const [told, is] = [kind(example), kind(came)];
	if (told === 'null' || is === 'null') // never yet, or none
		return [];
	if (told !== is)
		return [`${where || 'it'} is ${is}, not ${told}`];
	if (told === 'object') {
		const keys = [...new Set([...Object.keys(example), ...Object.keys(came)])];
		return keys.flatMap((key) => {
			const place = where ? `${where}.${key}` : key;
			if (!(key in came))
				return [`${place} does not come`];
			if (!(key in example))
				return [`${place} comes, and the page does not say so`];
			if (exact.has(key) && kind(example[key]) !== 'array' && kind(example[key]) !== 'object' && example[key] !== came[key])
				return [`${place} is ${JSON.stringify(came[key])}, not ${JSON.stringify(example[key])}`];
			return differences(example[key], came[key], place);
		});
	}
	if (told === 'array') {
		if (example.length === 0) // there happened to be none
			return [];
		return came.flatMap((item, i) => differences(example[Math.min(i, example.length - 1)], item, `${where}[${i}]`));
	}
	return [];
}

/** JSON with what fits on a line on one. */
function pretty(value, indent = '') {
	const line = JSON.stringify(value, null, 1).replace(/\n */g, ' ');
	if (kind(value) !== 'array' && kind(value) !== 'object' || line.length + indent.length * 4 < 140)
		return line;
	const inner = `${indent}\t`;
	const items = kind(value) === 'array' ? value.map((item) => pretty(item, inner))
		: Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${pretty(item, inner)}`);
	// Short members share lines.
	const lines = [];
	for (const item of items) {
		const last = lines.at(-1);
		if (last !== undefined && !/\n|[{[]/.test(last + item) && last.length + item.length + inner.length * 4 < 140)
			lines[lines.length - 1] = `${last}, ${item}`;
		else
			lines.push(item);
	}
	const [open, close] = kind(value) === 'array' ? '[]' : '{}';
	return `${open}\n${lines.map((text) => inner + text).join(',\n')}\n${indent}${close}`;
}

/** Somebody who sends into the room that the page records. */
async function enterRoom(t, janus) {
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	const handle = await session.attach('janus.plugin.videoroom');
	await handle.request({ request: 'create', room: 1234, secret: 'of the room', publishers: 20, videocodec: 'h264,vp8' });
	const peer = await AiortcPeer.open({ codec: 'H264' });
	t.after(() => peer.close());
	await peer.publish(handle, { request: 'joinandconfigure', room: 1234, ptype: 'publisher', display: 'Ann', id: 5 });
	return { peer, handle };
}

test('docs/api.md: each example is sent, and answered as it says', { timeout: 90_000 }, async (t) => {
	const page = readFileSync(path, 'utf8');
	const write = Boolean(process.env.TSR_WRITE);
	const janus = await newJanus(t, {
		plugins: ['videoroom'], config: 'admin_key = "operator"',
		categories: 'profile-small: { description = "640x360 at 500 kbit/s", video_size = "640x360", video_bitrate = 500000, retain_days = 30 }',
	});
	await enterRoom(t, janus);
	const handle = await newHandle(t, janus);
	const peer = await AiortcPeer.open({ codec: 'H264' });
	t.after(() => peer.close());
	let answer;
	const used = new Set();
	const wrong = [];
	let count = 0;

	/** The error as the plugin sends it. */
	const failed = (error) => {
		assert.ok(error instanceof JanusError, error);
		return { tsrecorder: 'event', error_code: error.code, error: error.reason };
	};
	const send = async (words, body) => {
		if (words.includes('operator'))
			return admin(janus, body).catch(failed);
		if (words.includes('offer') && body.request === 'record')
			return peer.publish(handle, body).catch(failed);
		return handle.request(body, words.includes('offer') ? offer() : undefined).then(({ data }) => data, failed);
	};
	const eventLike = async (example) => {
		const { status, id, peer: who, state } = example.result;
		const result = await handle.event(status, { timeout: 15_000, match: (e) =>
			!used.has(e) && (!id || e.id === id) && (!who || e.peer === who) && (!state || e.state === state) });
		used.add(result);
		return { tsrecorder: 'event', result };
	};

	const blocks = [...page.matchAll(/^```json (.*)\n([\s\S]*?)^```$/gm)];
	let text = page;
	for (const [whole, words, json] of blocks) {
		const example = JSON.parse(json);
		if (words.startsWith('request')) {
			// What a pause or a split needs is something to go on behind.
			if (['pause', 'split', 'stop', 'status'].includes(example.request) && !example.tap && !words.includes('operator'))
				await recorded(handle, 1200).catch(() => {});
			answer = await send(words, example);
			continue;
		}
		count++;
		const came = words === 'answer' ? answer : await eventLike(example);
		const line = page.slice(0, page.indexOf(whole)).split('\n').length;
		if (write)
			text = text.replace(whole, () => `\`\`\`json ${words}\n${pretty(came).replaceAll(janus.recordings, '/var/lib/janus/recordings')}\n\`\`\``);
		else
			wrong.push(...differences(example, came).map((sentence) => `docs/api.md:${line}: ${sentence}`));
	}
	if (write)
		writeFileSync(path, text);
	assert.deepEqual(wrong, [], 'edit docs/api.md (TSR_WRITE=1 tests/plugin/run ^docs writes what comes)');
	assert.ok(count > 25, `${count} examples`);
	t.diagnostic(`${count} answers and events`);
});
