/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where something listens: a port, which means loopback, or an address with one. */
#ifndef TSR_PLUGINS_CONFIG_ADDRESS_H
#define TSR_PLUGINS_CONFIG_ADDRESS_H

#include <stdbool.h>

struct sockaddr_storage;

/* "9187" (of 127.0.0.1), "192.0.2.1:9187", "[2001:db8::1]:9187", "0.0.0.0:9187"; no names. False when it is none of these. */
bool address_parse(const char *text, struct sockaddr_storage *out);

#endif
