// SPDX-License-Identifier: GPL-3.0-or-later
// Headless Firefox. It takes no file for its fake camera: what a page shall send it plays.

import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { run, temporaryFolder } from './process.mjs';

export const firefoxPath = process.env.TSR_FIREFOX ?? ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => existsSync(path));

/** Longer than any test. */
const source_s = 60;

/** As generateSource() of chromium.mjs makes them, but in one file: flash and beep begin at the same instant. */
async function generateSource(folder) {
	const file = join(folder, 'source.webm');
	const now = 'between(mod(t,1),0.499,0.599)';
	const { code, stderr } = await run('ffmpeg', ['-v', 'error', '-y',
		'-f', 'lavfi', '-i', `testsrc2=size=160x120:rate=20:duration=${source_s}`,
		'-f', 'lavfi', '-i', `aevalsrc='${now}*0.5*sin(2*PI*1000*t)':sample_rate=48000:duration=${source_s}`,
		'-vf', `lutyuv=y=val*0.4,pad=640:480:160:120:color=0x202020,drawbox=color=white:thickness=fill:enable='${now}',format=yuv420p`,
		'-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '1M', '-g', '20', '-c:a', 'libopus', '-b:a', '64k', file]);
	if (code !== 0)
		throw new Error(`ffmpeg: ${stderr}`);
	return file;
}

/** Serves an empty page, and the source to it. */
async function serve(source) {
	const server = createServer(({ url }, response) => {
		const [type, body] = url === '/source' ? ['video/webm', createReadStream(source)] : ['text/html'];
		response.writeHead(200, { 'content-type': type });
		body ? body.pipe(response) : response.end('<!doctype html><title>peer</title>');
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	return { server, origin: `http://127.0.0.1:${server.address().port}/` };
}

/** A browser, and the `origin` of a page that finds the source at /source; close() it. */
export async function startFirefox() {
	const { server, origin } = await serve(await generateSource(temporaryFolder('source')));
	const { default: puppeteer } = await import('puppeteer-core'); // takes a while to load, and most runs do without
	const browser = await puppeteer.launch({
		browser: 'firefox',
		executablePath: firefoxPath,
		headless: true,
		extraPrefsFirefox: {
			'media.autoplay.default': 0,
			'media.autoplay.blocking_policy': 0,
			'media.navigator.streams.fake': true,
			'media.navigator.permission.disabled': true,
			'media.peerconnection.ice.loopback': true,
			'media.peerconnection.ice.obfuscate_host_addresses': false,
		},
	});
	return {
		origin,
		newContext: () => browser.createBrowserContext(),
		async close() {
			await browser.close();
			server.close();
		},
	};
}
