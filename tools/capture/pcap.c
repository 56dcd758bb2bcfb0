/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * RTP in pcap and pcapng files. Whether a new SSRC is RTP at all, and whether it replaces another one, only the packets after it
 * can tell: the reader looks ahead in the file, so that no packet of a stream is lost before it is known. */
#include "capture.h"

#include <glib.h>
#include <string.h>

#include "copies.h"
#include "flows.h"
#include "link.h"
#include "records.h"
#include "rtpclock.h"

/* How far to look ahead for one new SSRC; at least so many, whatever the times say. */
#define AHEAD_LEAST   64
#define AHEAD_RECORDS 4096
#define AHEAD_US      (2 * G_USEC_PER_SEC)
/* How much looking ahead a file can make us do altogether: so many records, and so many per record read. Hostile files with ever
 * new SSRCs are read at a bounded cost; their streams are then found a few packets late. */
#define AHEAD_BUDGET_RECORDS 1000000
#define AHEAD_BUDGET_FACTOR  16
/* Streams that begin within so much of the file's start are known before its first packet is yielded. */
#define DISCOVER_LEAST   200
#define DISCOVER_RECORDS 20000
#define DISCOVER_US      (2 * G_USEC_PER_SEC)
/* A clock set back by more than this goes on where it was; by less, it waits. */
#define CLOCK_STEP_US G_USEC_PER_SEC

struct pcap {
	struct records records;
	struct flows flows;
	uint64_t records_read;
	uint64_t records_ahead;
	bool clock_started;
	int64_t clock_shift_us;
	int64_t clock_last_us;
	struct arrival_check check; /* of the times that the file has */
	struct pcap_stream {
		struct rtp_clock clock;
		int64_t begin_us; /* the file's RTP time at its first packet */
		struct copies copies;
	} streams[CAPTURE_MAX_STREAMS];
	int64_t rtp_us; /* how far the file has come by the RTP clocks of its streams */
};

static const struct payload_format unknown_format;

/* Arrival times never fall, whatever the capturing machine's clock did. */
static int64_t arrival(struct pcap *p, int64_t time_us)
{
	int64_t us = time_us + p->clock_shift_us;
	if (p->clock_started && us < p->clock_last_us - (int64_t)CLOCK_STEP_US)
		p->clock_shift_us = p->clock_last_us - time_us;
	if (!p->clock_started || us > p->clock_last_us)
		p->clock_last_us = us;
	p->clock_started = true;
	return p->clock_last_us;
}

static const struct payload_format *format_of(const struct capture *c, const struct datagram *d)
{
	const struct payload_format *format = payloads_find(c->payloads, d->to.port, d->data[1] & 0x7f);
	return format != NULL ? format : &unknown_format;
}

/* All payload types that mean the codec of this packet. */
static tsr_payload_types types_of(const struct capture *c, const struct datagram *d)
{
	tsr_payload_types types = {{0}};
	tsr_codec codec = format_of(c, d)->codec;
	for (uint8_t type = 0; type < 128 && codec != TSR_CODEC_NONE; type++) {
		const struct payload_format *format = payloads_find(c->payloads, d->to.port, type);
		if (format != NULL && format->codec == codec && !format->ignored)
			tsr_payload_types_add(&types, type);
	}
	return types;
}

/* The next record's datagram, whatever it is. */
static tsr_error next_datagram(struct capture *c, struct records *records, struct datagram *d, int64_t *time_us)
{
	for (;;) {
		struct record record;
		tsr_error err = records_next(records, &record);
		if (err != TSR_OK)
			return err;
		*time_us = record.time_us;
		switch (link_find_udp(record.link_type, record.data, record.size, d)) {
		case LINK_UDP: return TSR_OK;
		case LINK_FRAGMENT: c->counters.fragments++; break;
		case LINK_TRUNCATED: c->counters.truncated++; break;
		case LINK_OTHER:
			c->counters.not_rtp++;
			c->counters.unsupported_link += !link_supported(record.link_type);
			break;
		}
	}
}

/* ---- new flows --------------------------------------------------------------------------------------------------- */

struct prospect {
	unsigned proof;         /* packets that go on from the first one */
	bool predecessor_lives; /* it is heard again */
};

static bool may_look_ahead(const struct pcap *p)
{
	return p->records_ahead < AHEAD_BUDGET_RECORDS + p->records_read * AHEAD_BUDGET_FACTOR;
}

