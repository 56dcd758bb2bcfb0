/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `verify --strict`: ten seconds of a sound stream in which nothing is found, and the same stream broken in one way each. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "tools/section.h"
#include "tools/tr101290.h"

#define PMT 0x1000
#define V   0x100
#define A   0x101

#define FRAMES    500 /* of 20 ms */
#define LEAD_90K  45000
#define PER_FRAME 5 /* packets: PAT, PMT, SDT or padding, video, audio */

struct stream {
	uint8_t packet[FRAMES * PER_FRAME][TS_PACKET];
	unsigned packets;
	uint8_t continuity[0x2000];
};

static uint8_t *add(struct stream *s, unsigned pid, bool begins)
{
	uint8_t *p = s->packet[s->packets++];
	memset(p, 0xff, TS_PACKET);
	p[0] = 0x47;
	p[1] = (uint8_t)(pid >> 8 | (begins ? 0x40u : 0));
	p[2] = (uint8_t)pid;
	p[3] = 0x10 | s->continuity[pid];
	s->continuity[pid] = (s->continuity[pid] + 1) & 15;
	return p;
}

static void put_be32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Closes a section whose bytes but the checksum are there. */
static void seal(uint8_t *section)
{
	size_t size = 3 + ((section[1] & 0x0fu) << 8 | section[2]) - 4;
	put_be32(section + size, crc32_mpeg(section, size));
}

static void add_section(struct stream *s, unsigned pid, const uint8_t *section, size_t size)
{
	uint8_t *p = add(s, pid, true);
	p[4] = 0; /* pointer_field */
	memcpy(p + 5, section, size);
	seal(p + 5);
}

static void put_timestamp(uint8_t *p, unsigned mark, int64_t t)
{
	p[0] = (uint8_t)(mark << 4 | (unsigned)(t >> 30 & 7) << 1 | 1);
	p[1] = (uint8_t)(t >> 22);
	p[2] = (uint8_t)(t >> 14 & 0xfe) | 1;
	p[3] = (uint8_t)(t >> 7);
	p[4] = (uint8_t)(t << 1 & 0xfe) | 1;
}

static void put_pcr(uint8_t *packet, int64_t base)
{
	packet[3] |= 0x20;
	packet[4] = 7;
	packet[5] = 0x10;
	put_be32(packet + 6, (uint32_t)(base >> 1));
	packet[10] = (uint8_t)(base << 7 & 0x80) | 0x7e;
	packet[11] = 0;
}

static void add_frame(struct stream *s, unsigned pid, int64_t pts, int64_t pcr)
{
	static const uint8_t head[] = {0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5};
	uint8_t *p = add(s, pid, true), *pes = p + 4;
	if (pcr >= 0) {
		put_pcr(p, pcr);
		pes += 8;
	}
	memcpy(pes, head, sizeof(head));
	put_timestamp(pes + 9, 2, pts);
	memset(pes + 14, (int)s->packets & 0xff, 20);
}

/* Packet indices: of frame n, PAT, PMT, SDT, video, audio. */
#define AT(n, which) ((n)*PER_FRAME + (which))
enum { PAT_AT, PMT_AT, SDT_AT, VIDEO_AT, AUDIO_AT };

static void make(struct stream *s)
{
	static const uint8_t pat[] = {0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0};
	static const uint8_t pmt[] = {2, 0xb0, 23,   0, 1,    0xc1, 0,    0,    0xe1, 0,    0xf0,
				      0, 0x1b, 0xe1, 0, 0xf0, 0,    0x0f, 0xe1, 1,    0xf0, 0};
	static const uint8_t sdt[] = {0x42, 0xf0, 12, 0, 1, 0xc1, 0, 0, 0, 1, 0xff};
	memset(s, 0, sizeof(*s));
	for (int n = 0; n < FRAMES; n++) {
		int64_t pcr = 90000 + n * 1800;
		add_section(s, 0, pat, sizeof(pat));
		add_section(s, PMT, pmt, sizeof(pmt));
		add_section(s, 0x11, sdt, sizeof(sdt));
		add_frame(s, V, pcr + LEAD_90K, pcr);
		add_frame(s, A, pcr + LEAD_90K, -1);
	}
}

/* ---- ways to break it ---------------------------------------------------------------------------------------------- */

/* The packets of these frames become null packets. */
static void remove_packets(struct stream *s, unsigned first, unsigned last, unsigned which)
{
	for (unsigned n = first; n <= last; n++) {
		uint8_t *p = s->packet[AT(n, which)];
		p[1] = 0x1f;
		p[2] = 0xff;
	}
}

