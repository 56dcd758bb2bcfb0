// SPDX-License-Identifier: GPL-3.0-or-later
// /metrics and /healthz: what they say of a recording, that the page names each metric, and who may ask.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startJanus } from '../lib/janus.mjs';
import { freePort } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';
import { admin, newJanus, recorded, recordPeer } from './stage.mjs';

const top = new URL('../..', import.meta.url).pathname;
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

/** {NAME or NAME{LABELS}: number}, and {FAMILY: type}; asserts that it is Prometheus's text format. */
function parse(text) {
	const samples = {}, types = {};
	let helped;
	assert.ok(text.endsWith('\n'));
	for (const line of text.trimEnd().split('\n')) {
		const [, what, name, rest] = line.match(/^# (HELP|TYPE) ([a-z_]+) (.+)$/) ?? [];
		if (what === 'HELP') {
			assert.ok(!(name in types), `${name} comes twice`);
			helped = name;
		} else if (what === 'TYPE') {
			assert.equal(helped, name);
			assert.match(rest, /^(counter|gauge|histogram)$/);
			assert.equal(name.endsWith('_total'), rest === 'counter', name);
			types[name] = rest;
		} else {
			const [, key, family, value] = line.match(/^(([a-z_]+)(?:\{[a-z]+="(?:[^"\\\n]|\\.)*"\})?) (\S+)$/) ?? assert.fail(line);
			assert.ok(family === helped || (types[helped] === 'histogram' && family.startsWith(`${helped}_`)), line);
			assert.ok(!(key in samples) && Number.isFinite(Number(value)), line);
			samples[key] = Number(value);
		}
	}
	return { samples, types };
}

async function scrape(url) {
	const response = await fetch(`${url}/metrics`);
	assert.equal(response.status, 200);
	assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
	return response.text();
}

async function janusWithMetrics(t, config = '') {
	const port = await freePort();
	const janus = await newJanus(t, { config: `metrics_address = "${port}"\n${config}` });
	return { janus, port, url: `http://127.0.0.1:${port}` };
}

test('metrics of a recording are what status and stats say, and their sums stay when it has ended', { timeout: 60_000 }, async (t) => {
	const { janus, url } = await janusWithMetrics(t);
	const before = parse(await scrape(url)).samples;
	assert.equal(before['tsrecorder_recordings{state="recording"}'], 0);
	assert.equal(before.tsrecorder_received_packets_total, 0);
	assert.ok(Math.abs(before.tsrecorder_start_time_seconds - Date.now() / 1000) < 60);

	const { handle } = await recordPeer(t, janus);
	await recorded(handle, 1500);
	const live = parse(await scrape(url)).samples;
	assert.equal(live['tsrecorder_recordings{state="recording"}'], 1);
	assert.equal(live.tsrecorder_recordings_started_total, 1);
	assert.equal(live.tsrecorder_handles, 1);
	assert.ok(live.tsrecorder_received_packets_total > 50 && live.tsrecorder_written_frames_total > 50);
	assert.ok(live.tsrecorder_written_bytes_total >= live.tsrecorder_durable_bytes_total && live.tsrecorder_durable_bytes_total > 10_000);
	assert.ok(live.tsrecorder_last_write_age_seconds < 2 && live.tsrecorder_exposed_seconds < 3);
	assert.equal(live['tsrecorder_lane_recordings{lane="copy"}'] + live['tsrecorder_lane_recordings{lane="transcode"}'], 1);
	assert.ok(live.tsrecorder_free_bytes > 0);

	const buckets = Object.entries(live).filter(([key]) => key.startsWith('tsrecorder_flush_duration_seconds_bucket'));
	assert.equal(buckets.at(-1)[0], 'tsrecorder_flush_duration_seconds_bucket{le="+Inf"}');
	buckets.reduce((below, [key, count]) => (assert.ok(count >= below, key), count), 0);
	assert.equal(buckets.at(-1)[1], live.tsrecorder_flush_duration_seconds_count);
	assert.ok(live.tsrecorder_flush_duration_seconds_count >= 1 && live.tsrecorder_flush_duration_seconds_sum > 0);
	const { totals } = await admin(janus, { request: 'stats' });
	assert.ok(totals.flushes >= live.tsrecorder_flush_duration_seconds_count);

	await handle.request({ request: 'stop' });
	await handle.event('finished');
	const after = parse(await scrape(url)).samples;
	assert.equal(after['tsrecorder_recordings_ended_total{result="finished"}'], 1);
	assert.equal(after['tsrecorder_recordings{state="recording"}'], 0);
	assert.equal(after['tsrecorder_catalogue_recordings{state="finished"}'], 1);
	assert.ok(after.tsrecorder_received_packets_total >= live.tsrecorder_received_packets_total);
	assert.equal(after.tsrecorder_exposed_bytes, 0);
	const sums = (await admin(janus, { request: 'stats' })).totals;
	assert.equal(after.tsrecorder_written_bytes_total, sums.bytes_written);
	assert.equal(after.tsrecorder_received_packets_total, sums.packets);
	assert.equal(after.tsrecorder_lost_packets_total, sums.lost);
});

test('docs/operation.md, the alert rules and the dashboard name the metrics that there are', { timeout: 30_000 }, async (t) => {
	const { url } = await janusWithMetrics(t);
	const { types } = parse(await scrape(url));
	const page = readFileSync(`${top}docs/operation.md`, 'utf8').split('### Prometheus')[1].split('\n## ')[0];
	const told = page.split('\n').filter((line) => line.startsWith('| `tsrecorder')).flatMap((line) => line.split('|')[1].match(/tsrecorder_\w+/g));
	assert.deepEqual(told.sort(), Object.keys(types).sort());
	for (const file of ['rules.yml', 'dashboard.json']) {
		const names = readFileSync(`${top}packaging/prometheus/janus-tsrecorder.${file}`, 'utf8').match(/tsrecorder_\w+/g);
		assert.ok(names.length > 8);
		for (const name of names)
			assert.ok(name.replace(/_bucket$/, '') in types, `${file} has ${name}`);
	}
	const dashboard = JSON.parse(readFileSync(`${top}packaging/prometheus/janus-tsrecorder.dashboard.json`, 'utf8'));
	assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
});

test('promtool finds nothing to complain of', { timeout: 30_000, skip: !hasPromtool && 'no promtool (Debian: prometheus)' }, async (t) => {
	const { url } = await janusWithMetrics(t);
	assert.equal(execFileSync('promtool', ['check', 'metrics'], { input: await scrape(url), encoding: 'utf8' }), '');
	execFileSync('promtool', ['check', 'rules', `${top}packaging/prometheus/janus-tsrecorder.rules.yml`]);
});

test('healthz: well, and not when there is no room', { timeout: 30_000 }, async (t) => {
	const { janus, url } = await janusWithMetrics(t);
	const ask = async () => {
		const response = await fetch(`${url}/healthz`);
		return [response.status, await response.json()];
	};
	assert.deepEqual(await ask(), [200, { status: 'ok', checks: { space: 'ok', writing: 'ok', copying: 'ok', transcoding: 'ok' } }]);
	await admin(janus, { request: 'configure', settings: { min_free_space: '1023TiB' } });
	const [status, health] = await ask();
	assert.equal(status, 503);
	assert.equal(health.status, 'failing');
	assert.match(health.checks.space, /bytes are free, less than min_free_space/);
	await admin(janus, { request: 'configure', settings: { min_free_space: 0 } });
	assert.equal((await ask())[0], 200);
});

test('only what there is, only GET and HEAD; who keeps connections open shuts nobody out for long', { timeout: 60_000 }, async (t) => {
	const { port, url } = await janusWithMetrics(t);
	assert.equal((await fetch(`${url}/`)).status, 404);
	assert.equal((await fetch(`${url}/metrics/../healthz/x`)).status, 404);
	assert.equal((await fetch(`${url}/metrics`, { method: 'HEAD' })).status, 200);
	for (const method of ['POST', 'PUT', 'DELETE'])
		assert.equal((await fetch(`${url}/metrics`, { method, body: 'x'.repeat(100_000) })).status, 405);
	const idle = Array.from({ length: 40 }, () => connect(port, '127.0.0.1').on('error', () => {}));
	t.after(() => idle.forEach((socket) => socket.destroy()));
	await Promise.all(idle.map((socket) => new Promise((resolve) => socket.on('connect', resolve).on('close', resolve))));
	// On a connection of its own: fetch still has one.
	const answer = () => new Promise((resolve) => {
		get(`${url}/metrics`, { agent: false }, (response) => resolve(response.resume().statusCode === 200)).on('error', () => resolve(false));
	});
	await until('an answer', answer, { timeout: 30_000 });
});

test('loopback unless told otherwise', { timeout: 30_000, skip: !process.env.TSR_NETNS && 'no network of its own' }, async (t) => {
	const { port } = await janusWithMetrics(t);
	await assert.rejects(fetch(`http://192.0.2.1:${port}/metrics`));
	for (const [address, url] of [['192.0.2.1', 'http://192.0.2.1'], ['[::1]', 'http://[::1]'], ['0.0.0.0', 'http://192.0.2.1']]) {
		const other = await freePort();
		await newJanus(t, { config: `metrics_address = "${address}:${other}"` });
		parse(await scrape(`${url}:${other}`));
	}
});

test('an address that is taken is told, and recordings are made', { timeout: 60_000 }, async (t) => {
	const { janus: first, port } = await janusWithMetrics(t);
	const second = await startJanus({ config: `metrics_address = "${port}"` });
	t.after(() => second.stop('SIGKILL'));
	await until('the log', () => second.log.includes(`no metrics: metrics_address = "${port}" cannot be listened at`));
	const { handle } = await recordPeer(t, second);
	await handle.request({ request: 'stop' });
	await handle.event('finished');
	assert.ok(!first.log.includes('no metrics'));
	assert.equal(await second.stop('SIGTERM').then(({ code }) => code), 0);
});
