// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of an offer: which codec and payload type is taken, and what is refused and named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answered, dataChannel, line, newHandle, newJanus, offer, refused, sharedJanus } from './stage.mjs';

async function record(t, janus, jsep, request = {}) {
	const handle = await newHandle(t, janus);
	const { data, jsep: answer } = await handle.request({ request: 'record', ...request }, jsep);
	return { handle, result: data.result, answer };
}

const rows = [
	// offered, request, codec, mode, what the answer's line has
	[['vp8', 'h264'], {}, 'h264', 'copy', 'a=rtpmap:106 H264/90000', 'a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f'],
	[['av1', 'vp9', 'vp8'], {}, 'vp8', 'transcode', 'a=rtpmap:96 VP8/90000'],
	[['av1', 'vp9'], {}, 'vp9', 'transcode', 'a=rtpmap:98 VP9/90000', 'a=fmtp:98 profile-id=0'],
	[['av1'], {}, 'av1', 'transcode', 'a=rtpmap:45 AV1/90000', 'a=fmtp:45 level-idx=5;profile=0;tier=0'],
	[['vp8', 'h265'], {}, 'h265', 'copy', 'a=rtpmap:49 H265/90000'],
	[['theora', 'vp8'], {}, 'vp8', 'transcode', 'a=rtpmap:96 VP8/90000'],
	[['h264', 'vp8'], { videocodec: 'vp8' }, 'vp8', 'transcode', 'a=rtpmap:96 VP8/90000'],
	[['opus', 'pcmu'], {}, 'opus', 'transcode', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10;useinbandfec=1'],
	[['opus', 'pcmu'], { audio_mode: 'copy' }, 'opus', 'copy', 'a=rtpmap:111 opus/48000/2'],
	[['opus', 'red'], {}, 'opus', 'transcode', 'a=rtpmap:63 red/48000/2', 'a=fmtp:63 111/111', 'a=rtpmap:111 opus/48000/2'],
	[['pcmu', 'g722', 'telephone'], {}, 'g722', 'transcode', 'a=rtpmap:9 G722/8000'],
	[['g722Wide'], {}, 'g722', 'transcode', 'a=rtpmap:9 G722/8000'], // RFC 3551 section 4.5.2
	[['l16'], {}, 'l16', 'transcode', 'a=rtpmap:107 L16/48000'],
	[['multiopus', 'pcmu'], { audiocodec: 'multiopus' }, 'multiopus', 'transcode', 'a=rtpmap:113 multiopus/48000/6',
		'a=fmtp:113 channel_mapping=0,4,1,2,3,5;coupled_streams=2;minptime=10;num_streams=4'],
	[['h264Interleaved', 'vp8'], {}, 'vp8', 'transcode', 'a=rtpmap:96 VP8/90000'],
	[['pcmu', 'opus'], { audiocodec: 'pcmu' }, 'pcmu', 'transcode', 'a=rtpmap:0 PCMU/8000'],
	[['vp8'], { container: 'mkv' }, 'vp8', 'copy', 'a=rtpmap:96 VP8/90000'],
	[['pcmu'], { container: 'mkv' }, 'pcmu', 'copy', 'a=rtpmap:0 PCMU/8000'],
	[['opus'], { container: 'mkv', audio_mode: 'transcode' }, 'opus', 'copy', 'a=rtpmap:111 opus/48000/2'],
	[['h264', 'vp8'], { container: 'webm' }, 'vp8', 'copy', 'a=rtpmap:96 VP8/90000'],
	[['pcmu', 'opus'], { container: 'webm' }, 'opus', 'copy', 'a=rtpmap:111 opus/48000/2'],
	[['vp8'], { container: 'mp4' }, 'vp8', 'transcode', 'a=rtpmap:96 VP8/90000'],
	[['opus'], { container: 'mp4' }, 'opus', 'transcode', 'a=rtpmap:111 opus/48000/2'],
	[['opus'], { container: 'mp4', audio_mode: 'copy' }, 'opus', 'copy', 'a=rtpmap:111 opus/48000/2'],
	[['vp8'], { container: 'auto' }, 'vp8', 'copy', 'a=rtpmap:96 VP8/90000'],
	[['opus'], { container: 'auto' }, 'opus', 'copy', 'a=rtpmap:111 opus/48000/2'],
];

for (const [offered, request, codec, mode, ...lines] of rows) {
	test(`${offered.join(', ')} ${JSON.stringify(request)}: ${codec}, ${mode}`, { timeout: 20_000 }, async (t) => {
		const { result, answer } = await record(t, await sharedJanus(), offer(line(offered)), request);
		const [track] = result.tracks;
		assert.equal(result.tracks.length, 1);
		assert.equal(result.refused, undefined);
		assert.equal(track.codec, codec);
		assert.equal(track.mode, mode);
		const media = answered(answer, 0);
		for (const expected of [...lines, 'a=recvonly'])
			assert.ok(media.includes(expected), `${expected} in\n${media.join('\n')}`);
		// The sender turns the picture itself when this is not negotiated.
		assert.ok(!media.some((l) => l.includes('video-orientation')));
		assert.ok(media.some((l) => l.includes('sdes:mid')));
		if (track.type === 'video')
			for (const feedback of ['nack', 'nack pli', 'ccm fir'])
				assert.ok(media.some((l) => l.startsWith('a=rtcp-fb:') && l.endsWith(feedback)), feedback);
		const rtpmaps = media.filter((l) => l.startsWith('a=rtpmap:'));
		assert.equal(rtpmaps.length, offered.includes('red') ? 2 : 1, rtpmaps.join());
	});
}

test('a line with no usable codec is refused and named, the others are taken', { timeout: 20_000 }, async (t) => {
	const { result, answer } = await record(t, await sharedJanus(), offer(line(['opus']), line(['theora']), line(['vp8'])));
	assert.deepEqual(result.tracks.map(({ mindex, mid, codec }) => [mindex, mid, codec]), [[0, '0', 'opus'], [2, '2', 'vp8']]);
	assert.deepEqual(result.refused, [
		{ mindex: 1, mid: '1', type: 'video', offered: ['theora'], reason: 'no codec that can be recorded' },
	]);
	assert.match(answered(answer, 1)[0], /^m=video 0 /);
});

test('the container: which file it is, and what it does not carry is refused and named', { timeout: 20_000 }, async (t) => {
	const janus = await sharedJanus();
	for (const [container, lines, ending] of [
		['ts', ['vp8', 'opus'], 'ts'], ['mkv', ['h264', 'opus'], 'mkv'], ['webm', ['vp8', 'opus'], 'webm'],
		['mp4', ['h264', 'opus'], 'mp4'], ['auto', ['vp9', 'opus'], 'mp4'],
		['auto', ['h264', 'opus'], 'ts'], ['auto', ['vp8', 'opus'], 'mkv'], ['auto', ['h264', 'pcmu'], 'mkv'],
	]) {
		const { result } = await record(t, janus, offer(...lines.map((codec) => line([codec]))), { container });
		assert.equal(result.file, `${result.id}.recording.${ending}`);
		assert.ok(result.tracks.every(({ mode }) => ['ts', 'mp4'].includes(container) || mode === 'copy'), JSON.stringify(result.tracks));
	}
	const { result } = await record(t, janus, offer(line(['h264']), line(['opus'])), { container: 'webm' });
	assert.deepEqual(result.tracks.map(({ codec }) => codec), ['opus']);
	assert.deepEqual(result.refused.map(({ offered, reason }) => [offered, reason]),
		[[['h264'], 'the container does not carry what is offered; mkv does']]);
});

test('a data channel is refused as what it is', { timeout: 20_000 }, async (t) => {
	for (const old of [false, true]) {
		const { result, answer } = await record(t, await sharedJanus(), offer(line(['opus']), dataChannel({ old })));
		assert.deepEqual(result.tracks.map(({ codec }) => codec), ['opus']);
		assert.deepEqual(result.refused, [{
			mindex: 1, mid: '1', type: 'application', offered: ['webrtc-datachannel'], reason: 'only audio and video can be recorded',
		}]);
		assert.match(answered(answer, 1)[0], /^m=application 0 /);
	}
});

test('what only receives, is inactive or rejected is no track and no refusal', { timeout: 20_000 }, async (t) => {
	const { result, answer } = await record(t, await sharedJanus(), offer(
		line(['opus']), line(['vp8'], { direction: 'recvonly' }), line(['vp8'], { direction: 'inactive' }), line(['vp8'], { port: 0 })));
	assert.deepEqual(result.tracks.map(({ mindex }) => mindex), [0]);
	assert.equal(result.refused, undefined);
	for (const mindex of [1, 2])
		assert.ok(answered(answer, mindex).includes('a=inactive'));
	assert.match(answered(answer, 3)[0], /^m=video 0 /);
});

test('audio or video alone, by request', { timeout: 20_000 }, async (t) => {
	const janus = await sharedJanus();
	const { result: sound } = await record(t, janus, offer(), { video: false });
	assert.deepEqual(sound.tracks.map(({ type }) => type), ['audio']);
	assert.deepEqual(sound.refused.map(({ type, reason }) => [type, reason]), [['video', 'video is not to be recorded']]);
	const { result: picture } = await record(t, janus, offer(), { audio: false });
	assert.deepEqual(picture.tracks.map(({ type }) => type), ['video']);
});

const unusable = [
	['nothing that can be recorded', offer(line(['theora'])), {}, /video: theora \(no codec that can be recorded\)/],
	['a codec that is asked for and not offered', offer(line(['h264'])), { videocodec: 'vp8' }, /video: h264 \(the codec that was asked for/],
	['H.264 that is sent interleaved', offer(line(['h264Interleaved'])), {}, /video: h264 \(no codec that can be recorded\)/],
	['H.265 in another order', offer(line(['h265Reordered'])), {}, /video: h265 \(no codec that can be recorded\)/],
	['another mapping of six channels', offer(line(['multiopusOther'])), {}, /audio: multiopus \(no codec that can be recorded\)/],
	['nothing that sends', offer(line(['opus'], { direction: 'recvonly' })), {}, /neither audio nor video/],
	['neither sound nor picture is wanted', offer(), { audio: false, video: false }, /audio is not to be recorded.*video is not to be recorded/],
	['media that is encrypted end to end', { ...offer(), e2ee: true }, {}, /encrypted end to end/],
];
for (const [name, jsep, request, sentence] of unusable) {
	test(`refused: ${name}`, { timeout: 20_000 }, async (t) => {
		const handle = await newHandle(t, await sharedJanus());
		await refused(handle.request({ request: 'record', ...request }, jsep), 609, sentence);
		assert.equal((await handle.request({ request: 'status' })).data.state, 'idle');
	});
}

test('the configured order decides, and what is not in it is not recorded', { timeout: 20_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'video_codecs = "vp8, h264"\n\taudio_codecs = "pcmu"\n\taudio_red = false' });
	const { result } = await record(t, janus, offer(line(['opus', 'pcmu']), line(['h264', 'vp8'])));
	assert.deepEqual(result.tracks.map(({ codec }) => codec), ['pcmu', 'vp8']);
	const handle = await newHandle(t, janus);
	await refused(handle.request({ request: 'record', audiocodec: 'opus' }, offer(line(['opus']))), 609);
});

test('redundancy is not accepted when it is switched off', { timeout: 20_000 }, async (t) => {
	const janus = await newJanus(t, { config: 'audio_red = false' });
	const { answer } = await record(t, janus, offer(line(['opus', 'red'])));
	assert.ok(!answered(answer, 0).some((l) => l.includes('red/')));
});
