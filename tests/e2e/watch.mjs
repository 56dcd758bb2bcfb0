// SPDX-License-Identifier: GPL-3.0-or-later
// Watches one recording's two names from before it begins until after it ends.

import { statSync } from 'node:fs';
import { join } from 'node:path';

const size = (path) => statSync(path, { throwIfNoEntry: false })?.size;

export class Watch {
	/** { at (ms), recording (bytes or undefined), final (bytes or undefined), both, neither } */
	samples = [];
	#timer;

	constructor(folder, id, ending = 'ts') {
		this.recording = join(folder, `${id}.recording.${ending}`);
		this.final = join(folder, `${id}.${ending}`);
		this.#timer = setInterval(() => this.look(), 50);
		this.look();
	}

	/** The rename may happen between two looks, so the order matters: nothing here can be seen that was not there. */
	look() {
		const finalBefore = size(this.final);
		const recording = size(this.recording);
		const final = size(this.final);
		this.samples.push({
			at: Date.now(), recording, final,
			both: finalBefore !== undefined && recording !== undefined,
			neither: recording === undefined && final === undefined,
		});
	}

	stop() {
		clearInterval(this.#timer);
		this.look();
	}

	/** What is wrong with the life of the two names, in words; [] when it was as promised. */
	faults() {
		const faults = [];
		const begun = this.samples.findIndex((s) => s.recording !== undefined);
		const ended = this.samples.findIndex((s) => s.final !== undefined);
		if (begun < 0)
			faults.push('.recording.ts was never seen');
		if (ended < 0)
			faults.push('.ts never came');
		if (this.samples.some((s) => s.both))
			faults.push('both names were there at once');
		if (begun >= 0 && this.samples.slice(begun).some((s) => s.neither))
			faults.push('neither name was there after the start');
		if (ended >= 0 && this.samples.slice(ended).some((s) => s.recording !== undefined))
			faults.push('.recording.ts was there after .ts had come');
		return faults;
	}

	/** The longest time, in ms, for which .recording.ts did not grow, between the two moments. */
	longestRest(from, to) {
		const during = this.samples.filter((s) => s.at >= from && s.at <= to && s.recording !== undefined);
		let longest = 0;
		let since = from;
		let last = -1;
		for (const { at, recording } of during) {
			if (recording > last) {
				last = recording;
				since = at;
			}
			longest = Math.max(longest, at - since);
		}
		return longest;
	}
}
