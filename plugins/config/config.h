/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The door of config/: what is said from outside, read by table, and what is told back in the same words. */
#ifndef TSR_PLUGINS_CONFIG_H
#define TSR_PLUGINS_CONFIG_H

#include "errors.h"
#include "fields.h"
#include "naming.h"
#include "settings.h"

#endif
