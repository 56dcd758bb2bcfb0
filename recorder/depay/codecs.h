/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The depacketizers that depay.c lists, one per file. */
#ifndef TSR_DEPAY_CODECS_H
#define TSR_DEPAY_CODECS_H

#include "depay.h"

extern const struct depay_ops depay_h264;
extern const struct depay_ops depay_opus;
extern const struct depay_ops depay_vp8;

#endif
