// SPDX-License-Identifier: GPL-3.0-or-later
// Where the media comes from, and what this browser can send.

import { testPicture } from './testpicture.js';

/**
 * @typedef {object} Source
 * @property {MediaStream} stream
 * @property {() => Promise<void>} [wake]  to be called in a click, before recording
 * @property {() => void} stop
 */

/**
 * @param {'picture'|'camera'|'screen'} kind
 * @param {{camera?: string, microphone?: string}} [devices]  ids; '' = the default, 'none' = without
 * @returns {Promise<Source>}
 */
export async function openSource(kind, devices = {}) {
	if (kind === 'picture')
		return testPicture();
	if (!navigator.mediaDevices)
		throw new Error('this address is not one where browsers allow the camera: open the page by localhost or https');
	if (kind === 'screen')
		return fromStream(await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true }));
	if (devices.camera === 'none' && devices.microphone === 'none')
		throw new Error('there is nothing to record without camera and microphone: choose one of them');
	const constraint = (id, more) => id !== 'none' && { ...(id ? { deviceId: { exact: id } } : {}), ...more };
	return fromStream(await navigator.mediaDevices.getUserMedia({
		video: constraint(devices.camera, { width: { ideal: 1280 }, height: { ideal: 720 } }),
		audio: constraint(devices.microphone),
	}));
}

function fromStream(stream) {
	return { stream, stop: () => stream.getTracks().forEach(track => track.stop()) };
}

/** @returns {Promise<{camera: MediaDeviceInfo[], microphone: MediaDeviceInfo[]}>} names are known once the user has allowed the devices */
export async function listDevices() {
	const all = await navigator.mediaDevices?.enumerateDevices() ?? [];
	const of = kind => all.filter(device => device.kind === kind && device.deviceId);
	return { camera: of('videoinput'), microphone: of('audioinput') };
}

const recordable = {
	video: { 'video/H264': 'h264', 'video/H265': 'h265', 'video/VP8': 'vp8', 'video/VP9': 'vp9', 'video/AV1': 'av1' },
	audio: { 'audio/opus': 'opus', 'audio/G722': 'g722', 'audio/PCMU': 'pcmu', 'audio/PCMA': 'pcma' },
};

/** The codecs that this browser sends and the plugin records. @param {'video'|'audio'} kind @returns {string[]} */
export function offeredCodecs(kind) {
	const types = RTCRtpSender.getCapabilities?.(kind)?.codecs.map(({ mimeType }) => mimeType) ?? [];
	return [...new Set(types.map(type => recordable[kind][type]).filter(Boolean))];
}
