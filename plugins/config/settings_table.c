/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every setting: type, default, range, and when it may change. */
#include "settings.h"

#define KIB    1024LL
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)
#define TIB    (1024 * GIB)
#define MS     1000LL
#define SECOND (1000 * MS)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)

#define AT(member) offsetof(struct settings, member)
#define RUN        FIELD_RUNTIME
#define PRO        FIELD_PROFILE
#define ZERO       FIELD_ZERO

static const char *const sync_choices[] = {"data", "none", NULL};
static const char *const audio_modes[] = {"transcode", "copy", NULL};
static const char *const containers[] = {"ts", "mkv", "webm", "mp4", "auto", NULL}; /* in the order of tsr_container */
static const char *const real_containers[] = {"ts", "mkv", "webm", "mp4", NULL};
_Static_assert(sizeof(containers) / sizeof(containers[0]) == TSR_CONTAINER_COUNT + 2, "each container has a name here");
static const char *const hls_choices[] = {"off", "single", "segments", NULL}; /* in the order of tsr_hls_mode */
static const char *const hls_uris[] = {"final", "running", NULL};
static const char *const on_loss_choices[] = {"wait_keyframe", "conceal", NULL};
static const char *const recovery_choices[] = {"rename", "keep", "off", NULL};
static const char *const log_levels[] = {"error", "warning", "info", "verbose", "debug", NULL};

