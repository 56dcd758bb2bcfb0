/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stretch.h"

/* Catmull-Rom: through b and c, with the slopes that their neighbours suggest. */
static float cubic(float a, float b, float c, float d, float t)
{
	return b + 0.5f * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

void stretch(const float *in, int count, float *out, int wanted)
{
	const double step = (double)(count - 1) / (wanted - 1);
	const int last = count - 1;
	for (int i = 0; i < wanted; i++) {
		double at = i * step;
		int n = (int)at < last ? (int)at : last;
		int before = n > 0 ? n - 1 : 0;
		int next = n < last ? n + 1 : last;
		int after = next < last ? next + 1 : last;
		out[i] = cubic(in[before], in[n], in[next], in[after], (float)(at - n));
	}
}
