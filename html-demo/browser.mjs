// SPDX-License-Identifier: GPL-3.0-or-later
// A headless Chromium with a camera and a microphone that are not real, for the unattended run and the tests.

import { chromium } from 'playwright-core';

export function launchBrowser() {
	return chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: [
			'--no-sandbox', // it opens our own page only, and containers have no sandbox to offer
			'--use-fake-device-for-media-stream',
			'--use-fake-ui-for-media-stream',
			'--autoplay-policy=no-user-gesture-required',
			'--auto-select-desktop-capture-source=Entire screen',
			'--disable-features=WebRtcHideLocalIpsWithMdns',
			'--disable-background-networking',
		],
	});
}
