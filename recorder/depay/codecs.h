/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The depacketizers that depay.c lists. Functions that have nothing to do are NULL. */
#ifndef TSR_DEPAY_CODECS_H
#define TSR_DEPAY_CODECS_H

struct depay_ops;

extern const struct depay_ops depay_av1;
extern const struct depay_ops depay_g722;
extern const struct depay_ops depay_h264;
extern const struct depay_ops depay_h265;
extern const struct depay_ops depay_l16;
extern const struct depay_ops depay_multiopus;
extern const struct depay_ops depay_opus;
extern const struct depay_ops depay_pcma;
extern const struct depay_ops depay_pcmu;
extern const struct depay_ops depay_vp8;
extern const struct depay_ops depay_vp9;

#endif
