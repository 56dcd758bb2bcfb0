/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sections of tables (ISO 13818-1 section 2.4.4), put together from the packets that carry them. */
#ifndef TSREC_SECTION_H
#define TSREC_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* With its header; section_length is at most 4093. */
#define SECTION_BYTES 4096
/* PIDs of PAT, CAT, NIT, SDT, EIT and TOT, and the one of the PMT. */
#define SECTION_PIDS 7

struct section {
	uint16_t pid;
	const char *fault; /* NULL = it is sound; else what is wrong with it, and the rest means nothing */
	bool bad_crc;      /* that is it */
	bool current;      /* it is in force already (current_next_indicator) */
	const uint8_t *data;
	size_t size; /* without its checksum */
};

struct sections {
	void (*take)(void *ctx, const struct section *section);
	void *ctx;
	struct gathered {
		uint16_t pid;
		bool open;
		size_t size;
		uint8_t data[SECTION_BYTES];
	} pid[SECTION_PIDS];
};

void sections_init(struct sections *s, void (*take)(void *ctx, const struct section *section), void *ctx);

/* The PMT is on this PID now. */
void sections_also(struct sections *s, uint16_t pid);

/* A packet's payload; PIDs that carry no tables are ignored. `take` is called for each section that ends in it. */
void sections_take(struct sections *s, uint16_t pid, bool begins, const uint8_t *payload, size_t left);

uint32_t crc32_mpeg(const uint8_t *p, size_t size);

#endif
