// SPDX-License-Identifier: GPL-3.0-or-later
// How a file grows over the last half minute: what is written above what is durable, and a mark at each flush. The style
// sheet says how its parts look.

const SPAN_S = 30;
const LEFT = 58, RIGHT = 14, TOP = 8, BOTTOM = 20;

export class Chart {
	#svg;
	#samples = [];
	#flushes = [];

	/** @param {SVGSVGElement} svg */
	constructor(svg) {
		this.#svg = svg;
		new ResizeObserver(() => this.#draw()).observe(svg);
	}

	clear() {
		this.#samples = [];
		this.#flushes = [];
		this.#draw();
	}

	/**
	 * @param {object} sample
	 * @param {number} sample.seconds  since the start; so is `flushed`
	 * @param {number} sample.written  bytes
	 * @param {number} sample.durable  bytes
	 * @param {number} sample.flushes  so far
	 * @param {number} sample.flushed  when the latest of them was
	 */
	add(sample) {
		const last = this.#samples.at(-1) ?? { seconds: 0, durable: 0, flushes: 0 };
		this.#samples.push(sample);
		this.#mark(last, sample);
		const oldest = sample.seconds - SPAN_S - 1;
		while (this.#samples[0].seconds < oldest)
			this.#samples.shift();
		while (this.#flushes[0]?.seconds < oldest)
			this.#flushes.shift();
		this.#draw();
	}

	/** Each flush between two samples: the time of the latest one is known, the others are spread evenly before it. */
	#mark(last, { seconds, durable, flushes, flushed }) {
		const count = flushes - last.flushes;
		const end = flushed > last.seconds && flushed < seconds ? flushed : seconds;
		for (let i = 1; i <= count; i++)
			this.#flushes.push({
				seconds: last.seconds + (end - last.seconds) * i / count,
				durable: last.durable + (durable - last.durable) * i / count,
			});
	}

	#draw() {
		const { clientWidth: width, clientHeight: height } = this.#svg;
		const [first, last] = [this.#samples[0], this.#samples.at(-1)];
		if (!width || !first)
			return this.#svg.replaceChildren();

		// The floor follows the oldest sample shown, so that growth stays visible in a large file.
		const step = stepFor(last.written - first.durable);
		const floor = Math.floor(first.durable / step) * step;
		const ceiling = Math.max(Math.ceil(last.written / step) * step, floor + step);
		const end = Math.max(SPAN_S, last.seconds);
		const right = width - RIGHT, base = height - BOTTOM;
		const x = seconds => right - (end - seconds) / SPAN_S * (right - LEFT);
		const y = bytes => base - (bytes - floor) / (ceiling - floor) * (base - TOP);
		const line = field => this.#samples.map(sample => `${x(sample.seconds).toFixed(1)},${y(sample[field]).toFixed(1)}`).join(' ');
		const corners = `${x(last.seconds).toFixed(1)},${base} ${x(first.seconds).toFixed(1)},${base}`;

		this.#svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
		this.#svg.innerHTML = `
			<clipPath id="chart-clip"><rect x="${LEFT}" y="0" width="${right - LEFT + 4}" height="${base}"/></clipPath>
			${range(floor, ceiling, step).map(bytes => `
				<line class="grid" x1="${LEFT}" x2="${right}" y1="${y(bytes)}" y2="${y(bytes)}"/>
				<text x="${LEFT - 7}" y="${y(bytes) + 4}" text-anchor="end">${label(bytes)}</text>`).join('')}
			${range(Math.ceil((end - SPAN_S) / 5) * 5, end, width < 420 ? 10 : 5).map(seconds => `
				<text x="${x(seconds)}" y="${height - 4}" text-anchor="middle">${seconds} s</text>`).join('')}
			<g clip-path="url(#chart-clip)">
				<polygon class="exposed" points="${line('written')} ${corners}"/>
				<polygon class="durable" points="${line('durable')} ${corners}"/>
				${this.#flushes.map(({ seconds, durable }) => `
					<line class="flush" x1="${x(seconds)}" x2="${x(seconds)}" y1="${y(durable)}" y2="${base}"/>
					<circle class="flush" cx="${x(seconds)}" cy="${y(durable)}" r="4"/>`).join('')}
				<polyline class="written" points="${line('written')}"/>
			</g>`;
	}
}

/** About four lines, a power of two apart, so that their labels are round. */
function stepFor(bytes) {
	return 2 ** Math.ceil(Math.log2(Math.max(bytes, 64 * 1024) / 4));
}

function range(from, to, step) {
	return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

function label(bytes) {
	return bytes >= 1 << 20 ? `${+(bytes / (1 << 20)).toFixed(2)} MiB` : `${bytes / 1024} KiB`;
}
