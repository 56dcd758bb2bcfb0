#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A WebRTC peer that is no browser: flashes and beeps once a second, by aiortc.

aiortcPeer.py CODEC: prints its offer as a line of JSON, then reads lines: {"answer": JSEP}, {"candidate": CANDIDATE},
{"sent": true} (answered by a line with what was sent so far), {"packets": true} (by one with each RTP packet: its header's first 12
bytes and a hash of the rest, in hexadecimal). Ends with its input.
"""
import asyncio
import fractions
import hashlib
import json
import sys
import time

import numpy
from aiortc import MediaStreamTrack, RTCDtlsTransport, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp
from av import AudioFrame, VideoFrame

FRAMES_PER_SECOND = 20
SAMPLES_PER_SECOND = 48000
SAMPLES = 960  # 20 ms


def loud(seconds):
    """Whether the flash and the beep are on, 100 ms from the middle of each second."""
    return 0.5 <= seconds % 1 < 0.6


class Source(MediaStreamTrack):
    """A track that paces itself by a start time shared with the other one."""

    start = None

    async def pace(self, seconds):
        if Source.start is None:
            Source.start = time.monotonic()
        await asyncio.sleep(max(0, Source.start + seconds - time.monotonic()))


class Flash(Source):
    kind = "video"
    count = 0

    async def recv(self):
        seconds = self.count / FRAMES_PER_SECOND
        await self.pace(seconds)
        picture = numpy.full((480, 640, 3), 255 if loud(seconds) else 40, dtype=numpy.uint8)
        picture[200:280, self.count * 8 % 560:][:, :80] = (0, 120, 0)
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = self.count
        frame.time_base = fractions.Fraction(1, FRAMES_PER_SECOND)
        self.count += 1
        return frame


class Beep(Source):
    kind = "audio"
    count = 0

    async def recv(self):
        first = self.count * SAMPLES
        await self.pace((first + SAMPLES) / SAMPLES_PER_SECOND)  # as a microphone, which hands over what it has heard
        seconds = numpy.arange(first, first + SAMPLES) / SAMPLES_PER_SECOND
        wave = numpy.sin(2 * numpy.pi * 1000 * seconds) * 16000 * loud(first / SAMPLES_PER_SECOND)
        frame = AudioFrame.from_ndarray(wave.astype(numpy.int16).reshape(1, -1), format="s16", layout="mono")
        frame.pts = first
        frame.sample_rate = SAMPLES_PER_SECOND
        frame.time_base = fractions.Fraction(1, SAMPLES_PER_SECOND)
        self.count += 1
        return frame


packets = []  # as they were before their encryption


def note_packets():
    send = RTCDtlsTransport._send_rtp

    async def noting(self, data):
        if not 192 <= data[1] < 224:  # RFC 5761 section 4: those are RTCP
            packets.append(data[:12].hex() + hashlib.sha1(data[12:]).hexdigest())
        await send(self, data)

    RTCDtlsTransport._send_rtp = noting


def say(message):
    print(json.dumps(message), flush=True)


async def sent(connection):
    counts = {"audio": [], "video": []}
    for sender in connection.getSenders():
        for stat in (await sender.getStats()).values():
            if stat.type == "outbound-rtp":
                counts[stat.kind].append({"packetsSent": stat.packetsSent})
    return counts


async def main():
    note_packets()
    connection = RTCPeerConnection()
    connection.addTrack(Beep())
    if sys.argv[1] != "none":
        connection.addTrack(Flash())
    wanted = f"video/{sys.argv[1]}".lower()
    capabilities = RTCRtpSender.getCapabilities("video").codecs
    for transceiver in connection.getTransceivers():
        transceiver.direction = "sendonly"
        if transceiver.kind == "video":
            transceiver.setCodecPreferences([c for c in capabilities if c.mimeType.lower() in (wanted, "video/rtx")])
    await connection.setLocalDescription(await connection.createOffer())
    say({"type": "offer", "sdp": connection.localDescription.sdp})

    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        message = json.loads(line)
        if "answer" in message:
            await connection.setRemoteDescription(RTCSessionDescription(**message["answer"]))
        elif "candidate" in message:
            candidate = candidate_from_sdp(message["candidate"]["candidate"].split(":", 1)[1])
            candidate.sdpMid = message["candidate"].get("sdpMid")  # not before the answer
            candidate.sdpMLineIndex = message["candidate"]["sdpMLineIndex"]
            await connection.addIceCandidate(candidate)
        elif "packets" in message:
            say(packets)
        elif "sent" in message:
            say(await sent(connection) | {"state": connection.connectionState})
    await connection.close()


asyncio.run(main())
