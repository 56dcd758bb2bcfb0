/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A take's tracks: media lines become tracks of the engine, and their packets go there.
 *
 * Only take_negotiated changes the table, one call at a time. The lock keeps the media thread out for the moment of a
 * change, never for a call of the engine, which may have to wait for a worker's turn to end. */
#include <glib.h>
#include <string.h>

#include "inside.h"

static struct take_track *live_track(struct take *take, int mindex)
{
	for (unsigned i = 0; i < take->tracks; i++) {
		if (take->track[i].mindex == mindex && !take->track[i].ended)
			return &take->track[i];
	}
	return NULL;
}

static void end_track(struct take *take, struct take_track *track)
{
	pthread_mutex_lock(&take->mutex);
	track->ended = true;
	pthread_mutex_unlock(&take->mutex);
	tsr_recording_end_track(take->recording, track->index);
}

static tsr_track_config track_config(const struct take_line *line)
{
	return (tsr_track_config){
		.codec = line->codec,
		.clock_rate = line->clock_rate,
		.channels = line->channels,
		.stereo = line->stereo,
		.red_payload_type = line->red_payload_type,
		.payload_types = line->payload_types,
		.parameter_sets = line->parameter_sets ? line->parameter_sets->data : NULL,
		.parameter_sets_size = line->parameter_sets ? line->parameter_sets->len : 0,
		.label = line->mid,
	};
}

/* Whether the track can go on as it is. */
static bool fits(const struct take_track *track, const struct take_line *line)
{
	return track->codec == line->codec && track->clock_rate == line->clock_rate &&
	       track->channels == line->channels && track->red_payload_type == line->red_payload_type &&
	       !memcmp(&track->payload_types, &line->payload_types, sizeof(track->payload_types));
}

/* What becomes of each line of the offer. */
struct plan {
	const struct take_line *line;
	struct take_track *resumed; /* an ended track of this line and codec that goes on; NULL = a new one */
};

/* The lines that need a track, and for each track the line that it stays for, or NULL. False when there would be too
 * many: then nothing has changed. */
static bool make_plan(struct take *take, const struct take_line *lines, unsigned count, struct plan *plan,
		      unsigned *planned, const struct take_line *stays[TSR_MAX_TRACKS])
{
	unsigned fresh = 0;
	*planned = 0;
	for (unsigned i = 0; i < count; i++) {
		const struct take_line *wanted = &lines[i];
		struct take_track *live = live_track(take, wanted->mindex), *resumed = NULL;
		if (!wanted->active)
			continue;
		if (live && fits(live, wanted)) {
			stays[live - take->track] = wanted;
			continue;
		}
		for (unsigned j = 0; j < take->tracks; j++) {
			struct take_track *t = &take->track[j];
			if (t->mindex == wanted->mindex && t->codec == wanted->codec)
				resumed = t; /* ended, or to be ended: nothing else of this line stays */
		}
		fresh += resumed == NULL;
		plan[(*planned)++] = (struct plan){wanted, resumed};
	}
	return take->tracks + fresh <= TSR_MAX_TRACKS;
}

static enum api_error carry_out(struct take *take, const struct plan *plan, char *error, size_t error_size)
{
	const struct take_line *line = plan->line;
	struct take_track track = {
		.mindex = line->mindex,
		.codec = line->codec,
		.clock_rate = line->clock_rate,
		.channels = line->channels,
		.red_payload_type = line->red_payload_type,
		.payload_types = line->payload_types,
	};
	g_strlcpy(track.mid, line->mid, sizeof(track.mid));
	if (line->layers.described)
		simulcast_init(&track.simulcast, &line->layers, line->codec, take->substream);
	const tsr_track_config config = track_config(line);
	tsr_error err;
	if (plan->resumed) {
		track.index = plan->resumed->index;
		err = tsr_recording_resume_track(take->recording, track.index, &config);
	} else {
		err = tsr_recording_add_track(take->recording, &config, &track.index);
	}
	if (err != TSR_OK) {
		g_snprintf(error, error_size, "media line %d cannot be recorded as %s: %s", line->mindex,
			   tsr_codec_name(line->codec), tsr_strerror(err));
		return api_error_of(err);
	}
	tsr_recording_set_temporal_layer(take->recording, track.index, (uint8_t)take->temporal);
	pthread_mutex_lock(&take->mutex);
	*(plan->resumed ? plan->resumed : &take->track[take->tracks++]) = track;
	pthread_mutex_unlock(&take->mutex);
	return API_OK;
}

