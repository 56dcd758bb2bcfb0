// SPDX-License-Identifier: GPL-3.0-or-later
// README's "API in ten calls" and "Record a room", run by bash as they stand there, but for the address, the SDP and secrets.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../lib/process.mjs';
import { connect } from '../lib/signalling.mjs';
import { newHandle, newJanus, offer } from './stage.mjs';

const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
const [, calls] = readme.match(/## The API in ten calls[\s\S]*?```sh\n([\s\S]*?)```/);
const [, room] = readme.match(/## Record a room[\s\S]*?```sh\n([\s\S]*?)```/);

test('ten calls with curl', { timeout: 30_000 }, async (t) => {
	const janus = await newJanus(t);
	const sdp = JSON.stringify(offer());
	assert.ok(!sdp.includes("'"));
	const script = calls
		.replace('http://127.0.0.1:8088/janus', janus.http)
		.replace(/\{"type":"offer","sdp":"v=0…"\}/, () => sdp)
		.replace(/"id":"ID"/, '"id":"nothing"')
		// One event each time; candidates of Janus come, too.
		.replace(/^(curl -s \$J\/\$S) .*$/m, 'until e=$($1); [[ $e == *starting* ]]; do :; done; echo "$e"')
		.split('\n').map((line) => (/^(say|until) /.test(line) ? `echo; echo "#"; ${line}` : line)).join('\n');
	const { code, stdout, stderr } = await run('bash', ['-euc', script]);
	assert.equal(code, 0, stderr);
	const answers = stdout.split('#\n').slice(1).map((text) => JSON.parse(text));
	const data = answers.map((answer) => answer.plugindata?.data);
	t.diagnostic(answers.map((answer, i) => data[i]?.tsrecorder ?? answer.janus).join(', '));
	assert.equal(answers.length, 8, stdout);
	assert.equal(answers[0].janus, 'ack');
	assert.equal(answers[1].jsep?.type, 'answer', JSON.stringify(answers[1]));
	assert.equal(data[1].result.status, 'starting');
	assert.deepEqual(data.slice(2, 4).map(({ tsrecorder }) => tsrecorder), ['status', 'pausing']);
	assert.equal(data[4].error_code, 610); // nothing came, so there is nothing to go on behind
	assert.deepEqual(data.slice(5, 7).map(({ tsrecorder }) => tsrecorder), ['stopping', 'list']);
	assert.equal(data[7].error_code, 613); // a recording that this handle did not make
});

test('a room is recorded with curl', { timeout: 30_000 }, async (t) => {
	const janus = await newJanus(t, { plugins: ['videoroom'] });
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	await (await session.attach('janus.plugin.videoroom')).request({ request: 'create', room: 1234, secret: 'of the room' });
	const handle = calls.split('\n').filter((line) => /^(J|S|H)=|^say\(\)/.test(line)).join('\n').replace('http://127.0.0.1:8088/janus', janus.http);
	const lines = room.trim().split('\n');
	assert.equal(lines.length, 3);
	const [begin, ...then] = lines.map((line) => line.replace('SECRET', 'of the room').replace('"TAP"', '"\'$TAP\'"').replace(/ #.*/, ''));
	const { code, stdout, stderr } = await run('bash', ['-euc', [handle, `begun=$(${begin}); echo "$begun"; TAP=$(jq -r .plugindata.data.tap <<<"$begun")`,
		...then.map((line) => `echo "#"; ${line}`)].join('\n')]);
	assert.equal(code, 0, stderr);
	const [tapping, status, stopping] = stdout.split('#\n').map((text) => JSON.parse(text).plugindata.data);
	assert.equal(tapping.tsrecorder, 'tapping');
	assert.deepEqual([status.tsrecorder, status.tap, status.room, status.peers], ['status', tapping.tap, 1234, []]);
	assert.deepEqual(stopping, { tsrecorder: 'stopping', tap: tapping.tap });
});

test('docs/operation.md: monitoring with curl', { timeout: 30_000 }, async (t) => {
	const page = readFileSync(fileURLToPath(new URL('../../docs/operation.md', import.meta.url)), 'utf8');
	const [, commands] = page.match(/## Monitoring[\s\S]*?```sh\n([\s\S]*?)```/);
	const janus = await newJanus(t);
	await (await newHandle(t, janus)).request({ request: 'record', id: 'runs' }, offer());
	const script = commands.replace('http://127.0.0.1:7088/admin', janus.admin).replace('janusoverlord', 'secret')
		.split('\n').map((line) => (line.startsWith('ask ') ? `echo "#"; ${line}` : line)).join('\n');
	const { code, stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c', script]);
	assert.equal(code, 0, stderr);
	const [stats, hanging, interrupted, interval, files] = stdout.split('#\n').slice(1);
	assert.equal(JSON.parse(stats).running, 1, stats);
	assert.ok(JSON.parse(stats).totals.started === 1 && JSON.parse(stats).catalogue.state, stats);
	assert.deepEqual([hanging, interrupted, interval, files].map((text) => text.trim()), ['', '0', '2', '0']);
});
