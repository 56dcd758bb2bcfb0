// SPDX-License-Identifier: GPL-3.0-or-later
// How busy the machine is, and keeping it busy.

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Process } from './process.mjs';

/** Ticks of all processors so far: all of them, and the idle ones (proc(5), /proc/stat). */
function ticks() {
	const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].trim().split(/\s+/).map(Number);
	return { all: fields.slice(0, 8).reduce((sum, n) => sum + n, 0), idle: fields[3] + fields[4] };
}

/** Begins to measure. The function that it returns tells which part of the processors' time was idle since. */
export function measureIdle() {
	const begin = ticks();
	return () => {
		const now = ticks();
		return (now.idle - begin.idle) / Math.max(1, now.all - begin.all);
	};
}

/** A program for each processor that takes all it can get, at normal priority, until the test ends. */
export function keepBusy(t) {
	const loops = Array.from({ length: availableParallelism?.() ?? 2 }, () => new Process('/bin/sh', ['-c', 'while :; do :; done']));
	t.after(() => Promise.all(loops.map((loop) => loop.stop('SIGKILL'))));
}