/* From there on the counter goes on as if what was removed had never been. */
static void renumber(struct stream *s, unsigned pid)
{
	unsigned counter = 0;
	for (unsigned i = 0; i < s->packets; i++) {
		uint8_t *p = s->packet[i];
		if (((p[1] & 0x1fu) << 8 | p[2]) != pid)
			continue;
		p[3] = (uint8_t)((p[3] & 0xf0u) | (counter & 15));
		counter += (p[3] & 0x10) != 0;
	}
}

static void stop_table(struct stream *s, unsigned which, unsigned pid, unsigned frames)
{
	remove_packets(s, 100, 99 + frames, which);
	renumber(s, pid);
}

static void no_sync_byte(struct stream *s)
{
	s->packet[AT(100, SDT_AT)][0] = 0x48;
	renumber(s, 0x11); /* it is not seen */
}

static void two_without_sync(struct stream *s)
{
	s->packet[AT(100, SDT_AT)][0] = s->packet[AT(100, VIDEO_AT)][0] = 0;
}

static void pat_stops(struct stream *s)
{
	stop_table(s, PAT_AT, 0, 26);
}

static void pat_scrambled(struct stream *s)
{
	s->packet[AT(100, PAT_AT)][3] |= 0x80;
}

static void other_table_on_pid_0(struct stream *s)
{
	uint8_t *p = s->packet[AT(100, PAT_AT)];
	p[5] = 0x42;
	seal(p + 5);
}

static void packet_lost(struct stream *s)
{
	remove_packets(s, 100, 100, AUDIO_AT);
}

static void packet_thrice(struct stream *s)
{
	memcpy(s->packet[AT(100, PAT_AT)], s->packet[AT(99, AUDIO_AT)], TS_PACKET);
	memcpy(s->packet[AT(100, PMT_AT)], s->packet[AT(99, AUDIO_AT)], TS_PACKET);
	renumber(s, 0);
	renumber(s, PMT);
}

static void other_packet_of_that_number(struct stream *s)
{
	memcpy(s->packet[AT(100, SDT_AT)], s->packet[AT(99, AUDIO_AT)], TS_PACKET);
	s->packet[AT(100, SDT_AT)][100]++;
	renumber(s, 0x11);
}

static void counter_without_payload(struct stream *s)
{
	uint8_t *p = s->packet[AT(100, SDT_AT)];
	memset(p + 4, 0xff, TS_PACKET - 4);
	p[1] = 1;
	p[2] = A & 0xff;
	p[3] = 0x20 | ((s->packet[AT(99, AUDIO_AT)][3] + 1) & 15);
	p[4] = 183;
	p[5] = 0;
	renumber(s, 0x11);
}

static void pmt_stops(struct stream *s)
{
	stop_table(s, PMT_AT, PMT, 26);
}

static void pmt_scrambled(struct stream *s)
{
	s->packet[AT(100, PMT_AT)][3] |= 0xc0;
}

static void pid_stops(struct stream *s)
{
	for (int n = 100; n < 352; n++) { /* its frames come, but on no PID of the PMT */
		uint8_t *p = s->packet[AT(n, AUDIO_AT)];
		p[1] = 0x1f;
		p[2] = 0xff;
	}
	renumber(s, A);
}

static void damaged(struct stream *s)
{
	s->packet[AT(100, SDT_AT)][1] |= 0x80;
}

static void wrong_checksum(struct stream *s)
{
	s->packet[AT(100, SDT_AT)][10]++;
}

static void pcr_pauses(struct stream *s)
{
	for (int n = 100; n < 106; n++) /* the flag, not the field */
		s->packet[AT(n, VIDEO_AT)][5] = 0;
}

static void pcr_goes_back(struct stream *s)
{
	put_pcr(s->packet[AT(100, VIDEO_AT)], 90000 + 50 * 1800);
	put_pcr(s->packet[AT(101, VIDEO_AT)], 90000 + 101 * 1800);
	s->packet[AT(101, VIDEO_AT)][5] |= 0x80;
}

static void sound_pauses(struct stream *s)
{
	stop_table(s, AUDIO_AT, A, 36);
}

static void scrambled_without_cat(struct stream *s)
{
	s->packet[AT(100, AUDIO_AT)][3] |= 0x80;
}

static void frame_comes_too_late(struct stream *s)
{
	put_timestamp(s->packet[AT(100, AUDIO_AT)] + 4 + 9, 2, 90000 + 100 * 1800 - 1);
}

