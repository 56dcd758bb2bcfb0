/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The door of tap/. A tap records handles of another plugin of this Janus: everybody in a room, from now on and as they come,
 * each into a recording of its own. Nothing of that plugin but its public interface is used, and it does not notice. */
#ifndef TSR_PLUGINS_TAP_H
#define TSR_PLUGINS_TAP_H

#include <glib.h>
#include <jansson.h>

#include "../take/take.h"

struct runtime;
struct tap;
struct taps;

/* All that run; the parts must outlive them. */
struct taps *taps_create(struct runtime *runtime, struct takes *takes);

/* Ends all taps and waits for their recordings; other plugins are left as they were. NULL is fine. */
void taps_destroy(struct taps *taps);

/* The recordings that a crash left are complete: so the manifests that tell of them can be. Waits for the disk. */
void taps_recover(struct taps *taps);

/* What is to be recorded of each peer, as `record` takes it. */
struct tap_wish {
	const char *name; /* from here on NULL = none, or as the settings have it */
	const char *profile;
	const char *filename;
	const char *metadata; /* a JSON text */
	const bool *private;
	const tsr_audio_mode *audio_mode;
	const int *container; /* as take_choose_container() takes it */
	int hls;              /* as struct take_order has it */
	bool audio, video;
	tsr_codec audiocodec, videocodec; /* this one alone; TSR_CODEC_NONE = any */
	struct take_limits asked;
	int substream, temporal;
};

/* The tap copies what it needs. */
struct tap_order {
	const char *id;
	const char *package; /* the plugin */
	json_t *room;        /* an integer or text, as that plugin has it; NULL = no room, but what matches */
	json_t *match;       /* an object that what the plugin says of a handle must contain; NULL = none */
	json_t *publishers;  /* an array of their ids; NULL = all */
	const char *secret;  /* the room's; the recordings' and the tap's, too. NULL = none */
	bool admin;          /* who asks may record any room */
	bool automatic;      /* nobody asks: it ends when nobody is there any more */
	const struct tap_wish *wish;
	/* Who is told what happens, besides the event handlers; its ops are NULL when there is nobody. */
	struct take_owner listener;
};

/* Begins. *out is owned by the caller. With one sentence in `error`: API_UNSUPPORTED, API_NOT_FOUND (the plugin, the room),
 * API_UNAUTHORIZED, API_EXISTS (the id, or the room is being recorded), API_LIMIT (no thread). */
enum api_error tap_start(struct taps *taps, const struct tap_order *order, struct tap **out, char *error,
			 size_t error_size);

/* One that runs, with a reference, or NULL. */
struct tap *taps_find(struct taps *taps, const char *id);
/* All that run, with a reference each; the array drops them. */
GPtrArray *taps_running(struct taps *taps);

struct tap *tap_ref(struct tap *tap);
void tap_unref(struct tap *tap); /* NULL is fine */

/* What does not change; borrowed. */
struct tap_facts {
	char *id;
	char *stamp;        /* of all its recordings, see struct take_facts */
	char *secret;       /* NULL = none */
	int64_t started_us; /* UTC */
};
const struct tap_facts *tap_facts(const struct tap *tap);

/* Ends it and its recordings, soon. False when that was asked for before. */
bool tap_stop(struct tap *tap);

/* Those of its `publishers` who are not in the room now: a new array, or NULL when all are, or the plugin does not tell. */
json_t *tap_missing(struct tap *tap);

/* As documented at `taps`, and with its peers at `status`; new references. */
json_t *tap_json(struct tap *tap);
json_t *tap_status(struct tap *tap);

#endif
