// SPDX-License-Identifier: GPL-3.0-or-later
// What a recording really holds, found out by reading and decoding it with ffprobe and ffmpeg.

import { join } from 'node:path';
import { buildFolder } from './janus.mjs';
import { run } from './process.mjs';

/** Streams and format as ffprobe sees them. */
export async function probe(file) {
	const { code, stdout, stderr } = await run('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', file]);
	if (code !== 0)
		throw new Error(`ffprobe ${file}: ${stderr}`);
	const { streams, format } = JSON.parse(stdout);
	return { streams, format, video: streams.filter((s) => s.codec_type === 'video'), audio: streams.filter((s) => s.codec_type === 'audio') };
}

/**
 * Decodes everything, stopping at the first error; what ffmpeg complained of, '' when it did not. The output has the clock of
 * MPEG-TS: in one of 1/20 s, which ffmpeg would take for a camera, two pictures of a real camera can share a tick. `mayPause`: sound
 * may stop, as of somebody who sends no picture.
 */
export async function decodeErrors(file, { mayPause = false } = {}) {
	const { code, stderr } = await run('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-map', '0', '-fps_mode', 'passthrough',
		'-enc_time_base:v', '1:90000', '-f', 'null', '-']);
	return stderr.trim() || (code === 0 ? await strictFindings(file, mayPause) : `exit code ${code}`);
}

/** What a demanding receiver objects to (ETSI TR 101 290), '' when there is nothing. Opus that is copied may pause: nothing can fill it. */
async function strictFindings(file, pauses) {
	const { stdout, stderr } = await run(join(buildFolder, 'janus-tsrec'), ['verify', '--strict', '--quiet', file]);
	const { audio } = await probe(file);
	const mayPause = pauses || audio.some((s) => s.codec_name === 'opus');
	return [...stdout.split('\n'), ...stderr.split('\n')].filter((l) => l && !(mayPause && l.includes(': 2.5 PTS_error:'))).join('\n');
}

/** Packets per stream index: { pts, dts, duration in seconds, size, key }. */
export async function packets(file) {
	const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'packet=stream_index,pts_time,dts_time,duration_time,size,flags',
		'-of', 'json', file]);
	const streams = [];
	for (const p of JSON.parse(stdout).packets)
		(streams[p.stream_index] ??= []).push({
			pts: Number(p.pts_time), dts: Number(p.dts_time), duration: Number(p.duration_time ?? 0), size: Number(p.size), key: p.flags[0] === 'K',
		});
	return streams;
}

/** First and last time of a stream, and its greatest step between two packets, in seconds. */
export function span(stream) {
	const last = stream.at(-1);
	let gap = 0;
	let backwards = 0;
	for (let i = 1; i < stream.length; i++) {
		gap = Math.max(gap, stream[i].pts - stream[i - 1].pts);
		backwards += stream[i].dts <= stream[i - 1].dts;
	}
	// The last video packet has no duration in TS: it lasts as long as the one before it.
	const tail = last.duration || (stream.length > 1 ? last.pts - stream.at(-2).pts : 0);
	return { start: stream[0].pts, end: last.pts + tail, duration: last.pts + tail - stream[0].pts, gap, backwards };
}

/** A filter's value per frame: [{ time, value }] from lines "frame:… pts_time:T" and "KEY=VALUE". */
async function series(file, map, filter, print, key) {
	const kind = map.includes(':v') ? '-vf' : '-af';
	const { code, stdout, stderr } = await run('ffmpeg', ['-v', 'error', '-copyts', '-i', file, '-map', map,
		kind, `${filter},${print}=mode=print:key=${key}:file=-`, '-f', 'null', '-']);
	if (code !== 0)
		throw new Error(`ffmpeg ${file}: ${stderr}`);
	return [...stdout.matchAll(/pts_time:(\S+)\s+\S+=(\S+)/g)].map(([, time, value]) => ({ time: Number(time), value: Number(value) }));
}

