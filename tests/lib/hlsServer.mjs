// SPDX-License-Identifier: GPL-3.0-or-later
// Serves HLS from a recordings folder, as docs/operation.md tells web servers to; and holds its playlists against RFC 8216.

import assert from 'node:assert/strict';
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFolder } from './janus.mjs';
import { run } from './process.mjs';

/** A file by its final name, or as it is called while it is written. */
function find(folder, name) {
	const paths = [name, name.replace(/\.ts$/, '.recording.ts'), name].map((path) => join(folder, path));
	return paths.find((path) => existsSync(path));
}

function answer(folder, request, response) {
	const name = decodeURIComponent(new URL(request.url, 'http://x').pathname).slice(1);
	const path = /^[^/]+\.(ts|m3u8)$/.test(name) ? find(folder, name) : undefined;
	if (!path)
		return response.writeHead(404).end();
	const { size } = statSync(path), range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
	const start = range ? Number(range[1]) : 0, end = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
	if (start > end)
		return response.writeHead(size ? 416 : 200).end();
	response.writeHead(range ? 206 : 200, {
		'Content-Type': name.endsWith('.ts') ? 'video/mp2t' : 'application/vnd.apple.mpegurl',
		'Content-Length': end - start + 1, 'Accept-Ranges': 'bytes', 'Cache-Control': 'no-store',
		...range && { 'Content-Range': `bytes ${start}-${end}/${size}` },
	});
	createReadStream(path, { start, end }).on('error', () => response.destroy()).pipe(response);
}

/** @returns {Promise<{url: string, close: () => void}>} */
export async function serveHls(folder) {
	const server = createServer((request, response) => answer(folder, request, response));
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${server.address().port}`,
		close() {
			server.closeAllConnections();
			server.close();
		},
	};
}

/** Looks at a playlist again and again: as it is, and how it has changed since. */
export class PlaylistChecker {
	#folder = mkdtempSync(join(tmpdir(), 'tsr-playlist-'));
	#earlier;

	/** @param {string} path */
	constructor(path) {
		this.path = path;
	}

	/** Fails where RFC 8216 objects. @returns {Promise<{segments: number, seconds: number, discontinuities: number, ended: boolean, text: string}>} */
	async check() {
		const text = readFileSync(this.path, 'utf8'); // before it is looked at: it may grow meanwhile
		const { code, stdout } = await run(join(buildFolder, 'tests/plugin/check_playlist'),
			[this.path, ...this.#earlier ? [this.#earlier] : []]);
		assert.equal(code, 0, `${stdout}\n${text}`);
		this.#earlier = join(this.#folder, 'earlier.m3u8');
		writeFileSync(this.#earlier, text);
		const [, segments, seconds, discontinuities, ended] = /(\d+) segments, ([\d.]+) s, (\d+) discontinuities(, ended)?/.exec(stdout);
		return { segments: Number(segments), seconds: Number(seconds), discontinuities: Number(discontinuities), ended: Boolean(ended), text };
	}

	close() {
		rmSync(this.#folder, { recursive: true });
	}
}
