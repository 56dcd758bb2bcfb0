/* SPDX-License-Identifier: GPL-3.0-or-later */
/*! \file   janus_tsrecorder.c
 * \brief  Janus TS Recorder plugin: a peer's media straight into a playable .ts file
 *
 * \details The plugin records what a peer sends. A handle sends \c record with a JSEP offer, gets the answer, and from then
 * on everything the peer sends goes into one MPEG-TS file that can be played while it grows: \c ID.recording.ts until the
 * recording ends, \c ID.ts afterwards, never both. It ends by \c stop , by a detach or hangup, when the Janus session ends
 * or times out, at a limit, or when Janus shuts down: in each case the file is completed, made durable and renamed.
 *
 * The package name is \c janus.plugin.tsrecorder .
 *
 * \section tsrapi TS Recorder API
 *
 * Requests travel in the \c body of a Janus \c message . \c record and \c configure are asynchronous: Janus acknowledges them,
 * and an event with the same \c transaction brings the result. All the others are answered at once, in the \c plugindata of
 * Janus's \c success . A request is validated completely before anything is done: unknown parameters, wrong types and values
 * out of range are errors, and an error means that nothing was changed.
 *
 * Durations in requests are integers, in seconds, or strings with a unit (\c "500ms" , \c "30s" , \c "10m" , \c "1h" ).
 * Sizes are integers, in bytes, or strings with a unit (\c "500kB" , \c "4MiB" , \c "1GiB" ). Answers use plain integers
 * whose names say the unit.
 *
 * \subsection tsrowner Whose recording it is
 *
 * A recording belongs to the handle that made it. That handle need not name it: in all requests below, \c id may be left out
 * and then means the handle's own latest recording. Any other handle must give \c id together with the \c secret that
 * \c record set, or the \c admin_key of the configuration; otherwise the answer is \c UNAUTHORIZED , whether that
 * recording exists or not. Only one that is not private ( \c is_private ) may be seen by everybody: it is in everybody's \c list ,
 * and \c status and \c info need no key. Who made a recording and its secret (hidden by a salted hash) are kept in
 * its report, so that they hold after a restart, too.
 *
 * \subsection tsrrecord record (asynchronous, with a JSEP offer)
 *
\verbatim
{
	"request" : "record",
	"id" : "<[A-Za-z0-9_-], 1 to 64 characters; optional, generated when missing>",
	"name" : "<free text, up to 256 bytes, no control characters; optional; goes into the file's title and the report>",
	"videocodec" : "<h264|h265|vp8|vp9|av1: this one or none; optional, default: the first that is configured and the peer offers>",
	"audiocodec" : "<opus|multiopus|pcmu|pcma|g722|l16: likewise; optional>",
	"audio_mode" : "<transcode|copy: Opus becomes AAC, or stays Opus; optional, default as configured>",
	"audio" : <true|false: whether to record audio; optional, default true>,
	"video" : <true|false: whether to record video; optional, default true>,
	"profile" : "<name of a profile-NAME category of the configuration; optional>",
	"filename" : "<template instead of the configured one, e.g. "{date}/{id}"; optional>",
	"max_duration" : <duration after which the recording ends by itself, if the configuration has no lower one; optional>,
	"max_size" : <size at which the recording ends by itself, likewise; optional>,
	"bitrate" : <bit/s to ask the sender for at most, by REMB; optional, 0 = no limit>,
	"keyframe_interval" : <duration: ask the sender for a keyframe this often; optional, 0 = only when one is needed>,
	"substream" : <0 to 2: the best simulcast layer to record; optional, default 2, the best that arrives>,
	"temporal" : <0 to 7: the highest temporal layer to record, of VP8, VP9, AV1 and H.265; optional, default all>,
	"metadata" : {<any object, up to 4096 bytes as JSON; optional; goes into the report verbatim>},
	"is_private" : <true|false: whether the recording is left out of other handles' list; optional, default as configured>,
	"secret" : "<1 to 256 bytes: lets other handles that know it see, control and delete this recording; optional>",
	"record_key" : "<mandatory when record_key is configured>",
	"token" : "<mandatory when signed_tokens is configured: a signed token with the descriptor record or record=ID>"
}
\endverbatim
 *
 * The event that answers it carries the JSEP answer. From here on the file exists:
 *
\verbatim
{
	"tsrecorder" : "event",
	"result" : {
		"status" : "starting",
		"id" : "20240131-120000-5f3a90c1",
		"name" : "<as given; absent without one>",
		"file" : "20240131-120000-5f3a90c1.recording.ts",
		"tracks" : [
			{
				"mindex" : 0,
				"mid" : "0",
				"type" : "audio",
				"codec" : "opus",
				"recorded_as" : "aac",
				"mode" : "transcode"
			},
			{ "mindex" : 1, "mid" : "1", "type" : "video", "codec" : "h264", "recorded_as" : "h264", "mode" : "copy" }
		],
		"refused" : [
			{
				"mindex" : 2,
				"mid" : "2",
				"type" : "video",
				"offered" : [ "theora" ],
				"reason" : "no codec that can be recorded"
			}
		]
	}
}
\endverbatim
 *
 * \c refused is absent when each media line that sends something was accepted. When none can be accepted, \c record fails with
 * \c NO_USABLE_CODEC , and the error names what was offered. \c file is relative to the recordings folder; while the recording
 * runs it is what a player may open.
 *
 * The file may be waited for, by a disk that stalls. When the PeerConnection is closed meanwhile, \c starting comes without a JSEP, and
 * \c finished follows it with the reason \c hangup . A handle makes one recording at a time. After \c finished or \c failed , and after
 * a \c hangup if the PeerConnection is still up, it may \c record again.
 *
 * \subsection tsrconfigure configure (asynchronous, may carry a JSEP offer)
 *
 * Changes the handle's running recording. With a JSEP offer it renegotiates: new media lines become new tracks of the same file,
 * lines that were switched off end.
 *
\verbatim
{
	"request" : "configure",
	"bitrate" : <bit/s, by REMB; optional, 0 = no limit>,
	"keyframe_interval" : <duration; optional, 0 = only when one is needed>,
	"keyframe" : <true: ask for a keyframe now; optional>,
	"substream" : <0 to 2: as in record; optional>,
	"temporal" : <0 to 7: as in record; optional>,
	"max_duration" : <duration, counted from the start of the recording; optional, 0 = as configured>,
	"max_size" : <size; optional, 0 = as configured>,
	"name" : "<as in record; optional>",
	"metadata" : {<as in record; optional>}
}
\endverbatim
 *
 * The event: \c {"tsrecorder":"event","result":{"status":"configured","id":"…"}} , with \c tracks and \c refused as
 * in \c starting , and the JSEP answer, when there was an offer.
 *
 * \subsection tsrcontrol pause, resume, split, stop
 *
\verbatim
{
	"request" : "<pause|resume|split|stop>",
	"id" : "<optional on the handle's own recording>",
	"secret" : "<of a recording of another handle; optional>",
	"admin_key" : "<instead of secret; optional>"
}
\endverbatim
 *
 * They are answered by \c {"tsrecorder":"pausing"|"resuming"|"splitting"|"stopping","id":"…"} , and the event follows when it
 * happened: \c paused , \c resumed , \c segment , and \c finished or \c failed . What arrives between \c pause and \c resume is left out, and the
 * timeline closes over it. \c split goes on in a new file at the next keyframe. Pausing what is paused, resuming what runs,
 * and stopping twice are errors (\c WRONG_STATE ).
 *
 * \subsection tsrstatus status
 *
 * Takes \c id , \c secret and \c admin_key as above. On a handle that never recorded it answers
 * \c {"tsrecorder":"status","state":"idle"} , otherwise:
 *
\verbatim
{
	"tsrecorder" : "status",
	"state" : "<starting|recording|paused|stopping|finished|failed>",
	"id" : "…", "name" : "…", "profile" : "…",
	"file" : "<relative to the recordings folder>",
	"started" : "<ISO 8601, UTC>",
	"duration_ms" : <of the media in the file>,
	"bytes_written" : <handed to the operating system: what a player sees>,
	"bytes_durable" : <known to be on the disk>,
	"bytes_exposed" : <made, but not durable>,
	"exposed_ms" : <age of the oldest byte that is not durable; 0 = none>,
	"last_write_age_ms" : <null = never>,
	"last_flush_age_ms" : <null = never>,
	"last_packet_age_ms" : <null = never>,
	"writes" : …, "flushes" : …,
	"flush_latency_us" : <latest>, "flush_latency_p50_us" : …, "flush_latency_p95_us" : …, "flush_latency_p99_us" : …,
	"flush_latency_max_us" : …,
	"write_latency_p50_us" : …, "write_latency_p95_us" : …, "write_latency_p99_us" : …, "write_latency_max_us" : …,
	"flush_threshold" : <bytes, as it is now>, "flush_threshold_moves" : …,
	"buffered_bytes" : <waiting for the disk>,
	"inbox_bytes" : <waiting for a worker>, "inbox_max_bytes" : …, "inbox_dropped_packets" : …,
	"segment" : <0 = the first or only file>,
	"tracks" : [
		{
			"mindex" : …, "mid" : "…", "type" : "audio|video", "codec" : "…", "recorded_as" : "…", "mode" : "copy|transcode",
			"started" : <true once a frame of it is in the file>,
			"ended" : <true while it is removed or switched off by a renegotiation>,
			"packets" : …, "bytes" : <of RTP payload>,
			"lost" : …, "late" : …, "duplicate" : …, "reordered" : …, "malformed" : …, "restarts" : …,
			"other_ssrc" : <left out: not of the SSRC that carries the track>, "other_payload" : <passed over: FEC, events, noise>,
			"bad_padding" : <taken as they were: the header announces padding, and there is none>,
			"frames" : …, "frames_written" : …, "frames_damaged" : …, "frames_skipped" : …, "frames_unwanted" : …, "frames_dropped" : …,
			"keyframes" : …, "keyframe_requests" : …, "decode_errors" : …, "concealed" : …,
			"width" : …, "height" : …, "resolution_changes" : <video only>,
			"rotation" : <video only; degrees clockwise that show it upright, done already where it is transcoded>,
			"reorder_frames" : <video only; so many pictures may come before one that is shown before them (B-frames)>,
			"sample_rate" : …, "channels" : <audio only>,
			"sender_reports" : …, "clock_jumps" : …, "clock_offset_us" : …, "clock_corrected_us" : …,
			"transcode_cpu_us" : …
		}
	],
	"gaps" : [
		{ "mindex" : …, "cause" : "disk_slow|loss", "start_ms" : …, "end_ms" : …, "frames" : …, "bytes" : … }
	],
	"gaps_total" : <all; the first 64 are listed>
}
\endverbatim
 *
 * All of it is counted where the bytes are written, nothing is what was once intended: \c last_write_age_ms grows
 * when nothing reaches the disk. The same object, as \c recording , is in the \c handle_info of the Admin API. Of a recording that
 * ended before this handle's latest one, the answer is what \c list says of it.
 *
 * \subsection tsrlist list, info, delete, profiles
 *
\verbatim
{
	"request" : "list",
	"state" : "<starting|recording|paused|stopping|finished|interrupted; optional: all>",
	"since" : "<ISO 8601 UTC, or seconds since 1970: started then or later; optional>",
	"until" : "<likewise: started before; optional>",
	"name" : "<exactly this; optional>", "own" : <true|false: only those that this handle made, at most the last 1000; optional>,
	"before" : "<what an earlier answer said as next: goes on behind its last recording; optional>",
	"offset" : <skip this many; optional, default 0>,
	"limit" : <at most this many, 1 to 1000; optional, default 100>,
	"admin_key" : "<to see the recordings of all handles; optional>"
}
\endverbatim
 *
 * The answer, newest first: the handle's own recordings and those that are not private; with the \c admin_key all. \c interrupted
 * are files of an earlier run that wait for recovery. Another Janus may record into the same folder: its recordings are listed, too,
 * those that run as \c recording with less to tell. An answer takes the same time however many recordings there are; to go through
 * all of them, \c before is cheaper than \c offset :
 *
\verbatim
{
	"tsrecorder" : "list",
	"total" : <how many match>,
	"offset" : 0,
	"next" : "<for the next request's before; only when the list is as long as limit>",
	"recordings" : [
		{
			"id" : "…", "name" : "…", "profile" : "…",
			"state" : "finished",
			"started" : "…", "ended" : "<when it has>",
			"duration_ms" : …, "bytes" : …,
			"file" : "<the first>", "files" : [ "<all segments, when it has ended>" ],
			"recovered" : <true when a crash had interrupted it>,
			"own" : <true when this handle made it>
		}
	]
}
\endverbatim
 *
 * \c info takes \c id , \c secret and \c admin_key as above, and answers \c {"tsrecorder":"info","recording":{…}} : the
 * status of a recording that runs, or what \c list says of one that ended, with its \c reports (an array, one for each file).
 *
 * \c delete takes the same, and removes the files of a recording that ended: \c {"tsrecorder":"deleted","id":"…","files":1} .
 * One that runs must be stopped first (\c WRONG_STATE ).
 *
 * \c profiles takes nothing and answers \c {"tsrecorder":"profiles","profiles":[{"name":"…","description":"…", <its settings>}]} .
 *
 * \c record_room , \c record_peers , \c stop_tap and \c taps record peers of other plugins: \ref tsrrooms , at the head of plugins/api/room.c.
 *
 * \subsection tsrevents Events
 *
 * All have the shape of \c starting above: \c {"tsrecorder":"event","result":{"status":"…","id":"…", …}} . Those that answer
 * no request have no \c transaction . After a detach there is nobody left to send them to; event handlers get all of them, always.
 *
 * | \c status | when | more fields |
 * |---|---|---|
 * | \c starting | the answer to \c record | \c name , \c file , \c tracks , \c refused |
 * | \c recording | the first keyframe (audio alone: the first frame) is in the file | \c file |
 * | \c paused , \c resumed | after \c pause , \c resume | |
 * | \c stalled , \c unstalled | nothing arrives any more, or it does again | |
 * | \c segment | a segment is complete; with \c error it is not | \c file , \c path , \c bytes , \c duration_ms , and \c error_code , \c error if it failed |
 * | \c warning | something needs attention; the recording goes on | \c warning , \c text , \c mindex when it is about a track |
 * | \c finished | it is complete, durable and has its final name | \c file , \c path , \c bytes , \c duration_ms , \c reason , \c sha256 with reports |
 * | \c failed | it, or a segment of it, could not be completed | \c error_code , \c error , \c reason , \c bytes , \c duration_ms , and \c file , \c path of what was saved, if anything |
 * | \c configured | the answer to \c configure | \c tracks , \c refused after an offer |
 * | \c recovered | a file of an earlier run was completed (event handlers only) | \c file , \c path , \c bytes , \c duration_ms |
 * | \c deleted | by a request or by retention (event handlers only) | \c file , \c reason |
 *
 * Each recording gets exactly one \c finished or \c failed , after the rename. A recording into which nothing came leaves no file:
 * its \c finished has \c bytes 0, and neither \c file nor \c path .
 *
 * \c warning is one of \c disk_slow , \c disk_full , \c no_keyframe , \c no_audio , \c no_video , \c transcoder_overload , \c clock_jump ,
 * \c inbox_full , \c decode_errors , \c b_frames (pictures come in another order than they are shown: the file has both orders, but
 * a live stream made of it is not for every player), \c without_keyframe (none came for \c keyframe_timeout , and the picture goes on
 * without), \c clock_rate (the sender's RTP clock runs at another rate than was announced, which is followed), \c no_frames (no frame
 * comes of what arrives; a format that is known is named), \c write_failed . \c reason is one of \c stop , \c hangup , \c detach ,
 * \c shutdown , \c max_duration , \c max_size , \c disk_full , \c error ; of taps also \c left , \c room_destroyed .
 *
 * Event handlers get the content of \c result , with \c event instead of \c status .
 *
 * \subsection tsrerrors Errors
 *
 * An error is \c {"tsrecorder":"event","error_code":N,"error":"one sentence"} , as an event or as an answer at once, whichever the
 * request would have had:
 *
 * | code | name | meaning |
 * |---|---|---|
 * | 601 | \c NO_MESSAGE | the message has no body |
 * | 602 | \c INVALID_JSON | the body is not an object |
 * | 603 | \c INVALID_REQUEST | there is no such request |
 * | 604 | \c MISSING_ELEMENT | a mandatory parameter is missing |
 * | 605 | \c INVALID_ELEMENT | a parameter has a wrong type or a value that is not allowed |
 * | 606 | \c UNKNOWN_ELEMENT | the request has no such parameter |
 * | 607 | \c MISSING_OFFER | \c record without a JSEP offer |
 * | 608 | \c INVALID_SDP | the offer is not an SDP that can be answered |
 * | 609 | \c NO_USABLE_CODEC | nothing in the offer can be recorded; the error names what was offered |
 * | 610 | \c WRONG_STATE | not in this state: the handle records already, or not at all, it is paused already, … |
 * | 611 | \c NOT_FOUND | there is no such recording, tap, profile or room; or Janus has not loaded the plugin |
 * | 612 | \c EXISTS | the id, or the file it would make, is in use; or the room is being recorded |
 * | 613 | \c UNAUTHORIZED | a wrong or missing secret, key or token; or \c tap does not allow that plugin |
 * | 614 | \c FOLDER | the recordings folder is missing or unwritable, or what is named in it is protected |
 * | 615 | \c DISK_FULL | no space, or less than \c min_free_space |
 * | 616 | \c IO | another error of the file system |
 * | 617 | \c LIMIT | a limit was reached: \c max_recordings , 16 tracks in a recording, 16 requests of a handle that wait; or the system has no thread for the request |
 * | 618 | \c UNSUPPORTED | this build of libavcodec lacks what the codec or the profile needs; or that plugin, in this Janus, cannot be listened to |
 * | 619 | \c SHUTTING_DOWN | the plugin is being stopped |
 * | 699 | \c UNKNOWN | memory, or threads for the engine, are out |
 *
 * \section tsradmin Admin API
 *
 * The following go to \c message_plugin of the Admin API, with \c admin_key when one is configured. Errors are as above.
 *
 * - \c {"request":"list_recordings"} , with the filters of \c list : as \c list with all recordings and the live status of those that run.
 * - \c {"request":"stats"} : \c {"tsrecorder":"stats","version":"…","uptime_s":…,"handles":…,"running":…,"recordings_path":"…",
 *   "free_bytes":…,"totals":{…},"recordings":[…]} . \c totals are sums over all recordings since Janus was started: how many were
 *   \c started , \c finished , \c failed , and the counters of \c status under the same names ( \c gaps is how many there were,
 *   \c exposed_ms the longest); \c recordings has the status of each that runs. \c catalogue is
 *   \c {"state":"complete|incomplete|temporary","scanning":…,"files_scanned":…,"finished":…,"interrupted":…,"bytes":…,"retention_us":…} : what is
 *   known of the folder ( \c incomplete until all of it was looked through once, \c temporary when the catalogue's file cannot be used, as the log
 *   says), and how long the latest turn of retention took (null = none yet: it waits until all is known).
 * - \c {"request":"configure","settings":{"NAME":VALUE, …}} : changes settings of the category \c general at run time, all or none; those that
 *   cannot change while the plugin runs are refused. Answers \c {"tsrecorder":"configured","settings":{…}} with the values now
 *   in force; with no \c settings it changes nothing and shows all. Recordings that run follow in how they are flushed
 *   ( \c flush_… , \c sync ) and limited ( \c max_duration , \c max_size ; a profile's own values stand above these); the rest is for
 *   those that begin.
 * - \c {"request":"stop","id":"…"} , \c status , \c info , \c delete , \c record_room , \c record_peers , \c stop_tap , \c taps : as above; no \c secret is needed.
 * - \c {"request":"recover"} : completes the files of earlier runs now, in the background; \c {"tsrecorder":"recovering","files":N} .
 * - \c {"request":"rescan"} : looks through the folder in the background, as it is done at the start and every hour, for files that were put there
 *   or taken away by hand; \c {"tsrecorder":"rescanning"} .
 * - \c {"request":"profiles"} : as \c profiles .
 */

