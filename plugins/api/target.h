/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which recording a request is about, and whether whoever made the request may have it. */
#ifndef TSR_PLUGINS_API_TARGET_H
#define TSR_PLUGINS_API_TARGET_H

#include "../library/library.h"
#include "../take/take.h"
#include "request.h"

/* Seeing is allowed to everybody when a recording is not private; all else needs the owner, the secret or the admin_key. */
enum target_right { TARGET_SEE, TARGET_CONTROL };

struct target {
	struct take *take;                /* it runs, or it is the handle's latest; NULL = it is in the catalogue */
	struct catalogue_recording *item; /* this process does not record it; NULL = it is a take */
};

/* Reads id, secret and admin_key of the body. False with the error noted: API_UNAUTHORIZED, whether it exists or not;
 * API_NOT_FOUND to those who may know; API_WRONG_STATE when a handle names none and has none. */
bool target_find(struct request *r, enum target_right right, struct target *out);
void target_clear(struct target *target);

/* Whether the key is the one that is configured. */
bool target_is_admin(const struct request *r, const char *admin_key);

#endif
