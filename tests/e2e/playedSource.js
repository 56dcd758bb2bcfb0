// SPDX-License-Identifier: GPL-3.0-or-later
// Runs in the page after peer.js, in place of camera and microphone: sends what a file plays, which is exact, so that nothing is watched.

/* global peer */
Object.assign(peer, {
	async capture() {
		const element = document.createElement('video');
		element.src = '/source';
		document.body.append(element);
		await new Promise((resolve, reject) => {
			element.oncanplaythrough = resolve;
			element.onerror = () => reject(new Error(`the source does not play: ${element.error.message}`));
		});
		const stream = element.mozCaptureStream();
		await element.play();
		return stream;
	},

	measured() {},
});
