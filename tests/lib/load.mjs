// SPDX-License-Identifier: GPL-3.0-or-later
// How busy the machine is, and keeping it busy.

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Process } from './process.mjs';
import { sleep } from './wait.mjs';

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

let busyOnPurpose = 0;
let patienceMs = 300_000; // of all tests of a run together

/**
 * Waits until the processors have some time to spare, for what is measured is what real senders do, and one that is starved sends late and
 * leaves out pictures. Not for ever: on a machine that is always busy it is tried all the same.
 */
export async function waitForQuiet(t, { idle = 0.25, sampleMs = 250, mostMs = 20_000 } = {}) {
	const begin = Date.now();
	while (!busyOnPurpose && patienceMs > 0 && Date.now() - begin < mostMs) {
		const idleSince = measureIdle();
		await sleep(sampleMs);
		if (idleSince() >= idle)
			break;
		patienceMs -= sampleMs;
	}
	const waited = Date.now() - begin;
	if (waited > 1000)
		t.diagnostic(`waited ${(waited / 1000).toFixed(1)} s for other programs to leave the processors`);
}

/** A program for each processor that takes all it can get, at normal priority, until the test ends. */
export function keepBusy(t) {
	const loops = Array.from({ length: availableParallelism?.() ?? 2 }, () => new Process('/bin/sh', ['-c', 'while :; do :; done']));
	busyOnPurpose++;
	t.after(async () => {
		await Promise.all(loops.map((loop) => loop.stop('SIGKILL')));
		busyOnPurpose--;
	});
}
