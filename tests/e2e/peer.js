// SPDX-License-Identifier: GPL-3.0-or-later
// Runs in the page: one PeerConnection that sends the fake camera and microphone. The test drives it through `peer`.

/* global newCandidate */
// eslint-disable-next-line no-unused-vars
const peer = {
	async start({ video = 'H264', audio = 'opus', direction = 'sendonly', dtx, packetizationMode, encodings, scalabilityMode, size } = {}) {
		this.dtx = dtx;
		this.stream = await this.capture({ video, audio, size });
		this.pc = this.newConnection();
		if (audio)
			this.pc.addTransceiver(this.stream.getAudioTracks()[0], { direction, streams: [this.stream] });
		if (video) {
			const init = { direction, streams: [this.stream] };
			if (encodings ?? scalabilityMode)
				init.sendEncodings = encodings ?? [{ scalabilityMode }];
			const transceiver = this.pc.addTransceiver(this.stream.getVideoTracks()[0], init);
			this.prefer(transceiver, video, packetizationMode);
		}
		return this.offer();
	},

	newConnection() {
		const pc = new RTCPeerConnection();
		pc.onconnectionstatechange = () => {
			if (pc.connectionState === 'connected')
				this.connectedAt ??= performance.now();
		};
		pc.onicecandidate = ({ candidate }) => newCandidate(candidate?.toJSON() ?? null);
		return pc;
	},

	/** The camera and the microphone, watched. */
	async capture({ video, audio, size }) {
		const constraints = { echoCancellation: false, autoGainControl: false, noiseSuppression: false };
		const stream = await navigator.mediaDevices.getUserMedia({
			video: video && { width: size?.width ?? 640, height: size?.height ?? 480 },
			audio: audio && constraints,
		});
		this.watchSource(stream);
		return stream;
	},

	/** Offers this codec alone (with RTX, which it cannot do without when packets are lost). */
	prefer(transceiver, codec, packetizationMode) {
		const { codecs } = RTCRtpSender.getCapabilities(transceiver.sender.track.kind);
		const mode = ({ sdpFmtpLine = '' }) => (/packetization-mode=1/.test(sdpFmtpLine) ? 1 : 0);
		transceiver.setCodecPreferences(codecs.filter((c) => {
			const name = c.mimeType.split('/')[1].toLowerCase();
			if (name === 'rtx')
				return true;
			return name === codec.toLowerCase() && (packetizationMode === undefined || mode(c) === packetizationMode);
		}));
	},

	async offer() {
		await this.pc.setLocalDescription(await this.pc.createOffer());
		return this.pc.localDescription.toJSON();
	},

	/** With `dtx` as if it asked for that (RFC 7587 section 6.1): no packets, but one each 400 ms, while it is silent. */
	answer({ type, sdp }) {
		const wanted = this.dtx ? sdp.replace(/(a=rtpmap:(\d+) opus\/.*\r\n)/i, '$1a=fmtp:$2 usedtx=1\r\n') : sdp;
		return this.pc.setRemoteDescription({ type, sdp: wanted });
	},

	candidate(candidate) {
		return this.pc.addIceCandidate(candidate);
	},

	connectionState() {
		return this.pc.connectionState;
	},

	/** What was sent so far, per track; layers of simulcast each on its own. */
	async sent() {
		const result = { video: [], audio: [] };
		for (const stat of (await this.pc.getStats()).values()) {
			if (stat.type !== 'outbound-rtp')
				continue;
			const { rid, packetsSent, bytesSent, framesSent, frameWidth, frameHeight, keyFramesEncoded, retransmittedPacketsSent, scalabilityMode, pliCount } = stat;
			result[stat.kind].push({ rid, packetsSent, bytesSent, framesSent, frameWidth, frameHeight, keyFramesEncoded, retransmittedPacketsSent, scalabilityMode, pliCount });
		}
		return result;
	},

	/**
	 * When the source flashes and beeps, in ms of the page's clock: on a busy machine the fake camera itself falls behind.
	 * Frames carry the time of their capture: a video frame's counts from another origin, which the quickest frame tells.
	 */
	source: { pictures: [], beeps: [], toPage: Infinity },

	watchSource(stream) {
		const each = async (track, look) => {
			const reader = new MediaStreamTrackProcessor({ track: track.clone(), maxBufferSize: 20 }).readable.getReader();
			for (let quiet = true; ;) {
				const { value: frame, done } = await reader.read();
				if (done)
					return;
				quiet = await look(frame, quiet);
				frame.close();
			}
		};
		const { source } = this;
		const corner = new Uint8Array(64);
		const samples = new Float32Array(48000);
		for (const track of stream.getTracks()) {
			if (track.kind === 'video')
				each(track, async (frame) => {
					source.toPage = Math.min(source.toPage, performance.now() - frame.timestamp / 1000);
					await frame.copyTo(corner, { rect: { x: 0, y: 0, width: 4, height: 4 } });
					source.pictures.push({ time: frame.timestamp / 1000, value: corner[0] });
				});
			else
				each(track, (data, quiet) => {
					data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
					const first = samples.subarray(0, data.numberOfFrames).findIndex((v) => Math.abs(v) > 0.02);
					if (first >= 0 && quiet)
						source.beeps.push(data.timestamp / 1000 + first / data.sampleRate * 1000);
					return first < 0;
				});
		}
	},

	/** The brightness of each picture of the source, and its beeps, in seconds since the connection was up. */
	measured() {
		const { pictures, beeps, toPage } = this.source;
		const since = (ms) => (ms - this.connectedAt) / 1000;
		return {
			pictures: pictures.map(({ time, value }) => ({ time: since(time + toPage), value })),
			beeps: beeps.map(since),
			connectedFor: since(performance.now()),
		};
	},

	/** Kept with the time it took (ms) to encode the next keyframe. */
	async nextKeyframe() {
		const encoded = async () => Math.max(...(await this.sent()).video.map(({ keyFramesEncoded }) => keyFramesEncoded));
		const from = performance.now();
		for (const before = await encoded(); await encoded() === before;)
			await new Promise((resolve) => setTimeout(resolve, 10));
		return performance.now() - from;
	},

	/** Answers what another peer offers, with the fake camera and microphone. */
	async accept({ type, sdp }) {
		this.pc = this.newConnection();
		this.stream = await this.capture({ video: true, audio: true });
		await this.pc.setRemoteDescription({ type, sdp });
		for (const track of this.stream.getTracks())
			this.pc.addTrack(track, this.stream);
		await this.pc.setLocalDescription(await this.pc.createAnswer());
		return this.pc.localDescription.toJSON();
	},

	/** Mutes (the track goes on as silence and black) or unmutes. */
	enable(kind, enabled) {
		for (const sender of this.pc.getSenders())
			if (sender.track?.kind === kind)
				sender.track.enabled = enabled;
	},

	/** The same sender goes on with a picture of another size. */
	async replaceVideo(width, height) {
		const stream = await navigator.mediaDevices.getUserMedia({ video: { width, height } });
		const sender = this.pc.getSenders().find(({ track }) => track?.kind === 'video');
		await sender.replaceTrack(stream.getVideoTracks()[0]);
	},

	/** Adds a second microphone track or the camera; a renegotiation follows. */
	add(kind, codec) {
		const track = this.stream.getTracks().find((t) => t.kind === kind).clone();
		const transceiver = this.pc.addTransceiver(track, { direction: 'sendonly' });
		if (codec)
			this.prefer(transceiver, codec);
		return this.offer();
	},

	/** Offers the picture in another codec. */
	recode(codec) {
		this.prefer(this.pc.getTransceivers().find(({ receiver }) => receiver.track.kind === 'video'), codec);
		return this.offer();
	},

	/** Stops or starts to send a kind of media by its direction; a renegotiation follows. */
	direct(kind, direction) {
		for (const transceiver of this.pc.getTransceivers())
			if (transceiver.receiver.track.kind === kind)
				transceiver.direction = direction;
		return this.offer();
	},

	/** Takes the source from the sender, which then sends nothing, or gives it back. */
	async unplug(kind, unplugged) {
		const sender = this.pc.getTransceivers().find(({ receiver }) => receiver.track.kind === kind).sender;
		await sender.replaceTrack(unplugged ? null : this.stream.getTracks().find((t) => t.kind === kind));
	},

	close() {
		this.pc.close();
	},
};
