// SPDX-License-Identifier: GPL-3.0-or-later
// How long requests take with many recordings in the folder, and how long it takes to know them: inside Janus, over HTTP.
//
//     tests/lib/netns node tests/bench/catalogue.mjs [--sizes 100,100000] [--json FILE]
//
// Each size has a Janus of its own, whose folder has reports and no catalogue yet; the first one stays beside the others, so that what
// is compared with it is measured in turn with it.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildFolder, startJanus } from '../lib/janus.mjs';
import { offer } from '../lib/offers.mjs';
import { run } from '../lib/process.mjs';
import { sleep } from '../lib/wait.mjs';

const { values: options } = parseArgs({
	options: {
		sizes: { type: 'string', default: '100,100000' },
		json: { type: 'string' },
	},
});
const sizes = options.sizes.split(',').map(Number);
const pluginName = 'janus.plugin.tsrecorder';
const rounds = 60;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const memberOf = (pid, member) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`${member}:\\s+(\\d+)`))[1]) / 1024;

async function post(url, message) {
	const reply = await fetch(url, { method: 'POST', body: JSON.stringify({ transaction: 't', ...message }) });
	return reply.json();
}

async function stats(janus) {
	const message = { janus: 'message_plugin', admin_secret: 'secret', plugin: pluginName, request: { request: 'stats', admin_key: 'k' } };
	return (await post(janus.admin, message)).response;
}

/** A handle in a session of its own, over HTTP. */
async function newHandle(janus) {
	const session = `${janus.http}/${(await post(janus.http, { janus: 'create' })).data.id}`;
	const { data } = await post(session, { janus: 'attach', plugin: pluginName });
	return { session, url: `${session}/${data.id}`, say: (body, jsep) => post(`${session}/${data.id}`, { janus: 'message', body, jsep }) };
}

/** From the request to record until the file is there, in milliseconds. */
async function timeOfRecord(janus, id) {
	const handle = await newHandle(janus);
	const file = join(janus.recordings, `${id}.recording.ts`);
	const start = performance.now();
	const asked = handle.say({ request: 'record', id }, offer());
	while (!existsSync(file)) {
		if (performance.now() - start > 20_000)
			throw new Error(`no ${file}: ${JSON.stringify(await asked)}`);
		await new Promise(setImmediate);
	}
	const took = performance.now() - start;
	await asked;
	await post(handle.session, { janus: 'destroy' });
	return took;
}

async function timeOfList(handle) {
	const start = performance.now();
	const { plugindata } = await handle.say({ request: 'list', limit: 20, admin_key: 'k' });
	const took = performance.now() - start;
	if (plugindata.data.recordings.length !== 20)
		throw new Error(JSON.stringify(plugindata).slice(0, 300));
	return took;
}

/** Starts a Janus on so many recordings, and waits until it knows them all. */
async function begin(size) {
	const folder = join(process.env.TSR_BENCH_FOLDER ?? buildFolder, `bench-catalogue-${process.pid}-${size}`);
	mkdirSync(join(folder, 'recordings'), { recursive: true });
	await run(join(buildFolder, 'tests/bench/make_reports'), [join(folder, 'recordings'), String(size)]);
	const row = { size };
	const start = performance.now();
	const janus = await startJanus({ folder, config: 'admin_key = "k"\n\tretain_days = 36500\n\tretain_size = "900TiB"' });
	row.answers_ms = performance.now() - start;
	await timeOfRecord(janus, 'first');
	row.first_record_ms = performance.now() - start;
	while ((await stats(janus)).catalogue.state !== 'complete')
		await sleep(size > 1000 ? 200 : 10);
	row.rebuild_s = (performance.now() - start) / 1000;
	row.peak_mib = memberOf(janus.pid, 'VmHWM');
	let retention_us;
	while ((retention_us = (await stats(janus)).catalogue.retention_us) === null)
		await sleep(100);
	row.retention_ms = retention_us / 1000;
	return { janus, row, folder };
}

async function measure(first, other) {
	const sides = [first, other], handles = [await newHandle(first.janus), await newHandle(other.janus)];
	const lists = [[], []], records = [[], []];
	for (let i = 0; i < 2 * rounds; i++) {
		const side = (i + (i >> 1)) % 2; // 0 1 1 0: neither is always the second
		lists[side].push(await timeOfList(handles[side]));
		records[side].push(await timeOfRecord(sides[side].janus, `side${side}-${other.row.size}-${i}`));
	}
	other.row.list_ms = median(lists[1]);
	other.row.list_p99_ms = lists[1].sort((x, y) => x - y)[Math.floor(rounds * 0.99)];
	other.row.list_against_first = median(lists[1]) / median(lists[0]);
	other.row.record_ms = median(records[1]);
	other.row.record_against_first = median(records[1]) / median(records[0]);
}

const rows = [];
const all = [];
try {
	for (const size of sizes) {
		const one = await begin(size);
		all.push(one);
		if (all.length > 1)
			await measure(all[0], one);
		else
			await measure(one, one);
		one.row.peak_more_mib = one.row.peak_mib - all[0].row.peak_mib;
		rows.push(one.row);
		if (all.length > 1)
			await one.janus.stop();
	}
} finally {
	for (const { janus, folder } of all) {
		await janus.stop('SIGKILL');
		rmSync(folder, { recursive: true, force: true });
	}
}
if (options.json)
	writeFileSync(options.json, JSON.stringify(rows));
else
	console.log(rows);
