// SPDX-License-Identifier: GPL-3.0-or-later
// Feeds mpegts.js from a TsFile: from any place in it, and on and on while the file grows.

const POLL_MS = 200;

/**
 * A loader class for mpegts.js, which loads a stretch.
 * @param {*} mpegts
 * @param {import('./tsfile.js').TsFile} file
 * @param {import('./stretch.js').Stretch} stretch
 */
export function loaderFor(mpegts, file, stretch) {
	const { head } = stretch, start = stretch.start - head.length; // where mpegts.js counts from

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
			let position = from, delivered = from;
			const deliver = bytes => {
				const at = delivered;
				delivered += bytes.length;
				if (bytes.length > 0)
					this._onDataArrival(bytes.buffer, at, delivered - from);
			};
			const take = bytes => {
				const at = start + position;
				position += bytes.length;
				deliver(stretch.take(bytes, at));
			};
			stretch.restart();
			if (position < head.length)
				take(head.subarray(position));
			for (let mayGrow = true; mayGrow && !stretch.next;) {
				mayGrow = file.growing;
				for await (const bytes of file.stream(start + position, signal)) {
					if (signal.aborted)
						return;
					take(bytes);
					if (stretch.next)
						break;
				}
				// When it stopped growing meanwhile, what came last is still to be read.
				if (mayGrow && !stretch.next)
					await new Promise(resolve => setTimeout(resolve, POLL_MS));
			}
			deliver(stretch.finish());
			this._status = mpegts.LoaderStatus.kComplete;
			this._onComplete(from, delivered - 1);
		}
	};
}