/** Two pictures further apart than this have lost one between them, at 20 a second. */
const dropped_s = 0.08;

/**
 * Stretches in which the series is above `threshold`: [{ at, end }], where less than `pause_s` of quiet does not end one. An
 * edge with a value missing beside it is left undefined: nobody knows whether it was there.
 */
export function stretches(values, threshold, { pause_s = 0.3, dropped_s = Infinity } = {}) {
	const result = [];
	let last = -Infinity; // above the threshold
	let before = -Infinity;
	for (const { time, value } of values) {
		const certain = time - before <= dropped_s;
		if (value > threshold) {
			if (time - last > pause_s)
				result.push({ at: certain ? time : undefined, first: time });
			last = time;
		} else if (last === before && certain && result.length) {
			result.at(-1).end = time;
		}
		before = time;
	}
	return result;
}

/** Flashes in the brightness of a 20 Hz picture: [{ at, end, first }]. */
export const flashesOf = (pictures) => stretches(pictures, 160, { dropped_s });

/**
 * When the picture flashes, and when it is dark again: [{ at, end, first }], in seconds of the file's own time. Looks at the
 * part that moves: Chromium's VP9 encoder with spatial layers sometimes leaves flat areas as they were.
 */
export async function flashes(file, stream = 0) {
	const luma = await series(file, `0:v:${stream}`, 'crop=iw/4:ih/4:iw/4:ih/4,scale=32:24:flags=area,format=gray,signalstats', 'metadata', 'lavfi.signalstats.YAVG');
	return flashesOf(luma);
}

/** A beep that is so much (s) shorter than the others has lost a part, its begin perhaps. */
const cut_beep_s = 0.03;

/** When it begins to beep, to 2 ms; whole beeps only. */
export async function beeps(file, stream = 0) {
	const level = await series(file, `0:a:${stream}`, 'aresample=48000,asetnsamples=96,astats=metadata=1:reset=1', 'ametadata', 'lavfi.astats.Overall.RMS_level');
	const all = stretches(level, -30).map(({ first, end = Infinity }) => ({ first, length: end - first }));
	const { median } = summary(all.map(({ length }) => length));
	return all.filter(({ length }) => length > median - cut_beep_s).map(({ first }) => first);
}

/** A flash lasts 100 ms. What is bright for longer than this (s) has lost the picture that made it dark: the later ones say only what changed since. */
const longest_flash_s = 0.3;

/**
 * Pairs each flash with its beep: [{ at: seconds, offset: ms from its begin to the beep, endOffset: ms from its end }], NaN
 * where a picture that was left out hides the edge.
 */
export function pair(flashes, beeps) {
	const nearest = (to) => beeps.reduce((best, b) => (Math.abs(b - to) < Math.abs(best - to) ? b : best), Infinity);
	return flashes.filter(({ first }) => Math.abs(nearest(first) - first) < 0.5).map(({ at, end, first }) => ({
		at: first, offset: (nearest(first) - at) * 1000, endOffset: end - first > longest_flash_s ? NaN : (nearest(first) - end) * 1000,
	}));
}

export function summary(values) {
	const sorted = [...values].sort((a, b) => a - b);
	return { count: sorted.length, min: sorted[0], median: sorted[sorted.length >> 1], max: sorted.at(-1) };
}

/** The sizes that the decoded picture has: [{ time, size: "WxH" }], one for each change. */
export async function pictureSizes(file, stream = 0) {
	const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', `v:${stream}`, '-show_entries', 'frame=pts_time,width,height',
		'-of', 'json', file]);
	const sizes = [];
	for (const { pts_time: time, width, height } of JSON.parse(stdout).frames)
		if (sizes.at(-1)?.size !== `${width}x${height}`)
			sizes.push({ time: Number(time), size: `${width}x${height}` });
	return sizes;
}
