/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "latency.h"
#include "totals.h"

static void add_track(struct totals *t, const tsr_track_stats *s)
{
	t->packets += s->packets;
	t->bytes += s->bytes;
	t->malformed += s->malformed;
	t->lost += s->lost;
	t->late += s->late;
	t->duplicate += s->duplicate;
	t->reordered += s->reordered;
	t->restarts += s->restarts;
	t->other_ssrc += s->other_ssrc;
	t->other_payload += s->other_payload;
	t->bad_padding += s->bad_padding;
	t->frames += s->frames;
	t->frames_written += s->frames_written;
	t->frames_damaged += s->frames_damaged;
	t->frames_skipped += s->frames_skipped;
	t->frames_unwanted += s->frames_unwanted;
	t->frames_dropped += s->frames_dropped;
	t->keyframes += s->keyframes;
	t->clock_jumps += s->clock_jumps;
	t->decode_errors += s->decode_errors;
	t->concealed += s->concealed;
	t->keyframe_requests += s->keyframe_requests;
	t->transcode_cpu_us += (uint64_t)s->transcode_cpu_us;
}

static void add(struct totals *t, const tsr_stats *s)
{
	for (unsigned i = 0; i < s->tracks; i++)
		add_track(t, &s->track[i]);
	t->inbox_dropped_packets += s->inbox_dropped_packets;
	t->gaps += s->gaps;
	t->exposed_ms = MAX(t->exposed_ms, (uint64_t)s->exposed_ms);
	t->bytes_written += s->bytes_written;
	t->bytes_durable += s->bytes_durable;
	t->bytes_exposed += s->bytes_exposed;
	t->buffered_bytes += s->buffered_bytes;
	t->inbox_bytes += s->inbox_bytes;
	t->writes += s->writes;
	t->flushes += s->flushes;
	tsr_latency_add(&t->write_latency, &s->write_latency);
	tsr_latency_add(&t->flush_latency, &s->flush_latency);
}

void totals_add_ended(struct totals *t, bool finished, const tsr_stats *stats)
{
	add(t, stats);
	/* These are of what runs. */
	t->bytes_exposed = t->buffered_bytes = t->inbox_bytes = t->exposed_ms = 0;
	if (finished)
		t->finished++;
	else
		t->failed++;
}

json_t *totals_json(const struct totals *of_ended, tsr_stats *const *running, unsigned count)
{
	struct totals t = *of_ended;
	for (unsigned i = 0; i < count; i++)
		add(&t, running[i]);
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{"started", t.started},
		{"finished", t.finished},
		{"failed", t.failed},
		{"packets", t.packets},
		{"bytes", t.bytes},
		{"malformed", t.malformed},
		{"lost", t.lost},
		{"late", t.late},
		{"duplicate", t.duplicate},
		{"reordered", t.reordered},
		{"restarts", t.restarts},
		{"other_ssrc", t.other_ssrc},
		{"other_payload", t.other_payload},
		{"bad_padding", t.bad_padding},
		{"clock_jumps", t.clock_jumps},
		{"inbox_dropped_packets", t.inbox_dropped_packets},
		{"frames", t.frames},
		{"frames_written", t.frames_written},
		{"frames_damaged", t.frames_damaged},
		{"frames_skipped", t.frames_skipped},
		{"frames_unwanted", t.frames_unwanted},
		{"frames_dropped", t.frames_dropped},
		{"gaps", t.gaps},
		{"decode_errors", t.decode_errors},
		{"concealed", t.concealed},
		{"keyframes", t.keyframes},
		{"keyframe_requests", t.keyframe_requests},
		{"bytes_written", t.bytes_written},
		{"bytes_durable", t.bytes_durable},
		{"bytes_exposed", t.bytes_exposed},
		{"exposed_ms", t.exposed_ms},
		{"buffered_bytes", t.buffered_bytes},
		{"inbox_bytes", t.inbox_bytes},
		{"writes", t.writes},
		{"flushes", t.flushes},
		{"transcode_cpu_us", t.transcode_cpu_us},
	};
	json_t *out = json_object();
	for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++)
		json_object_set_new(out, numbers[i].name, json_integer((json_int_t)numbers[i].value));
	latency_tell(out, "write", &t.write_latency);
	latency_tell(out, "flush", &t.flush_latency);
	return out;
}