/* Reads on in the file from the record in hand. A file that ends early proves no less. */
static struct prospect look_ahead(struct capture *c, struct pcap *p, struct flow candidate,
				  const struct flow *predecessor)
{
	struct prospect found = {0};
	struct capture_counters counters = c->counters;
	struct records ahead = p->records;
	ahead.source = source_ahead(p->records.source);
	int64_t begin_us = p->clock_last_us - p->clock_shift_us, time_us = begin_us;
	for (unsigned n = 0; n < AHEAD_LEAST || (n < AHEAD_RECORDS && time_us - begin_us < (int64_t)AHEAD_US); n++) {
		struct datagram d;
		p->records_ahead++;
		if (next_datagram(c, &ahead, &d, &time_us) != TSR_OK)
			break;
		if (!flows_is_rtp(&d))
			continue;
		struct flow key = flows_key(&d, format_of(c, &d)->codec);
		if (key.codec != candidate.codec)
			continue;
		if (key.ssrc == candidate.ssrc && flows_follows(&candidate, key.last_seq))
			found.proof++;
		if (predecessor != NULL && key.ssrc == predecessor->ssrc)
			found.predecessor_lives = true;
		if (found.proof >= FLOWS_PROOF && (predecessor == NULL || found.predecessor_lives))
			break;
	}
	source_close(ahead.source);
	c->counters = counters;
	return found;
}

/* Takes a proven flow in: as a stream of its own, or as the new SSRC of the one it replaces. NULL when the tables are full. */
static struct flow *admit(struct capture *c, struct pcap *p, const struct flow *key, const struct datagram *d,
			  const struct flow *replaces)
{
	unsigned index = replaces != NULL ? replaces->stream : c->stream_count;
	if (index == CAPTURE_MAX_STREAMS || !flows_add(&p->flows, key, index))
		return NULL;
	struct capture_stream *stream = &c->streams[index];
	stream->ssrc = key->ssrc;
	if (replaces == NULL) {
		c->stream_count++;
		stream->format = *format_of(c, d);
		stream->payload_type = d->data[1] & 0x7f;
		stream->payload_types = types_of(c, d);
		link_describe(d, stream->label, sizeof(stream->label));
	}
	return flows_find(&p->flows, key);
}

/* The other side of a relay, or another interface: the same packets between other addresses. */
static struct flow *admit_copy(struct pcap *p, const struct flow *key, const struct datagram *d)
{
	for (unsigned i = 0; i < p->flows.count; i++) {
		const struct flow *other = &p->flows.known[i];
		if (other->ssrc != key->ssrc || other->codec != key->codec ||
		    !copies_has(&p->streams[other->stream].copies, d))
			continue;
		return flows_add(&p->flows, key, other->stream) ? flows_find(&p->flows, key) : NULL;
	}
	return NULL;
}

/* A packet of a flow that is not known. Returns the flow if it is one from now on. */
static struct flow *consider(struct capture *c, struct pcap *p, const struct flow *key, const struct datagram *d)
{
	struct flow *copy = admit_copy(p, key, d);
	if (copy != NULL)
		return copy;
	struct flow *predecessor = flows_predecessor(&p->flows, key);
	struct flow *candidate = flows_find_candidate(&p->flows, key);
	struct prospect found = {0};
	if (candidate != NULL) {
		candidate->proof += flows_follows(candidate, key->last_seq);
		if (candidate->proof < FLOWS_PROOF)
			return NULL;
		found.proof = candidate->proof;
		found.predecessor_lives = true; /* nobody looked: do not mix them */
	} else if (key->codec != TSR_CODEC_NONE && may_look_ahead(p)) {
		found = look_ahead(c, p, *key, predecessor);
	}
	if (found.proof < FLOWS_PROOF) {
		flows_add_candidate(&p->flows, key);
		return NULL;
	}
	struct flow *flow = admit(c, p, key, d, found.predecessor_lives ? NULL : predecessor);
	c->counters.over_limit += flow == NULL;
	return flow;
}

/* ---- packets ----------------------------------------------------------------------------------------------------- */

/* The flow of a datagram, or NULL when it belongs to none (counted). */
static struct flow *classify(struct capture *c, struct pcap *p, const struct datagram *d)
{
	if (flows_is_rtcp(d)) {
		struct flow *flow = flows_find_rtcp(&p->flows, d);
		c->counters.unknown_rtcp += flow == NULL;
		return flow;
	}
	if (!flows_is_rtp(d)) {
		c->counters.not_rtp++;
		return NULL;
	}
	const struct payload_format *format = format_of(c, d);
	if (format->ignored || format->codec == TSR_CODEC_NONE) {
		struct flow *carrier = flows_find_carrier(&p->flows, d); /* where its number is used up */
		c->counters.ignored += format->ignored;
		c->counters.unexplained += !format->ignored && carrier != NULL;
		if (format->ignored || carrier != NULL)
			return carrier;
	}
	struct flow key = flows_key(d, format->codec);
	struct flow *flow = flows_find(&p->flows, &key);
	if (flow != NULL)
		return flow;
	flow = consider(c, p, &key, d);
	c->counters.not_rtp += flow == NULL;
	return flow;
}

