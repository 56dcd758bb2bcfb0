/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every cap of the engine with its reason. Nothing a peer sends makes memory grow beyond them. A build for the fuzzers
 * (-DTSR_SMALL_LIMITS) makes them small, so that the edges are reached. */
#ifndef TSR_COMMON_LIMITS_H
#define TSR_COMMON_LIMITS_H

#ifdef TSR_SMALL_LIMITS
#define LIMIT_FRAME_BYTES         4096
#define LIMIT_AUDIO_FRAME_BYTES   2048
#define LIMIT_PARAMETER_SET_BYTES 256
#define LIMIT_JITBUF_PACKETS      64
#define LIMIT_JITBUF_BYTES        (16 * 1024)
#define LIMIT_INBOX_BYTES         (16 * 1024)
#define LIMIT_SCAN_PIDS           4
#else
/* One coded frame. A 4K keyframe at 100 Mb/s stays below 4 MiB; endless fragments stop here. */
#define LIMIT_FRAME_BYTES         (4 * 1024 * 1024)
/* One audio packet's coded bytes: RTP over UDP cannot carry more than this. */
#define LIMIT_AUDIO_FRAME_BYTES   (64 * 1024)
/* One SPS, PPS or VPS that is kept for later keyframes. Real ones stay below 200 bytes; an SPS with VUI and HRD below 1 KiB. */
#define LIMIT_PARAMETER_SET_BYTES 4096
/* Packets and bytes held while waiting for a missing one: 500 ms of 25 Mb/s. */
#define LIMIT_JITBUF_PACKETS      2048
#define LIMIT_JITBUF_BYTES        (2 * 1024 * 1024)
/* Packets between the Janus thread and the workers, per recording: 5 s of 6 Mb/s for a stall of the machine. Video is
 * refused at three quarters of it, so that audio has room to the end. */
#define LIMIT_INBOX_BYTES         (4 * 1024 * 1024)
/* PIDs that recovery looks after in one file: LIMIT_TRACKS, their tables, and room to spare. */
#define LIMIT_SCAN_PIDS           64
#endif

/* One RTP packet. Janus from 1.4.1 on may hand over more than an Ethernet frame; UDP ends at 65507. */
#define LIMIT_RTP_PACKET_BYTES 65535
/* Parameter sets by id: H.264 allows 32 SPS and 256 PPS; encoders use one or two. The newest ones win. */
#define LIMIT_PARAMETER_SETS 16
/* All sets of one kind together: they go before every keyframe, which a peer can make small and frequent. */
#define LIMIT_PARAMETER_SETS_BYTES (2 * LIMIT_PARAMETER_SET_BYTES)
/* Blocks of one RED packet. Browsers send two or three. */
#define LIMIT_RED_BLOCKS 8
/* Tracks in one recording; a PMT of this many still fits one TS section. */
#define LIMIT_TRACKS 16
/* Pixels of one picture that a decoder may be asked for: 8192x4320. */
#define LIMIT_PIXELS (8192 * 4320)
/* Either side of one picture. */
#define LIMIT_DIMENSION 8192
/* Bytes not yet written to the page cache, per recording, before video is dropped (sink). The configuration can lower it
 * or raise it up to LIMIT_SINK_BYTES_MAX. 5 s of 10 Mb/s. */
#define LIMIT_SINK_BYTES     (8 * 1024 * 1024)
#define LIMIT_SINK_BYTES_MAX (256 * 1024 * 1024)
/* Part of the sink's cap that only audio may use. */
#define LIMIT_SINK_AUDIO_RESERVE_PERCENT 10
/* Empty chunks kept for reuse, for all sinks together: 4 MiB, two writes' worth of 80 recordings at 2.5 Mb/s. */
#define LIMIT_FREE_CHUNKS 64
/* A report file that is read before its recording may be removed; a long one, with metadata, has 64 KiB. */
#define LIMIT_REPORT_BYTES (1024 * 1024)
/* Frames held at the start of a recording while waiting for the other tracks' first frames. */
#define LIMIT_START_FRAMES 512
#define LIMIT_START_BYTES  (4 * 1024 * 1024)
/* A recording's id and the longest file name without its ending, in bytes; and what a segment's number adds ("-00002"). */
#define LIMIT_ID_BYTES       64
#define LIMIT_FILENAME_BYTES 200
#define SEGMENT_NUMBER_BYTES 6
/* Earlier segments that wait for the disk, each with up to a sink's memory, before no new one is begun. */
#define LIMIT_FILES_BEING_FINISHED 2
/* Gaps kept with their time ranges in the statistics; later ones are only counted. */
#define LIMIT_GAPS 64

#endif
