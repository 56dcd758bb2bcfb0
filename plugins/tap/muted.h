/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What rooms have muted. A VideoRoom enforces it, and tells those who are in the room when it happens; nobody who asks later is told. So
 * it is noted when the room is told to (messages.h). */
#ifndef TSR_PLUGINS_TAP_MUTED_H
#define TSR_PLUGINS_TAP_MUTED_H

#include <stdbool.h>
#include <stdint.h>

#include "hook.h"

/* A media line of somebody, or with `peer` and `mid` NULL everybody in the room. Any thread. */
void muted_set(const struct hook *hook, const char *room, const char *peer, const char *mid, bool muted);

/* The room is no more, and what is muted in it. */
void muted_forget_room(const struct hook *hook, const char *room);

/* Whether it was muted since then (tsr_now_us()), or the room is: what was there before under the same name was somebody else's. */
bool muted_is(const struct hook *hook, const char *room, const char *peer, const char *mid, int64_t since_us);

void muted_forget_all(void);

#endif