/* Whether the file had this packet before. */
static bool is_copy(struct capture *c, struct copies *copies, const struct datagram *d)
{
	if (copies_has(copies, d)) {
		c->counters.copies++;
		return true;
	}
	copies_note(copies, d);
	return false;
}

/* How far the file has come with this packet of a stream by the senders' clocks. Streams are tied together by where in the file they
 * begin. */
static void take_rtp_time(struct capture *c, struct pcap *p, unsigned index, const struct datagram *d)
{
	const struct payload_format *format = &c->streams[index].format;
	uint32_t rate = format->clock_rate != 0 ? format->clock_rate : tsr_codec_clock_rate(format->codec);
	struct pcap_stream *stream = &p->streams[index];
	if (rate == 0)
		return;
	if (!stream->clock.started)
		stream->begin_us = p->rtp_us;
	int64_t us = rtp_clock_take(&stream->clock, get_be32(d->data + 4), rate);
	arrival_check_rtp(&p->check, us);
	p->rtp_us = MAX(p->rtp_us, stream->begin_us + us);
}

static tsr_error pcap_next(struct capture *c, struct capture_packet *out)
{
	struct pcap *p = capture_state(c);
	for (;;) {
		struct datagram d;
		int64_t time_us = 0;
		tsr_error err = next_datagram(c, &p->records, &d, &time_us);
		if (err != TSR_OK) {
			if (err == TSR_E_MALFORMED)
				capture_problem(c, "%s at byte %" G_GUINT64_FORMAT, p->records.problem,
						source_offset(p->records.source));
			return err;
		}
		p->records_read++;
		int64_t arrival_us = arrival(p, time_us);
		arrival_check_packet(&p->check, time_us);
		const struct flow *flow = classify(c, p, &d);
		bool rtcp = flows_is_rtcp(&d);
		if (flow == NULL || (!rtcp && is_copy(c, &p->streams[flow->stream].copies, &d)))
			continue;
		if (!rtcp)
			take_rtp_time(c, p, flow->stream, &d);
		*out = (struct capture_packet){.stream = flow->stream,
					       .rtcp = rtcp,
					       .data = d.data,
					       .size = d.size,
					       .arrival_us = c->void_times ? p->rtp_us : arrival_us};
		return TSR_OK;
	}
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* Reads the beginning twice: the first time for its streams alone. */
static void discover(struct capture *c, struct pcap *p)
{
	struct records here = p->records;
	p->records.source = source_ahead(here.source);
	struct capture_packet packet;
	int64_t begin_us = 0;
	for (unsigned n = 0; n < DISCOVER_RECORDS && pcap_next(c, &packet) == TSR_OK; n++) {
		begin_us = n == 0 ? packet.arrival_us : begin_us;
		if (n >= DISCOVER_LEAST && packet.arrival_us - begin_us > (int64_t)DISCOVER_US)
			break;
	}
	source_close(p->records.source);
	p->records = here;
	p->clock_started = false;
	p->clock_shift_us = 0;
	memset(p->flows.candidates, 0, sizeof(p->flows.candidates));
	memset(p->streams, 0, sizeof(p->streams));
	p->rtp_us = 0;
	c->void_times = arrival_check_void(&p->check);
	c->counters = (struct capture_counters){0};
	c->problem[0] = '\0';
}

static tsr_error pcap_open(struct capture *c)
{
	struct pcap *p = capture_state(c);
	tsr_error err = records_open(&p->records, c->source);
	if (err != TSR_OK) {
		capture_problem(c, "%s", p->records.problem);
		return err;
	}
	if (!p->records.next_generation && !link_supported(p->records.interfaces[0].link_type)) {
		capture_problem(c, "link type %u is not known", p->records.interfaces[0].link_type);
		return TSR_E_UNSUPPORTED;
	}
	discover(c, p);
	c->wall_clock = !c->void_times;
	return TSR_OK;
}

const struct capture_ops capture_pcap = {
	.name = "pcap",
	.state_size = sizeof(struct pcap),
	.probe = records_probe,
	.open = pcap_open,
	.next = pcap_next,
};
