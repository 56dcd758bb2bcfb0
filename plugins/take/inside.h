/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a take is made of; for the files of this room alone. */
#ifndef TSR_PLUGINS_TAKE_INSIDE_H
#define TSR_PLUGINS_TAKE_INSIDE_H

#include <pthread.h>

#include "simulcast.h"
#include "take.h"
#include "totals.h"

struct takes {
	tsr_engine *engine;
	struct library *library; /* borrowed */
	pthread_mutex_t mutex;   /* guards what follows */
	GHashTable *running;     /* id -> struct take *, without a reference: whoever ends it removes it */
	struct totals ended;     /* what all the others did */
};

struct take_track {
	int mindex;
	char mid[32];
	unsigned index; /* the engine's */
	/* As negotiated: struct take_line. */
	tsr_codec codec;
	uint32_t clock_rate;
	uint8_t channels, red_payload_type;
	tsr_payload_types payload_types;
	bool ended;
	struct simulcast simulcast;
};

struct take {
	gint refs;
	/* Constant once it is made. */
	struct takes *takes;
	struct take_facts facts;
	struct take_owner owner; /* a reference */
	char *folder;
	tsr_container container;
	tsr_audio_mode audio_mode;
	tsr_recording *recording; /* set with the lock of the takes and its own: NULL while it is being created */

	gint stopped;                      /* atomic: take_stop was called */
	pthread_mutex_t mutex;             /* guards what follows */
	char *name;                        /* NULL = none */
	struct take_limits allowed, asked; /* by the settings, and for */
	int substream, temporal; /* the best simulcast and temporal layer to record, of tracks that are added too */
	unsigned tracks;
	struct take_track track[TSR_MAX_TRACKS];
	bool announced; /* its "starting" is out: no other event may overtake it */
	GQueue early;   /* results that wait for that */
	bool ended;     /* its last event came */
};

/* The media line of an engine's track and its mid; -1 when there is none. */
int take_mindex(struct take *take, int track, char mid[32]);

/* The settings of its profile have changed. */
void take_apply(struct take *take, const struct settings *old, const struct settings *settings);

/* The "result" of an engine's event; a new reference. */
json_t *take_event_result(struct take *take, const tsr_event *event);

#endif
