// SPDX-License-Identifier: GPL-3.0-or-later
// Feeds mpegts.js from a TsFile: from any place in it, and on and on while the file grows.

const POLL_MS = 200;

/**
 * A loader class for mpegts.js. What it loads begins with the file's tables, so that the player can begin anywhere.
 * @param {*} mpegts
 * @param {import('./tsfile.js').TsFile} file
 * @param {import('./tsfile.js').Entry} entry  where to begin
 */
export function loaderFor(mpegts, file, { at: start, tables: head }) {

	return class extends mpegts.BaseLoader {
		#stop = new AbortController();

		constructor() {
			super('ts-file');
		}

		destroy() {
			this.abort();
			super.destroy();
		}

		abort() {
			this.#stop.abort();
			this._status = mpegts.LoaderStatus.kIdle;
		}

		/** Positions of mpegts.js count the tables as the first bytes. */
		open(_source, { from }) {
			this._status = mpegts.LoaderStatus.kBuffering;
			this.#load(from, this.#stop.signal).catch(error => {
				if (this.#stop.signal.aborted)
					return;
				this._status = mpegts.LoaderStatus.kError;
				this._onError(mpegts.LoaderErrors.EXCEPTION, { code: -1, msg: error.message });
			});
		}

		async #load(from, signal) {
			let position = from;
			const deliver = bytes => {
				const at = position;
				position += bytes.length;
				this._onDataArrival(bytes.slice().buffer, at, position - from);
			};
			if (position < head.length)
				deliver(head.subarray(position));
			for (let mayGrow = true; mayGrow;) {
				mayGrow = file.growing;
				for await (const bytes of file.stream(start + position - head.length, signal)) {
					if (signal.aborted)
						return;
					deliver(bytes);
				}
				// When it stopped growing meanwhile, what came last is still to be read.
				if (mayGrow)
					await new Promise(resolve => setTimeout(resolve, POLL_MS));
			}
			this._status = mpegts.LoaderStatus.kComplete;
			this._onComplete(from, position - 1);
		}
	};
}
