// SPDX-License-Identifier: GPL-3.0-or-later
// Headless Chromium with a camera and a microphone that flash and beep once a second, at the same instant.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { run, temporaryFolder } from './process.mjs';

const browserPath = process.env.TSR_CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));

/**
 * Writes flash.y4m (960x720, 20 fps, a dim picture, white for 100 ms in each second) and beep.wav (1 kHz for the same
 * 100 ms). Only a part of the picture moves: an encoder that must save bits, as at the start of a call, would leave out a
 * flash. Chromium plays both in a loop. When the picture starts over it shows the first frame twice: that must not be a
 * white one, and the file is one frame shorter, or it would fall behind the sound by 50 ms a loop. The sound would fall behind
 * by 6 ms: it is longer than any test.
 */
export async function generateSource(folder) {
	const video = join(folder, 'flash.y4m');
	const audio = join(folder, 'beep.wav');
	const now = 'between(mod(t,1),0.499,0.599)';
	const commands = [
		['-f', 'lavfi', '-i', `testsrc2=size=240x180:rate=20:duration=${4 - 1 / 20}`,
			'-vf', `lutyuv=y=val*0.4,pad=960:720:240:180:color=0x202020,drawbox=color=white:thickness=fill:enable='${now}',format=yuv420p`, video],
		['-f', 'lavfi', '-i', `aevalsrc='${now}*0.5*sin(2*PI*1000*t)':sample_rate=48000:duration=120`, audio],
	];
	for (const command of commands) {
		const { code, stderr } = await run('ffmpeg', ['-v', 'error', '-y', ...command]);
		if (code !== 0)
			throw new Error(`ffmpeg: ${stderr}`);
	}
	return { video, audio };
}

/** A browser that plays the source; close() it. */
export async function startBrowser(source) {
	return chromium.launch({
		executablePath: browserPath,
		args: [
			'--no-sandbox',
			'--use-fake-device-for-media-stream',
			'--use-fake-ui-for-media-stream',
			`--use-file-for-fake-video-capture=${source.video}`,
			`--use-file-for-fake-audio-capture=${source.audio}`,
			'--allow-loopback-in-peer-connection',
			'--disable-features=WebRtcHideLocalIpsWithMdns',
			'--disable-background-networking',
			'--autoplay-policy=no-user-gesture-required',
			...(process.env.TSR_CHROMIUM_ARGS?.split(' ') ?? []),
		],
	});
}

export const newSource = () => generateSource(temporaryFolder('source'));