#include <debug.h> /* Janus's */
#include <glib.h>
#include <utils.h> /* Janus's */

#include "api/api.h"
#include "gate.h"
#include "keeper/keeper.h"
#include "library/library.h"
#include "peer/peer.h"
#include "runtime/runtime.h"
#include "take/take.h"
#include "tap/tap.h"
#include "tsrecorder-config.h"

/* ---- lifecycle --------------------------------------------------------------------------------------------------------- */

static janus_plugin plugin;

/* All that there is, in the order in which it is made; each may use what stands above it, and goes before that. Janus's callbacks have
 * no pointer of ours, so they find it here. */
static struct {
	struct gate gate;
	struct runtime *runtime;
	struct library *library;
	struct sessions *sessions;
	struct takes *takes;
	struct taps *taps;
	struct keeper *keeper;
	struct api *api;
} the;

static void destroy_parts(void)
{
	api_destroy(g_steal_pointer(&the.api));
	keeper_destroy(g_steal_pointer(&the.keeper));
	taps_destroy(g_steal_pointer(&the.taps));
	takes_destroy(g_steal_pointer(&the.takes));
	sessions_destroy(g_steal_pointer(&the.sessions));
	library_destroy(g_steal_pointer(&the.library));
	runtime_destroy(g_steal_pointer(&the.runtime));
}

