// SPDX-License-Identifier: GPL-3.0-or-later
// Child processes that never outlive the test: each is ended by its own pid.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from './wait.mjs';

const running = new Set();
const folders = new Set();

process.on('exit', () => {
	for (const child of running)
		child.kill('SIGKILL');
	for (const folder of folders) {
		try {
			rmSync(folder, { recursive: true, force: true });
		} catch (error) {
			console.error(`${folder} is left behind: ${error.message}`);
		}
	}
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
	process.on(signal, () => process.exit(130));

/** A folder that is gone when the test program ends (kept when TSR_KEEP is set). */
export function temporaryFolder(name) {
	const folder = mkdtempSync(join(tmpdir(), `tsr-${name}-`));
	if (!process.env.TSR_KEEP)
		folders.add(folder);
	return folder;
}

/** A TCP port that nobody listens on. */
export function freePort() {
	return new Promise((resolve, reject) => {
		const server = createServer().on('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}

export class Process {
	/** What it printed, both streams. */
	log = '';

	constructor(command, args, options = {}) {
		this.name = command.split('/').pop();
		this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
		running.add(this.child);
		this.exited = new Promise((resolve) => {
			this.child.on('error', (error) => resolve({ error }));
			this.child.on('close', (code, signal) => resolve({ code, signal }));
		}).finally(() => running.delete(this.child));
		for (const stream of [this.child.stdout, this.child.stderr])
			stream.setEncoding('utf8').on('data', (text) => (this.log += text));
		this.child.stdin.on('error', () => {}); // it may have ended before it read
	}

	get pid() {
		return this.child.pid;
	}

	/** Sends the signal and waits for the end; how it ended. */
	async stop(signal = 'SIGTERM', timeout = 15_000) {
		this.child.kill(signal);
		try {
			return await within(timeout, `${this.name} to end after ${signal}`, this.exited);
		} catch (error) {
			this.child.kill('SIGKILL');
			throw error;
		}
	}
}

/** Runs a command to its end: { code, stdout, stderr }. */
export async function run(command, args, { timeout = 120_000, ...options } = {}) {
	const p = new Process(command, args, options);
	let stdout = '';
	let stderr = '';
	p.child.stdout.on('data', (text) => (stdout += text));
	p.child.stderr.on('data', (text) => (stderr += text));
	p.child.stdin.end();
	try {
		const { code, signal, error } = await within(timeout, command, p.exited);
		if (error)
			throw error;
		return { code: code ?? signal, stdout, stderr };
	} finally {
		p.child.kill('SIGKILL');
	}
}