static void no_pes_packet(struct stream *s)
{
	s->packet[AT(100, AUDIO_AT)][4 + 2] = 2;
}

static void adaptation_too_long(struct stream *s)
{
	s->packet[AT(100, VIDEO_AT)][4] = 184;
	renumber(s, V);
	s->packet[AT(100, VIDEO_AT)][3] = s->packet[AT(99, VIDEO_AT)][3];
}

/* ---- what may be --------------------------------------------------------------------------------------------------- */

static void nothing(struct stream *s)
{
	(void)s;
}

static void packet_twice(struct stream *s)
{
	memcpy(s->packet[AT(100, SDT_AT)], s->packet[AT(99, AUDIO_AT)], TS_PACKET);
	renumber(s, 0x11);
}

static void pcr_jumps_announced(struct stream *s)
{
	for (int n = 100; n < FRAMES; n++) {
		int64_t pcr = 900000000 + n * 1800;
		uint8_t *video = s->packet[AT(n, VIDEO_AT)];
		put_pcr(video, pcr);
		put_timestamp(video + 4 + 8 + 9, 2, pcr + LEAD_90K);
		put_timestamp(s->packet[AT(n, AUDIO_AT)] + 4 + 9, 2, pcr - 900000000 + 90000 + LEAD_90K);
	}
	s->packet[AT(100, VIDEO_AT)][5] |= 0x80;
	for (int n = 100; n < FRAMES; n++) /* of the sound only the pictures' side is looked at here */
		s->packet[AT(n, AUDIO_AT)][4 + 7] = 0;
}

static void pictures_stand_still(struct stream *s)
{
	for (int n = 100; n < 150; n++) { /* PCR alone */
		uint8_t *p = s->packet[AT(n, VIDEO_AT)];
		p[3] &= 0x2f;
		p[4] = 183;
		memset(p + 12, 0xff, TS_PACKET - 12);
	}
	renumber(s, V);
	for (int n = 100; n < 150; n++) /* without payload the counter is that of the packet before */
		s->packet[AT(n, VIDEO_AT)][3] = 0x20 | (s->packet[AT(99, VIDEO_AT)][3] & 15);
}

/* -------------------------------------------------------------------------------------------------------------------- */

struct findings {
	unsigned count[TR_CHECKS], all;
	uint64_t offset; /* of the first */
	int64_t time_ms;
};

static void take_finding(void *ctx, const struct tr_finding *f)
{
	struct findings *all = ctx;
	if (all->all++ == 0) {
		all->offset = f->offset;
		all->time_ms = f->time_ms;
	}
	all->count[f->check]++;
	assert_true(f->text[0] != '\0' && tr_check_name(f->check)[0] != '\0');
}

static void check(const struct stream *s, struct findings *out)
{
	*out = (struct findings){0};
	struct tr101290 *t = tr101290_new(take_finding, out);
	for (unsigned i = 0; i < s->packets; i++)
		tr101290_take(t, s->packet[i]);
	tr101290_end(t);
	free(t);
}

#define NONE TR_CHECKS

