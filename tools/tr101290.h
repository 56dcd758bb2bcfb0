/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The checks of ETSI TR 101 290, priority 1 and 2, that can be made of a file: there is no clock but the file's own, so time is what its
 * PCRs say, and PCR_accuracy_error (2.4), which needs a known bit rate, is left out. One program, the first of the PAT. Constant
 * memory. */
#ifndef TSREC_TR101290_H
#define TSREC_TR101290_H

#include <stdint.h>

#include "tsfile.h"

enum tr_check {
	TR_SYNC_LOSS,         /* 1.1 two packets in a row without a sync byte */
	TR_SYNC_BYTE,         /* 1.2 */
	TR_PAT,               /* 1.3 more than 500 ms apart, scrambled, or another table on its PID */
	TR_CONTINUITY,        /* 1.4 */
	TR_PMT,               /* 1.5 as the PAT */
	TR_PID,               /* 1.6 a PID of the PMT does not occur for 5 s */
	TR_TRANSPORT,         /* 2.1 */
	TR_CRC,               /* 2.2 */
	TR_PCR_REPETITION,    /* 2.3a the next PCR is more than 100 ms later */
	TR_PCR_DISCONTINUITY, /* 2.3b ... or earlier, and nothing announces it */
	TR_PTS_REPETITION,    /* 2.5 of sound, more than 700 ms apart; pictures may stand still */
	TR_CAT,               /* 2.6 scrambled, and no CAT says how */
	TR_PTS_BEFORE_PCR,    /* ISO 13818-1 section 2.4.2: its time is over when it arrives */
	TR_SYNTAX,            /* a packet, section or PES header that breaks ISO 13818-1 */
	TR_CHECKS
};

/* Number and name as in TR 101 290, e.g. "1.4 Continuity_count_error". */
const char *tr_check_name(enum tr_check check);

struct tr_finding {
	enum tr_check check;
	uint64_t offset; /* of the packet that shows it */
	int64_t time_ms; /* since the first PCR; -1 = before it */
	uint16_t pid;
	const char *text; /* borrowed for the call */
};

struct tr101290;

/* `found` is called during take, for each finding; what goes on (a table that stays away) is told once. Never NULL. g_free. */
struct tr101290 *tr101290_new(void (*found)(void *ctx, const struct tr_finding *finding), void *ctx);

/* The next packet of the file. */
void tr101290_take(struct tr101290 *t, const uint8_t packet[TS_PACKET]);

/* Behind the last packet: what never came. */
void tr101290_end(struct tr101290 *t);

#endif
