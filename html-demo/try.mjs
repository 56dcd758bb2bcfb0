// SPDX-License-Identifier: GPL-3.0-or-later
// node try.mjs PAGE SECONDS FOLDER: records a headless Chromium with its fake camera through the real page, and shows what came
// out of it. Succeeds only if the file is finished and has picture and sound.

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from './browser.mjs';

const PATIENCE_MS = 30_000;
const [address, seconds, folder] = process.argv.slice(2);

async function record() {
	const browser = await launchBrowser();
	try {
		const page = await browser.newPage();
		page.setDefaultTimeout(PATIENCE_MS);
		page.on('pageerror', error => console.error('the page:', error.message));
		await page.goto(address);
		await page.locator('#connection[data-state=connected]').waitFor();
		await page.getByRole('radio', { name: 'Camera' }).check({ force: true });
		await page.getByLabel('Name', { exact: true }).fill(`Unattended run of ${seconds} s`);
		await page.getByRole('button', { name: 'Record', exact: true }).click();
		const state = page.locator('#live-state');
		const trouble = page.locator('#record-message');
		await state.and(page.locator('[data-state=recording]')).or(trouble.and(page.locator(':visible'))).waitFor();
		if (await trouble.isVisible())
			throw new Error(await trouble.textContent());
		console.log(`Recording for ${seconds} s into ${await page.locator('#live-file').textContent()} …`);
		await page.waitForTimeout(seconds * 1000);
		await page.getByRole('button', { name: 'Stop', exact: true }).click();
		await page.locator('#live-state[data-state=finished]').waitFor();
		return join(folder, await page.locator('#live-file').textContent());
	} finally {
		await browser.close();
	}
}

function probe(path) {
	const { stdout, status } = spawnSync('ffprobe', ['-v', 'error', '-show_entries',
		'format=duration,size:stream=codec_type,codec_name,width,height,sample_rate', '-of', 'json', path], { encoding: 'utf8' });
	return status === 0 ? JSON.parse(stdout) : { streams: [], format: {} };
}

const path = await record().catch(error => {
	console.error(`Recording failed: ${error.message}`);
	process.exit(1);
});
if (!existsSync(path)) {
	console.error(`The page says finished, but there is no ${path}`);
	process.exit(1);
}
const { streams, format } = probe(path);
console.log(`The file is ${path} (${statSync(path).size} bytes)`);
console.log(`ffprobe: ${Number(format.duration).toFixed(2)} s`);
for (const { codec_type: type, codec_name: codec, width, height, sample_rate: rate } of streams)
	console.log(`ffprobe: ${type} ${codec} ${type === 'video' ? `${width}x${height}` : `${rate} Hz`}`);
const complete = ['video', 'audio'].every(type => streams.some(({ codec_type: has }) => has === type));
if (!complete)
	console.error('It lacks picture or sound.');
process.exit(complete ? 0 : 1);
