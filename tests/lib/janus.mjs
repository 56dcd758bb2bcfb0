// SPDX-License-Identifier: GPL-3.0-or-later
// A stock Janus of the test's own: its own folder, ports, and only the plugins it is told.

import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, Process, run, temporaryFolder } from './process.mjs';
import { until } from './wait.mjs';

export const buildFolder = resolve(process.env.TSR_BUILD ?? fileURLToPath(new URL('../../build', import.meta.url)));
export const ourPlugin = join(buildFolder, '.libs/libjanus_tsrecorder.so');

/** Where the installed Janus keeps its modules. */
async function libraryFolder() {
	const prefix = process.env.TSR_JANUS_PREFIX || '/usr';
	const { stdout } = await run('gcc', ['-print-multiarch']);
	const folders = [`${prefix}/lib/${stdout.trim()}/janus`, `${prefix}/lib64/janus`, `${prefix}/lib/janus`];
	const found = folders.find((folder) => existsSync(join(folder, 'plugins')));
	if (!found)
		throw new Error(`no Janus in any of ${folders.join(', ')}`);
	return { prefix, folder: found };
}

function configuration({ folder, http, admin, ws, general, eventsUrl }) {
	const files = {};
	files['janus.jcfg'] = `
general: {
	configs_folder = "${folder}/conf"
	plugins_folder = "${folder}/plugins"
	transports_folder = "${folder}/transports"
	events_folder = "${folder}/events"
	loggers_folder = "${folder}/none"
	admin_secret = "secret"
	session_timeout = 20
	debug_level = 4
	debug_timestamps = true
	debug_colors = false
	${general}
}
media: { ipv6 = false, rtp_port_range = "22000-22999" }
nat: { ice_enforce_list = "${process.env.TSR_INTERFACE ?? 'eth0'}", full_trickle = true, ignore_mdns = true }
events: { broadcast = ${Boolean(eventsUrl)} }
`;
	files['janus.eventhandler.sampleevh.jcfg'] = `
general: { enabled = ${Boolean(eventsUrl)}, events = "plugins", grouping = false, json = "compact", backend = "${eventsUrl}" }
`;
	files['janus.transport.http.jcfg'] = `
general: { base_path = "/janus", http = true, port = ${http}, ip = "127.0.0.1", https = false }
admin: { admin_base_path = "/admin", admin_http = true, admin_port = ${admin}, admin_ip = "127.0.0.1", admin_https = false }
`;
	files['janus.transport.websockets.jcfg'] = `
general: { ws = true, ws_port = ${ws}, ws_ip = "127.0.0.1", wss = false }
admin: { admin_ws = false, admin_wss = false }
`;
	return files;
}

/**
 * Starts Janus and waits until it answers. `config` is the text of our plugin's `general` category (the recordings folder is
 * added) and `categories` follow it, `general` adds to janus.jcfg, `plugins` names stock plugins to load as well, `env` adds to its
 * environment (LD_PRELOAD of a sanitizer), `wrapper` is a command that starts it, `eventsUrl` is where plugins' events are posted
 * to by Janus's sample event handler; `file` is our plugin's whole configuration instead. It runs in `folder`.
 */
export async function startJanus({
	config = '', categories = '', general = '', plugins = [], env = {}, wrapper = [], plugin = ourPlugin, folder = temporaryFolder('janus'),
	eventsUrl, file,
} = {}) {
	if (!existsSync(plugin))
		throw new Error(`${plugin} is not there: build first (tests/run does)`);
	const { prefix, folder: library } = await libraryFolder();
	const [http, admin, ws] = await Promise.all([freePort(), freePort(), freePort()]);
	const recordings = join(folder, 'recordings');
	for (const name of ['conf', 'plugins', 'transports', 'events', 'none', 'recordings'])
		mkdirSync(join(folder, name), { recursive: true });
	const link = (target, ...path) => existsSync(join(folder, ...path)) || symlinkSync(target, join(folder, ...path));
	link(plugin, 'plugins', 'libjanus_tsrecorder.so');
	for (const name of plugins)
		link(join(library, `plugins/libjanus_${name}.so`), 'plugins', `libjanus_${name}.so`);
	for (const name of ['http', 'websockets'])
		link(join(library, `transports/libjanus_${name}.so`), 'transports', `libjanus_${name}.so`);
	if (eventsUrl)
		link(join(library, 'events/libjanus_sampleevh.so'), 'events', 'libjanus_sampleevh.so');
	const files = configuration({ folder, http, admin, ws, general, eventsUrl });
	files['janus.plugin.tsrecorder.jcfg'] = file ?? `general: {\n\trecordings_path = "${recordings}"\n\t${config}\n}\n${categories}\n`;
	files['janus.plugin.recordplay.jcfg'] = `general: { path = "${recordings}" }\n`;
	for (const [name, text] of Object.entries(files))
		writeFileSync(join(folder, 'conf', name), text);

	const [command, ...args] = [...wrapper, join(prefix, 'bin/janus'), '-F', join(folder, 'conf')];
	const janus = new Process(command, args, { env: { ...process.env, ...env } });
	Object.assign(janus, {
		folder, recordings,
		http: `http://127.0.0.1:${http}/janus`,
		admin: `http://127.0.0.1:${admin}/admin`,
		ws: `ws://127.0.0.1:${ws}`,
	});
	let ended;
	janus.exited.then((how) => (ended = how));
	try {
		await until('Janus to answer', () => {
			if (ended)
				throw new Error(`Janus ended at once: ${JSON.stringify(ended)}`);
			return fetch(`${janus.http}/info`).then((r) => r.ok, () => false);
		}, { timeout: 20_000 });
	} catch (error) {
		error.message += `\n${janus.log}`;
		await janus.stop('SIGKILL');
		throw error;
	}
	return janus;
}
