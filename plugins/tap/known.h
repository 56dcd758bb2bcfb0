/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The plugins that are understood, and how: what each says of a handle when it is asked (query_session), as everybody may
 * who has the Admin API. Only this place knows their words. */
#ifndef TSR_PLUGINS_TAP_KNOWN_H
#define TSR_PLUGINS_TAP_KNOWN_H

#include <jansson.h>

#include "foreign.h"

#define KNOWN_WORDS 8

/* What requests of a plugin's own API do to who may be heard. */
enum known_effect {
	KNOWN_MODERATES,    /* mutes or unmutes ("mute") a media line ("mid") of somebody ("id") */
	KNOWN_MUTES_ROOM,   /* everybody but the room's admin */
	KNOWN_UNMUTES_ROOM, /* takes that back */
	KNOWN_ENDS_ROOM,
	KNOWN_CHANGES /* something that the plugin tells when it is asked */
};

struct known_word {
	const char *request; /* NULL ends a list of them */
	enum known_effect effect;
};

struct known {
	const char *package;
	/* Members of its answer; NULL = it does not tell. */
	const char
		*is[2];   /* this one has this value, or the handle sends nothing that is worth recording; NULL = any */
	const char *peer; /* who it is */
	const char *display;
	const char *muted;       /* true: all of it is muted */
	const char *audio_codec; /* of all audio lines, of a plugin that does not list its streams */
	const char *video_codec; /* likewise */
	const char *other_audio; /* a codec: what has no payload type of RFC 3551's own, where the codec is not told */
	bool described;          /* it tells no codecs: the peers' own descriptions do */
	/* Of a plugin that has rooms; otherwise NULL and 0. */
	const char *room;          /* member of the answer */
	const char *check;         /* a request that checks the secret of a room */
	int no_room;               /* the error that says that there is none */
	const char *recorded;      /* member of a stream that it has while the plugin itself records that */
	const char *recorded_room; /* member of the rooms that "list" tells, true while the plugin itself records one */
	struct known_word
		words[KNOWN_WORDS]; /* requests that name a room ("room") and matter to us; the last one is empty */
};

/* NULL when it is not understood; *slot is a number of its own. */
const struct known *known_find(const char *package, unsigned *slot);

/* By number, from 0; NULL behind the last. */
const struct known *known_at(unsigned slot);

/* The packages, separated by ", " (g_free). */
char *known_packages(void);

/* Who a handle is, and what it sends. */
struct who {
	char *room; /* NULL = none */
	char *peer;
	char *display;  /* NULL = none */
	bool encrypted; /* end to end */
	uint32_t muted; /* a bit for each media line */
	unsigned lines;
	struct take_line line[TSR_MAX_TRACKS];
	char *unknown; /* what cannot be recorded, in words; NULL = nothing */
};

/* Reads what the plugin answered. False when the handle is nobody who sends something: *who need not be cleared then. */
bool known_read(const struct known *known, json_t *info, const struct foreign_line seen[FOREIGN_LINES],
		struct who *who);
void who_clear(struct who *who);

/* A room's or a participant's id as text, which plugins have as numbers or as strings (g_free); NULL when it is neither. */
char *known_id(json_t *value);

#endif
