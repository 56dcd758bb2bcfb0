/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TSR_PLUGINS_STATUS_H
#define TSR_PLUGINS_STATUS_H

#include <jansson.h>

#include "take.h"

/* The status of a recording, as documented at `status`; from what was really written. A new reference. */
json_t *status_of(struct take *take);

#endif
