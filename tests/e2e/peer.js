// SPDX-License-Identifier: GPL-3.0-or-later
// Runs in the page: one PeerConnection that sends the fake camera and microphone. The test drives it through `peer`.

/* global newCandidate */
// eslint-disable-next-line no-unused-vars
const peer = {
	async start({ video = 'H264', audio = 'opus', packetizationMode, encodings, scalabilityMode, size } = {}) {
		const constraints = { echoCancellation: false, autoGainControl: false, noiseSuppression: false };
		this.stream = await navigator.mediaDevices.getUserMedia({
			video: video && { width: size?.width ?? 640, height: size?.height ?? 480 },
			audio: audio && constraints,
		});
		this.pc = new RTCPeerConnection();
		this.pc.onicecandidate = ({ candidate }) => newCandidate(candidate?.toJSON() ?? null);
		if (audio)
			this.pc.addTransceiver(this.stream.getAudioTracks()[0], { direction: 'sendonly', streams: [this.stream] });
		if (video) {
			const init = { direction: 'sendonly', streams: [this.stream] };
			if (encodings ?? scalabilityMode)
				init.sendEncodings = encodings ?? [{ scalabilityMode }];
			const transceiver = this.pc.addTransceiver(this.stream.getVideoTracks()[0], init);
			this.prefer(transceiver, video, packetizationMode);
		}
		return this.offer();
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

	answer(jsep) {
		return this.pc.setRemoteDescription(jsep);
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
			const { rid, packetsSent, framesSent, frameWidth, frameHeight, keyFramesEncoded, retransmittedPacketsSent, scalabilityMode } = stat;
			result[stat.kind].push({ rid, packetsSent, framesSent, frameWidth, frameHeight, keyFramesEncoded, retransmittedPacketsSent, scalabilityMode });
		}
		return result;
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

	close() {
		this.pc.close();
	},
};