/* The layers of a line that goes on may be others now. */
static void renew_simulcast(struct take *take, struct take_track *track, const struct take_line *line)
{
	struct simulcast renewed;
	if (!line->layers.described)
		return;
	simulcast_init(&renewed, &line->layers, track->codec, take->substream);
	pthread_mutex_lock(&take->mutex);
	if (!simulcast_same_layers(&track->simulcast, &renewed))
		track->simulcast = renewed;
	pthread_mutex_unlock(&take->mutex);
}

enum api_error take_negotiated(struct take *take, const struct take_line *lines, unsigned count, char *error,
			       size_t error_size)
{
	const struct take_line *stays[TSR_MAX_TRACKS] = {NULL};
	struct plan plan[TSR_MAX_TRACKS];
	unsigned planned;
	if (!make_plan(take, lines, count, plan, &planned, stays)) {
		g_snprintf(error, error_size, "a recording has %d tracks at most", TSR_MAX_TRACKS);
		return API_LIMIT;
	}
	for (unsigned i = 0; i < take->tracks; i++) {
		if (stays[i])
			renew_simulcast(take, &take->track[i], stays[i]);
		else if (!take->track[i].ended)
			end_track(take, &take->track[i]);
	}
	enum api_error err = API_OK;
	for (unsigned i = 0; i < planned && err == API_OK; i++)
		err = carry_out(take, &plan[i], error, error_size);
	return err;
}

json_t *take_tracks_json(struct take *take)
{
	json_t *list = json_array();
	pthread_mutex_lock(&take->mutex);
	for (unsigned i = 0; i < take->tracks; i++) {
		const struct take_track *track = &take->track[i];
		tsr_codec written = TSR_CODEC_NONE;
		bool transcode = false;
		if (track->ended ||
		    tsr_route(track->codec, take->container, take->audio_mode, &written, &transcode) != TSR_OK)
			continue;
		json_array_append_new(
			list, json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "mindex", track->mindex, "mid", track->mid,
					"type", tsr_codec_is_video(track->codec) ? "video" : "audio", "codec",
					tsr_codec_name(track->codec), "recorded_as", tsr_codec_name(written), "mode",
					transcode ? "transcode" : "copy"));
	}
	pthread_mutex_unlock(&take->mutex);
	return list;
}

int take_mindex(struct take *take, int index, char mid[32])
{
	int mindex = -1;
	mid[0] = '\0';
	pthread_mutex_lock(&take->mutex);
	for (unsigned i = 0; i < take->tracks && index >= 0; i++) {
		if (take->track[i].index == (unsigned)index) {
			mindex = take->track[i].mindex;
			g_strlcpy(mid, take->track[i].mid, 32);
		}
	}
	pthread_mutex_unlock(&take->mutex);
	return mindex;
}

void take_set_layers(struct take *take, int substream, int temporal)
{
	pthread_mutex_lock(&take->mutex);
	take->substream = substream >= 0 ? substream : take->substream;
	take->temporal = temporal >= 0 ? temporal : take->temporal;
	for (unsigned i = 0; i < take->tracks && substream >= 0; i++)
		take->track[i].simulcast.choice.wanted = substream;
	pthread_mutex_unlock(&take->mutex);
	for (unsigned i = 0; i < take->tracks && temporal >= 0; i++)
		tsr_recording_set_temporal_layer(take->recording, take->track[i].index, (uint8_t)temporal);
}

/* ---- media --------------------------------------------------------------------------------------------------------- */

bool take_push_rtp(struct take *take, int mindex, const char *packet, size_t size, int64_t now_us)
{
	bool ask = false;
	pthread_mutex_lock(&take->mutex);
	struct take_track *track = live_track(take, mindex);
	if (track && (!track->simulcast.active || simulcast_select(&track->simulcast, packet, size, now_us, &ask)))
		tsr_push_rtp(take->recording, track->index, (const uint8_t *)packet, size, now_us);
	pthread_mutex_unlock(&take->mutex);
	return ask;
}

/* Reports of every layer of simulcast: they tell how the layers' timestamps lie to each other, before it is changed. */
void take_push_rtcp(struct take *take, int mindex, const char *packet, size_t size, int64_t now_us)
{
	pthread_mutex_lock(&take->mutex);
	struct take_track *track = live_track(take, mindex);
	if (track && track->simulcast.active)
		simulcast_report(&track->simulcast, packet, size);
	if (track)
		tsr_push_rtcp(take->recording, track->index, (const uint8_t *)packet, size, now_us);
	pthread_mutex_unlock(&take->mutex);
}