static void each_check_finds_what_it_is_for(void **state)
{
	static const struct {
		const char *what;
		void (*change)(struct stream *s);
		enum tr_check check;
		unsigned also; /* bits of checks that the same fault must set off, too */
	} rows[] = {
		{"sound", nothing, NONE, 0},
		{"a packet twice", packet_twice, NONE, 0},
		{"an announced jump of the clock", pcr_jumps_announced, NONE, 0},
		{"a picture that stands still, PCR alone", pictures_stand_still, NONE, 0},
		{"a sync byte", no_sync_byte, TR_SYNC_BYTE, 1u << TR_CONTINUITY},
		{"two sync bytes", two_without_sync, TR_SYNC_LOSS, 1u << TR_SYNC_BYTE | 1u << TR_CONTINUITY},
		{"no PAT for 520 ms", pat_stops, TR_PAT, 0},
		{"PAT scrambled", pat_scrambled, TR_PAT, 1u << TR_CAT},
		{"another table on PID 0", other_table_on_pid_0, TR_PAT, 0},
		{"a packet lost", packet_lost, TR_CONTINUITY, 0},
		{"a packet three times", packet_thrice, TR_CONTINUITY, 0},
		{"another packet of the same number", other_packet_of_that_number, TR_CONTINUITY, 0},
		{"a counter that counts without payload", counter_without_payload, TR_CONTINUITY, 0},
		{"no PMT for 520 ms", pmt_stops, TR_PMT, 0},
		{"PMT scrambled", pmt_scrambled, TR_PMT, 1u << TR_CAT},
		{"a PID away for 5 s", pid_stops, TR_PID, 1u << TR_PTS_REPETITION},
		{"marked as damaged", damaged, TR_TRANSPORT, 1u << TR_CONTINUITY},
		{"a checksum", wrong_checksum, TR_CRC, 0},
		{"no PCR for 140 ms", pcr_pauses, TR_PCR_REPETITION, 0},
		{"PCR back by a second", pcr_goes_back, TR_PCR_DISCONTINUITY, 0},
		{"no sound for 740 ms", sound_pauses, TR_PTS_REPETITION, 0},
		{"scrambled, no CAT", scrambled_without_cat, TR_CAT, 0},
		{"a frame whose time is over", frame_comes_too_late, TR_PTS_BEFORE_PCR, 0},
		{"no PES packet", no_pes_packet, TR_SYNTAX, 0},
		{"an adaptation field of 184 bytes", adaptation_too_long, TR_SYNTAX, 1u << TR_CONTINUITY},
	};
	(void)state;
	struct stream *s = malloc(sizeof(*s));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct findings f;
		make(s);
		rows[i].change(s);
		check(s, &f);
		for (int c = 0; c < TR_CHECKS; c++) {
			bool wanted = c == (int)rows[i].check, may = rows[i].also >> c & 1;
			if (wanted ? f.count[c] == 0 : !may && f.count[c] > 0)
				fail_msg("%s: %s was found %u times", rows[i].what, tr_check_name(c), f.count[c]);
		}
		if (rows[i].check == NONE)
			continue;
		/* Where and when: in or behind frame 100, which the PCR puts at 2 s; what stays away is told when it is due. */
		assert_in_range(f.offset, (uint64_t)AT(99, AUDIO_AT) * TS_PACKET, (uint64_t)AT(352, 0) * TS_PACKET);
		assert_in_range(f.time_ms, 1980, 7100);
	}
	free(s);
}

static void what_never_comes_is_told(void **state)
{
	(void)state;
	static const struct {
		unsigned first, last;
		enum tr_check check;
	} rows[] = {{PAT_AT, PAT_AT, TR_PAT}, {PMT_AT, PMT_AT, TR_PMT}, {VIDEO_AT, VIDEO_AT, TR_PCR_REPETITION}};
	struct stream *s = malloc(sizeof(*s));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct findings f;
		make(s);
		remove_packets(s, 0, FRAMES - 1, rows[i].first);
		check(s, &f);
		assert_int_equal(f.all, 1);
		assert_int_equal(f.count[rows[i].check], 1);
		assert_int_equal(f.time_ms, -1);
	}
	free(s);
}

/* A PMT of many streams is longer than a packet. */
static void a_long_table_comes_in_pieces(void **state)
{
	(void)state;
	uint8_t pmt[1024] = {2, 0xb0, 0, 0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0};
	size_t size = 12;
	for (unsigned i = 0; i < 60; i++) {
		const uint8_t stream[] = {0x0f, 0xe1, (uint8_t)i, 0xf0, 0};
		memcpy(pmt + size, stream, sizeof(stream));
		size += sizeof(stream);
	}
	pmt[1] = (uint8_t)(0xb0 | (size + 4 - 3) >> 8);
	pmt[2] = (uint8_t)(size + 4 - 3);
	seal(pmt);
	size += 4;
	for (int broken = 0; broken < 2; broken++) {
		struct findings f = {0};
		struct stream *s = malloc(sizeof(*s));
		make(s);
		s->packets = 1; /* the PAT */
		s->continuity[PMT] = 0;
		pmt[200] ^= (uint8_t)broken;
		for (size_t at = 0; at < size;) {
			uint8_t *p = add(s, PMT, at == 0);
			size_t room = TS_PACKET - 4 - (at == 0);
			if (at == 0)
				p[4] = 0;
			memcpy(p + TS_PACKET - room, pmt + at, size - at < room ? size - at : room);
			at += room;
		}
		check(s, &f);
		assert_int_equal(f.count[TR_CRC], broken);
		assert_int_equal(f.count[broken ? TR_PMT : TR_PCR_REPETITION], 1);
		free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_check_finds_what_it_is_for),
		cmocka_unit_test(what_never_comes_is_told),
		cmocka_unit_test(a_long_table_comes_in_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
