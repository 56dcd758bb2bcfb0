/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The framing of pcap and pcapng files: records of captured bytes with a time and a link type. */
#ifndef TSREC_RECORDS_H
#define TSREC_RECORDS_H

#include "source.h"

#define RECORDS_MAX_INTERFACES 64

struct record {
	const uint8_t *data; /* borrowed until the next record */
	size_t size;
	bool truncated;     /* the wire had more */
	uint16_t link_type; /* LINKTYPE_… */
	int64_t time_us;    /* UTC */
};

struct record_interface {
	uint16_t link_type;
	uint64_t ticks_per_second;
	int64_t offset_seconds;
};

/* Plain data: a copy with a source of its own reads on independently. */
struct records {
	struct source *source; /* borrowed */
	bool next_generation;  /* pcapng */
	bool big_endian;       /* so was the machine that wrote it */
	unsigned interface_count;
	struct record_interface interfaces[RECORDS_MAX_INTERFACES];
	size_t pending; /* bytes of the record handed out last */
	int64_t last_time_us;
	const char *problem; /* why records_open or records_next failed; constant */
};

bool records_probe(const uint8_t *head, size_t size);

/* Reads the file's head. TSR_OK, TSR_E_MALFORMED. */
TSR_MUST_USE tsr_error records_open(struct records *r, struct source *source);

/* TSR_OK and *out; TSR_E_EOF; TSR_E_MALFORMED when the rest is cut off or damaged. */
TSR_MUST_USE tsr_error records_next(struct records *r, struct record *out);

#endif