static bool runs(void *nothing, const char *id)
{
	(void)nothing;
	struct take *take = takes_find(the.takes, id);
	take_unref(take);
	return take != NULL;
}

static void recovered(void *nothing)
{
	(void)nothing;
	taps_recover(the.taps);
}

/* Takes the reference of the configuration. False when the plugin cannot work; what was made is destroyed then. */
static bool create_parts(janus_callbacks *gateway, struct config *config)
{
	const struct settings *settings = config_general(config);
	the.runtime = runtime_create(gateway, &plugin, config);
	the.library = library_create(settings->recordings_path);
	the.sessions = sessions_create(the.runtime);
	if (the.library)
		the.takes = takes_create(settings, the.library);
	if (!the.takes) {
		JANUS_LOG(LOG_ERR, "[tsrecorder] The threads of the %s cannot be started\n",
			  the.library ? "engine" : "catalogue");
		destroy_parts();
		return false;
	}
	the.taps = taps_create(the.runtime, the.takes);
	const struct keeper_host host = {runs, recovered, NULL};
	the.keeper = keeper_create(the.runtime, the.library, &host);
	if (!the.keeper)
		JANUS_LOG(LOG_WARN, "[tsrecorder] No thread for recovery and retention\n");
	const struct api_parts parts = {the.runtime, the.library, the.sessions, the.takes, the.taps, the.keeper};
	the.api = api_create(&parts);
	return true;
}

