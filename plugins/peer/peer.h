/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The door of peer/: Janus handles that are attached to the plugin, and what is negotiated with their peers. */
#ifndef TSR_PLUGINS_PEER_H
#define TSR_PLUGINS_PEER_H

#include "sdp.h"
#include "session.h"

#endif
