/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A few samples more or fewer for the same sound. */
#ifndef TSR_CODEC_STRETCH_H
#define TSR_CODEC_STRETCH_H

/* Resamples in[0 .. count) to out[0 .. wanted) by cubic interpolation. The first and the last sample stay what they are, so
 * that blocks join without a step. `count` and `wanted` are near each other, and above 1. */
void stretch(const float *in, int count, float *out, int wanted);

#endif