static int plugin_init(janus_callbacks *callbacks, const char *config_path)
{
	char error[600];
	if (!callbacks || !config_path)
		return -1;
	struct config *config = config_load(config_path, error, sizeof(error));
	if (!config) {
		JANUS_LOG(LOG_ERR, "[tsrecorder] Not started, because of the configuration: %s\n", error);
		return -1;
	}
	if (!library_make_folder(config_general(config)->recordings_path)) {
		config_unref(config);
		return -1;
	}
	if (!create_parts(callbacks, config))
		return -1;
	gate_open(&the.gate);
	JANUS_LOG(LOG_INFO, "[tsrecorder] " TSR_VERSION_STRING " records to %s\n",
		  config_general(config)->recordings_path);
	return 0;
}

/* Every recording that runs is finished before this returns, whether its handle was detached or not. */
static void plugin_destroy(void)
{
	if (!gate_close(&the.gate))
		return;
	runtime_set_ending(the.runtime);
	destroy_parts();
	JANUS_LOG(LOG_INFO, "[tsrecorder] Ended\n");
}

/* ---- the callback table ------------------------------------------------------------------------------------------------ */

static int get_api_compatibility(void)
{
	return JANUS_PLUGIN_API_VERSION;
}

static int get_version(void)
{
	return TSR_VERSION;
}

