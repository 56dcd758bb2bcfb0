// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as people read them.

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** 1536 -> '1.5 KiB' */
export function bytes(count) {
	if (!Number.isFinite(count))
		return '–';
	let unit = 0;
	while (count >= 1024 && unit < units.length - 1) {
		count /= 1024;
		unit++;
	}
	return `${count.toFixed(unit && count < 100 ? (count < 10 ? 2 : 1) : 0)} ${units[unit]}`;
}

/** 83456 -> '1:23.4'; with hours where there are any */
export function duration(ms) {
	if (!Number.isFinite(ms))
		return '–';
	const tenths = Math.floor(ms / 100);
	const [hours, minutes, seconds] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60, (tenths % 600) / 10];
	const text = seconds.toFixed(1).padStart(4, '0');
	return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${text}` : `${minutes}:${text}`;
}

/** 2300 (microseconds) -> '2.3 ms' */
export function latency(us) {
	if (!Number.isFinite(us))
		return '–';
	return us < 1000 ? `${us} µs` : us < 1e6 ? `${(us / 1000).toFixed(1)} ms` : `${(us / 1e6).toFixed(2)} s`;
}

/** [46, 700, 2300] (microseconds) -> '0.0 / 0.7 / 2.3 ms': all in the largest one's unit */
export function latencies(all) {
	if (!all.every(Number.isFinite))
		return '–';
	const largest = Math.max(...all);
	const [unit, divisor, digits] = largest < 1000 ? ['µs', 1, 0] : largest < 1e6 ? ['ms', 1000, 1] : ['s', 1e6, 2];
	return `${all.map(us => (us / divisor).toFixed(digits)).join(' / ')} ${unit}`;
}

/** 450 (milliseconds, null = never) -> '0.5 s ago' */
export function age(ms) {
	return Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s ago` : 'never';
}

export function count(number) {
	return Number.isFinite(number) ? number.toLocaleString('en') : '–';
}

export function percent(part, whole) {
	return whole ? `${(100 * part / whole).toFixed(part && part / whole < 0.1 ? 2 : 0)} %` : '0 %';
}

export function date(iso) {
	const at = new Date(iso);
	return Number.isNaN(at.getTime()) ? '' : at.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}

const codecs = { h264: 'H.264', h265: 'H.265', vp8: 'VP8', vp9: 'VP9', av1: 'AV1', opus: 'Opus', multiopus: 'Multi-channel Opus',
	aac: 'AAC', pcmu: 'G.711 µ-law', pcma: 'G.711 A-law', g722: 'G.722', l16: 'L16' };

export function codec(name) {
	return codecs[name] ?? name;
}
