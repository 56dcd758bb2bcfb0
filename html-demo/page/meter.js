// SPDX-License-Identifier: GPL-3.0-or-later
// The level of a stream's sound, shown in a <meter>.

/** @param {HTMLMeterElement} meter @param {MediaStream} stream @returns {() => void} stops it */
export function showLevel(meter, stream) {
	if (!stream.getAudioTracks().length) {
		meter.value = 0;
		return () => {};
	}
	const audio = new AudioContext();
	const analyser = new AnalyserNode(audio, { fftSize: 1024 });
	audio.createMediaStreamSource(stream).connect(analyser);
	// Before the first click a browser leaves the context suspended.
	const resume = () => audio.resume().catch(() => {}); // it was closed meanwhile
	addEventListener('pointerdown', resume);
	addEventListener('keydown', resume);
	const samples = new Float32Array(analyser.fftSize);
	const timer = setInterval(() => {
		analyser.getFloatTimeDomainData(samples);
		const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
		// 60 dB below full scale is the left end.
		meter.value = peak ? Math.max(0, 1 + Math.log10(peak) / 3) : 0;
	}, 60);
	return () => {
		clearInterval(timer);
		removeEventListener('pointerdown', resume);
		removeEventListener('keydown', resume);
		audio.close();
		meter.value = 0;
	};
}
