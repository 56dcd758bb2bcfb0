/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ratemeter.h"

/* One stretch is at least so long, and has so many timestamps. */
#define STRETCH_US         500000
#define STRETCH_TIMESTAMPS 5
/* So many in a row that come to the same, within a tenth, are believed: at a rate that is in use sooner than at another. */
#define AGREEING     4
#define AGREEING_ODD 12
#define AGREES       0.1
/* What is less off is the sender's clock, or the network, and is steered against. */
#define OFF 0.25
/* A measured rate this near to one that is in use, is that. */
#define NEAR 0.04
/* What is faster is no clock: it jumps. */
#define FASTEST_HZ 200000

static const uint32_t in_use[] = {1000, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 90000, 96000};

void rate_meter_reset(struct rate_meter *m)
{
	*m = (struct rate_meter){.rate_hz = m->rate_hz};
}

static bool near(double a, double b, double within)
{
	return a > b * (1 - within) && a < b * (1 + within);
}

/* The rate that is in use and near, or 0. */
static uint32_t known_rate(double measured_hz)
{
	for (size_t i = 0; i < sizeof(in_use) / sizeof(in_use[0]); i++)
		if (near(measured_hz, in_use[i], NEAR))
			return in_use[i];
	return 0;
}

/* A stretch is over. */
static bool judge(struct rate_meter *m, double ticks, double seconds)
{
	double hz = ticks / seconds;
	bool agrees = m->agreeing > 0 && near(hz, m->measured_hz, AGREES);
	m->ticks = (agrees ? m->ticks : 0) + ticks;
	m->seconds = (agrees ? m->seconds : 0) + seconds;
	m->agreeing = agrees ? m->agreeing + 1 : 1;
	m->measured_hz = m->ticks / m->seconds;
	if (near(m->measured_hz, m->rate_hz, OFF)) {
		m->agreeing = 0;
		return false;
	}
	uint32_t known = known_rate(m->measured_hz);
	if (m->agreeing < (known != 0 ? AGREEING : AGREEING_ODD) || m->measured_hz < 1 || m->measured_hz > FASTEST_HZ)
		return false;
	m->rate_hz = known != 0 ? known : (uint32_t)(m->measured_hz + 0.5);
	m->agreeing = 0;
	return true;
}

static void begin(struct rate_meter *m, const struct rtp_packet *pkt)
{
	m->running = true;
	m->ssrc = pkt->ssrc;
	m->begin_ts = m->last_ts = pkt->timestamp;
	m->begin_us = pkt->arrival_us;
	m->timestamps = 0;
}

bool rate_meter_take(struct rate_meter *m, const struct rtp_packet *pkt)
{
	if (m->running && pkt->ssrc != m->ssrc)
		rate_meter_reset(m);
	if (!m->running) {
		begin(m, pkt);
		return false;
	}
	if ((int32_t)(pkt->timestamp - m->last_ts) <= 0)
		return false; /* of the same picture, or late */
	m->last_ts = pkt->timestamp;
	m->timestamps++;
	int64_t passed_us = pkt->arrival_us - m->begin_us;
	if (passed_us < STRETCH_US || m->timestamps < STRETCH_TIMESTAMPS)
		return false;
	bool changed = judge(m, (uint32_t)(pkt->timestamp - m->begin_ts), (double)passed_us / 1e6);
	begin(m, pkt);
	return changed;
}
