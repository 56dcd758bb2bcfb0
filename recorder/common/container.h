/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The containers that a recording can be written in: what their files are called and what they carry. Whoever deals with the names
 * of recordings asks here. */
#ifndef TSR_COMMON_CONTAINER_H
#define TSR_COMMON_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

#include "codec.h"

typedef enum tsr_container {
	TSR_CONTAINER_TS,
	TSR_CONTAINER_MKV,
	TSR_CONTAINER_WEBM,
	TSR_CONTAINER_MP4,
	TSR_CONTAINER_COUNT
} tsr_container;

/* "ts": in the configuration, and a file's ending without the dot. */
const char *tsr_container_name(tsr_container container);

/* False when there is none of that name. */
bool tsr_container_from_name(const char *name, tsr_container *out);

/* Those of all containers as files' endings (".ts"), NULL behind the last. */
const char *const *tsr_container_endings(void);

/* What the names of its files end in: ".ts" when they are complete, ".recording.ts" while they are written. */
const char *tsr_container_ending(tsr_container container);
const char *tsr_container_running(tsr_container container);

/* Whether it carries the codec as it is, and players read that. */
bool tsr_container_carries(tsr_container container, tsr_codec codec);

/* What a file's name or path says: of which container it is, whether it is still written, and the length of what stands before the
 * ending. False when it has no such ending, or nothing before it. Out-pointers may be NULL. */
bool tsr_container_of_file(const char *path, tsr_container *container, bool *running, size_t *stem);

#endif
