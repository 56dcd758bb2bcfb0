/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a transport stream says it carries: its PAT and PMT (ISO 13818-1 section 2.4.4). Constant memory. */
#ifndef TSR_SINK_TSTABLES_H
#define TSR_SINK_TSTABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/codec.h"
#include "../common/reader.h"

/* A section with its header never passes this (section_length is at most 1021). */
#define TSTABLES_SECTION_BYTES 1024

struct tstables {
	uint16_t pmt_pid;                        /* of the first program; 0 = not known yet */
	uint8_t section[TSTABLES_SECTION_BYTES]; /* of the PMT, being gathered */
	size_t size;                             /* bytes of it */
	struct {
		uint16_t pid;
		tsr_codec codec; /* TSR_CODEC_NONE: one that this recorder does not write */
	} stream[32];            /* every one ever listed; a later PMT adds to it */
	unsigned streams;
};

/* Takes the payload of one packet of any PID; those of no table are ignored. A zeroed struct is ready. */
void tstables_take(struct tstables *t, uint16_t pid, bool unit_start, struct reader payload);

/* TSR_CODEC_NONE when no PMT listed the PID. */
tsr_codec tstables_codec(const struct tstables *t, uint16_t pid);

#endif