/* clang-format off */
const struct field settings_table[] = {
	/* name                      type          member                          min      max            choices  flags      default */
	{ "recordings_path",         FIELD_TEXT,   AT(recordings_path),            1,       3000,          NULL, 0,            "/var/lib/janus/recordings" },
	{ "filename",                FIELD_TEXT,   AT(filename),                   1,       200,           NULL, RUN|PRO,      "{id}" },
	{ "file_mode",               FIELD_MODE,   AT(file_mode),                  0400,    0777,          NULL, RUN|PRO,      "0644" },
	{ "report",                  FIELD_BOOL,   AT(report),                     0,       0,             NULL, RUN|PRO,      "true" },

	{ "flush_threshold",         FIELD_SIZE,   AT(flush_threshold),            64 * KIB, GIB,          NULL, RUN|PRO,      "4MiB" },
	{ "flush_interval",          FIELD_TIME,   AT(flush_interval),             100 * MS, HOUR,         NULL, RUN|PRO|ZERO, "1s" },
	{ "sync",                    FIELD_CHOICE, AT(sync),                       0,       0,             sync_choices, RUN|PRO, "data" },
	{ "flush_adaptive",          FIELD_BOOL,   AT(flush_adaptive),             0,       0,             NULL, RUN|PRO,      "false" },
	{ "flush_threshold_min",     FIELD_SIZE,   AT(flush_threshold_min),        64 * KIB, GIB,          NULL, RUN|PRO,      "512KiB" },
	{ "flush_threshold_max",     FIELD_SIZE,   AT(flush_threshold_max),        64 * KIB, GIB,          NULL, RUN|PRO,      "32MiB" },
	{ "memory_cap",              FIELD_SIZE,   AT(memory_cap),                 MIB,     256 * MIB,     NULL, RUN|PRO,      "8MiB" },
	{ "min_free_space",          FIELD_SIZE,   AT(min_free_space),             0,       1024 * TIB,    NULL, RUN,          "256MiB" },

	{ "max_recordings",          FIELD_INT,    AT(max_recordings),             0,       1000000,       NULL, RUN,          "0" },
	{ "max_duration",            FIELD_TIME,   AT(max_duration),               SECOND,  3650 * DAY,    NULL, RUN|PRO|ZERO, "0" },
	{ "max_size",                FIELD_SIZE,   AT(max_size),                   64 * KIB, 1024 * TIB,   NULL, RUN|PRO|ZERO, "0" },
	{ "segment_duration",        FIELD_TIME,   AT(segment_duration),           SECOND,  30 * DAY,      NULL, RUN|PRO|ZERO, "0" },
	{ "segment_size",            FIELD_SIZE,   AT(segment_size),               64 * KIB, 1024 * TIB,   NULL, RUN|PRO|ZERO, "0" },

	{ "hls",                     FIELD_CHOICE, AT(hls),                        0,       0,             hls_choices, RUN|PRO, "off" },
	{ "hls_segment",             FIELD_TIME,   AT(hls_segment),                500 * MS, 60 * SECOND,  NULL, RUN|PRO,      "2s" },
	{ "hls_window",              FIELD_TIME,   AT(hls_window),                 SECOND,  30 * DAY,      NULL, RUN|PRO|ZERO, "0" },
	{ "hls_uri",                 FIELD_CHOICE, AT(hls_uri),                    0,       0,             hls_uris, RUN|PRO,  "final" },

	{ "container",               FIELD_CHOICE, AT(container),                  0,       0,             containers, RUN|PRO, "ts" },
	{ "auto_containers",         FIELD_CHOICES, AT(auto_containers),           0,       0,             real_containers, RUN|PRO, "ts, mp4, mkv" },
	{ "video_codecs",            FIELD_CODECS, AT(video_codecs),               1,       0,             NULL, RUN|PRO,      "h264, h265, vp8, vp9, av1" },
	{ "audio_codecs",            FIELD_CODECS, AT(audio_codecs),               0,       0,             NULL, RUN|PRO,      "opus, multiopus, l16, g722, pcmu, pcma" },
	{ "audio_mode",              FIELD_CHOICE, AT(audio_mode),                 0,       0,             audio_modes, RUN|PRO, "transcode" },
	{ "audio_red",               FIELD_BOOL,   AT(audio_red),                  0,       0,             NULL, RUN|PRO,      "true" },
	{ "bitrate",                 FIELD_INT,    AT(bitrate),                    30000,   1000000000,    NULL, RUN|PRO|ZERO, "0" },
	{ "keyframe_interval",       FIELD_TIME,   AT(keyframe_interval),          500 * MS, HOUR,         NULL, RUN|PRO|ZERO, "0" },
	{ "on_loss",                 FIELD_CHOICE, AT(on_loss),                    0,       0,             on_loss_choices, RUN|PRO, "wait_keyframe" },
	{ "keyframe_timeout",        FIELD_TIME,   AT(keyframe_timeout),           SECOND,  HOUR,          NULL, RUN|PRO|ZERO, "10s" },
	{ "reorder_wait",            FIELD_TIME,   AT(reorder_wait),               20 * MS, 5 * SECOND,    NULL, RUN|PRO,      "500ms" },
	{ "start_wait",              FIELD_TIME,   AT(start_wait),                 0,       2 * SECOND,    NULL, RUN|PRO,      "500ms" },
	{ "stall_timeout",           FIELD_TIME,   AT(stall_timeout),              SECOND,  HOUR,          NULL, RUN|PRO|ZERO, "10s" },
	{ "track_timeout",           FIELD_TIME,   AT(track_timeout),              SECOND,  HOUR,          NULL, RUN|PRO,      "10s" },

	{ "video_encoder",           FIELD_TEXT,   AT(video_encoder),              1,       64,            NULL, RUN|PRO,      "libx264" },
	{ "video_preset",            FIELD_TEXT,   AT(video_preset),               1,       64,            NULL, RUN|PRO,      "veryfast" },
	{ "video_encoder_options",   FIELD_TEXT,   AT(video_encoder_options),      0,       1000,          NULL, RUN|PRO,      "" },
	{ "video_bitrate",           FIELD_INT,    AT(video_bitrate),              30000,   1000000000,    NULL, RUN|PRO|ZERO, "0" },
	{ "video_threads",           FIELD_INT,    AT(video_threads),              1,       64,            NULL, RUN|PRO,      "1" },
	{ "encoder_keyframe_interval", FIELD_TIME, AT(encoder_keyframe_interval),  100 * MS, 60 * SECOND,  NULL, RUN|PRO,      "2s" },
	{ "video_size",              FIELD_PIXELS, AT(video_size),                 16,      8192,          NULL, RUN|PRO,      "source" },
	{ "audio_encoder",           FIELD_TEXT,   AT(audio_encoder),              1,       64,            NULL, RUN|PRO,      "aac" },
	{ "audio_bitrate",           FIELD_INT,    AT(audio_bitrate),              6000,    1000000,       NULL, RUN|PRO|ZERO, "0" },
	{ "audio_channels",          FIELD_INT,    AT(audio_channels),             0,       8,             NULL, RUN|PRO,      "0" },

	{ "copy_workers",            FIELD_INT,    AT(copy_workers),               0,       64,            NULL, 0,            "0" },
	{ "transcode_workers",       FIELD_INT,    AT(transcode_workers),          0,       64,            NULL, 0,            "0" },
	{ "writers",                 FIELD_INT,    AT(writers),                    0,       16,            NULL, 0,            "0" },

	{ "recovery",                FIELD_CHOICE, AT(recovery),                   0,       0,             recovery_choices, 0, "rename" },
	{ "retain_days",             FIELD_INT,    AT(retain_days),                0,       36500,         NULL, RUN|PRO,      "0" },
	{ "retain_size",             FIELD_SIZE,   AT(retain_size),                0,       1024 * TIB,    NULL, RUN,          "0" },

	{ "admin_key",               FIELD_TEXT,   AT(admin_key),                  0,       256,           NULL, FIELD_SECRET, "" },
	{ "record_key",              FIELD_TEXT,   AT(record_key),                 0,       256,           NULL, FIELD_SECRET, "" },
	{ "signed_tokens",           FIELD_BOOL,   AT(signed_tokens),              0,       0,             NULL, 0,            "false" },
	{ "private",                 FIELD_BOOL,   AT(private),                    0,       0,             NULL, RUN|PRO,      "true" },
	{ "tap",                     FIELD_TEXT,   AT(tap),                        0,       400,           NULL, RUN,          "janus.plugin.videoroom, janus.plugin.audiobridge" },
	{ "auto_record",             FIELD_TEXT,   AT(auto_record),                0,       400,           NULL, 0,            "off" },
	{ "events",                  FIELD_BOOL,   AT(events),                     0,       0,             NULL, RUN,          "true" },
	{ "log_level",               FIELD_CHOICE, AT(log_level),                  0,       0,             log_levels, RUN,    "info" },

	{ "description",             FIELD_TEXT,   AT(description),                0,       200,           NULL, PRO,          "" },
	{ 0 }
};
/* clang-format on */
