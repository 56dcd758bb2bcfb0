// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting for what must come: always for a condition, always with a deadline.

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls `condition` until it yields something truthy, and returns that. `what` names it when the time is over. */
export async function until(what, condition, { timeout = 10_000, every = 50 } = {}) {
	const end = Date.now() + timeout;
	for (;;) {
		const result = await condition();
		if (result)
			return result;
		if (Date.now() > end)
			throw new Error(`${what}: not within ${timeout} ms`);
		await sleep(every);
	}
}

/** The promise's result, or an error that names `what` after `ms`. */
export async function within(ms, what, promise) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}
