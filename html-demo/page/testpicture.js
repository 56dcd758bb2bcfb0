// SPDX-License-Identifier: GPL-3.0-or-later
// A generated source: a picture with a clock, and a tone. Once a second it flashes and beeps at the same moment, so that eye
// and ear can tell whether picture and sound of a recording still belong together.

const WIDTH = 1280, HEIGHT = 720, RATE = 25;
const BEEP_S = 0.1;
const bars = ['#c8c8c8', '#c7c61f', '#1fc6c7', '#1fc631', '#c71fc4', '#c71f22', '#1f25c7'];

/** @returns {{stream: MediaStream, wake: () => Promise<void>, stop: () => void}} wake() starts the tone: browsers want a click before */
export function testPicture() {
	const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
	const context = canvas.getContext('2d', { alpha: false });
	const audio = new AudioContext();
	const tone = makeTone(audio);
	const stream = new MediaStream([...canvas.captureStream(RATE).getVideoTracks(), ...tone.stream.getAudioTracks()]);
	stream.getVideoTracks()[0].contentHint = 'detail'; // its size stays, also while the browser finds out what the network carries
	let frame = 0, request;

	const draw = () => {
		const now = audio.state === 'running' ? audio.currentTime : performance.now() / 1000;
		drawPicture(context, now, frame++);
		tone.schedule();
		request = requestAnimationFrame(draw);
	};
	draw();

	return {
		stream,
		wake: () => audio.resume(),
		stop() {
			cancelAnimationFrame(request);
			stream.getTracks().forEach(track => track.stop());
			audio.close();
		},
	};
}

function drawPicture(context, now, frame) {
	const second = now % 1;
	context.fillStyle = '#10161d';
	context.fillRect(0, 0, WIDTH, HEIGHT);
	bars.forEach((color, i) => {
		context.fillStyle = color;
		context.fillRect(i * WIDTH / bars.length, 0, WIDTH / bars.length + 1, HEIGHT * 0.42);
	});
	// A block that crosses the picture once a second shows dropped frames as a jump.
	context.fillStyle = '#f0453a';
	context.fillRect(second * (WIDTH + 80) - 80, HEIGHT * 0.42, 80, 24);
	context.fillStyle = '#e8edf2';
	context.textAlign = 'center';
	context.font = '600 132px ui-monospace, "DejaVu Sans Mono", monospace';
	context.fillText(new Date().toLocaleTimeString('en-GB') + '.' + Math.floor(second * 10), WIDTH / 2, HEIGHT * 0.68);
	context.font = '30px system-ui, sans-serif';
	context.fillStyle = '#93a4b5';
	context.fillText(`janus-tsrecorder test picture · frame ${frame}`, WIDTH / 2, HEIGHT * 0.8);
	if (second < BEEP_S) {
		context.fillStyle = '#fff';
		context.fillRect(WIDTH / 2 - 140, HEIGHT * 0.86, 280, 56);
	} else {
		context.strokeStyle = '#3a4755';
		context.lineWidth = 3;
		context.strokeRect(WIDTH / 2 - 140, HEIGHT * 0.86, 280, 56);
	}
}

function makeTone(audio) {
	const out = audio.createMediaStreamDestination();
	const hum = new OscillatorNode(audio, { frequency: 220 });
	hum.connect(new GainNode(audio, { gain: 0.04 })).connect(out);
	hum.start();
	let next = 1;
	return {
		stream: out.stream,
		/** Keeps the next beep in the audio clock's timetable. */
		schedule() {
			if (audio.currentTime < next - 0.5)
				return;
			const at = Math.max(next, Math.ceil(audio.currentTime));
			const beep = new OscillatorNode(audio, { frequency: 1000 });
			beep.connect(new GainNode(audio, { gain: 0.4 })).connect(out);
			beep.start(at);
			beep.stop(at + BEEP_S);
			next = at + 1;
		},
	};
}