static const char *get_version_string(void)
{
	return TSR_VERSION_STRING;
}

static const char *get_description(void)
{
	return "Records what a peer sends straight into a playable MPEG-TS file.";
}

static const char *get_name(void)
{
	return "JANUS TS Recorder plugin";
}

static const char *get_author(void)
{
	return "The janus-tsrecorder authors";
}

static const char *get_package(void)
{
	return PLUGIN_PACKAGE;
}

static void create_session(janus_plugin_session *handle, int *error)
{
	if (!gate_enter(&the.gate)) {
		*error = -1;
		return;
	}
	session_create(the.sessions, handle);
	gate_leave(&the.gate);
}

static void destroy_session(janus_plugin_session *handle, int *error)
{
	if (!gate_enter(&the.gate)) {
		*error = -1;
		return;
	}
	session_destroy(the.sessions, handle, error);
	gate_leave(&the.gate);
}

static janus_plugin_result *handle_message(janus_plugin_session *handle, char *transaction, json_t *message,
					   json_t *jsep)
{
	if (!gate_enter(&the.gate)) {
		g_free(transaction);
		json_decref(message);
		json_decref(jsep);
		return janus_plugin_result_new(JANUS_PLUGIN_OK, NULL,
					       api_error_json(API_SHUTTING_DOWN, "the plugin is being stopped"));
	}
	janus_plugin_result *result = api_handle_message(the.api, handle, transaction, message, jsep);
	gate_leave(&the.gate);
	return result;
}

