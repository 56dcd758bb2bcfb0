// SPDX-License-Identifier: GPL-3.0-or-later
// Offers of a peer that is not there.

const codecs = {
	opus: { audio: true, types: { 111: ['opus/48000/2', 'minptime=10;useinbandfec=1'] } },
	red: { audio: true, types: { 63: ['red/48000/2', '111/111'] } },
	pcmu: { audio: true, types: { 0: ['PCMU/8000'] } },
	g722: { audio: true, types: { 9: ['G722/8000'] } },
	g722Wide: { audio: true, types: { 9: ['G722/16000'] } },
	l16: { audio: true, types: { 107: ['L16/48000'] } },
	multiopus: { audio: true, types: { 113: ['multiopus/48000/6', 'channel_mapping=0,4,1,2,3,5;coupled_streams=2;minptime=10;num_streams=4'] } },
	multiopusOther: { audio: true, types: { 113: ['multiopus/48000/6', 'channel_mapping=0,1,2,3,4,5;coupled_streams=0;num_streams=6'] } },
	telephone: { audio: true, types: { 126: ['telephone-event/8000'] } },
	vp8: { types: { 96: ['VP8/90000'] } },
	vp9: { types: { 98: ['VP9/90000', 'profile-id=0'], 100: ['VP9/90000', 'profile-id=2'] } },
	av1: { types: { 45: ['AV1/90000', 'level-idx=5;profile=0;tier=0'] } },
	h265: { types: { 49: ['H265/90000', 'level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST'] } },
	h264: {
		types: {
			102: ['H264/90000', 'level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f'],
			106: ['H264/90000', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f'],
			108: ['H264/90000', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f'],
		},
	},
	h264Interleaved: { types: { 109: ['H264/90000', 'packetization-mode=2;profile-level-id=42e01f'] } },
	h265Reordered: { types: { 50: ['H265/90000', 'profile-id=1;sprop-max-don-diff=4'] } },
	theora: { types: { 97: ['THEORA/90000'] } },
};

/** A media line that offers these codecs; `direction` and `port` as in SDP. */
export function line(names, { direction = 'sendonly', port = 9 } = {}) {
	const offered = names.flatMap((name) => Object.entries(codecs[name].types).map(([type, map]) => [type, ...map]));
	const kind = codecs[names[0]].audio ? 'audio' : 'video';
	return (mid) => [
		`m=${kind} ${port} UDP/TLS/RTP/SAVPF ${offered.map(([type]) => type).join(' ')}`,
		'c=IN IP4 0.0.0.0',
		'a=rtcp-mux',
		'a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuvwx',
		`a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
		'a=setup:actpass',
		`a=mid:${mid}`,
		`a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid`,
		`a=extmap:3 urn:3gpp:video-orientation`,
		`a=${direction}`,
		...offered.flatMap(([type, map, fmtp]) => [`a=rtpmap:${type} ${map}`, ...(fmtp ? [`a=fmtp:${type} ${fmtp}`] : [])]),
	];
}

/** A data channel, as it is offered (RFC 8841), and as it was before. */
export const dataChannel = ({ old = false } = {}) => (mid) => [
	`m=application 9 ${old ? 'DTLS/SCTP 5000' : 'UDP/DTLS/SCTP webrtc-datachannel'}`,
	'c=IN IP4 0.0.0.0',
	'a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuvwx',
	`a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
	'a=setup:actpass',
	`a=mid:${mid}`,
	old ? 'a=sctpmap:5000 webrtc-datachannel 1024' : 'a=sctp-port:5000',
];

/** An offer of these lines, as a JSEP. */
export function offer(...lines) {
	const all = lines.length ? lines : [line(['opus']), line(['h264', 'vp8'])];
	const sdp = [
		'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0',
		`a=group:BUNDLE ${all.map((_, i) => i).join(' ')}`,
		...all.flatMap((make, i) => make(i)),
	];
	return { type: 'offer', sdp: `${sdp.join('\r\n')}\r\n` };
}