static json_t *handle_admin_message(json_t *message)
{
	if (!gate_enter(&the.gate))
		return NULL;
	json_t *answer = api_handle_admin_message(the.api, message);
	gate_leave(&the.gate);
	return answer;
}

static void setup_media(janus_plugin_session *handle)
{
	if (!gate_enter(&the.gate))
		return;
	session_setup_media(the.sessions, handle);
	gate_leave(&the.gate);
}

static void incoming_rtp(janus_plugin_session *handle, janus_plugin_rtp *packet)
{
	if (!gate_enter(&the.gate))
		return;
	session_incoming_rtp(handle, packet);
	gate_leave(&the.gate);
}

static void incoming_rtcp(janus_plugin_session *handle, janus_plugin_rtcp *packet)
{
	if (!gate_enter(&the.gate))
		return;
	session_incoming_rtcp(handle, packet);
	gate_leave(&the.gate);
}

static void hangup_media(janus_plugin_session *handle)
{
	if (!gate_enter(&the.gate))
		return;
	session_hangup_media(the.sessions, handle);
	gate_leave(&the.gate);
}

static json_t *query_session(janus_plugin_session *handle)
{
	if (!gate_enter(&the.gate))
		return NULL;
	json_t *info = session_query(the.sessions, handle);
	gate_leave(&the.gate);
	return info;
}

static janus_plugin plugin = {
	.init = plugin_init,
	.destroy = plugin_destroy,
	.get_api_compatibility = get_api_compatibility,
	.get_version = get_version,
	.get_version_string = get_version_string,
	.get_description = get_description,
	.get_name = get_name,
	.get_author = get_author,
	.get_package = get_package,
	.create_session = create_session,
	.handle_message = handle_message,
	.handle_admin_message = handle_admin_message,
	.setup_media = setup_media,
	.incoming_rtp = incoming_rtp,
	.incoming_rtcp = incoming_rtcp,
	.hangup_media = hangup_media,
	.destroy_session = destroy_session,
	.query_session = query_session,
};

create_p create;

/* What Janus looks for after dlopen(). */
__attribute__((visibility("default"))) janus_plugin *create(void)
{
	return &plugin;
}
