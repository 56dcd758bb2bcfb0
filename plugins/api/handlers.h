/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The handlers, for the table in api.c. */
#ifndef TSR_PLUGINS_API_HANDLERS_H
#define TSR_PLUGINS_API_HANDLERS_H

#include "request.h"

/* record.c: */
json_t *record_start(struct request *r);
json_t *record_configure(struct request *r);
/* control.c: */
json_t *control_pause(struct request *r);
json_t *control_resume(struct request *r);
json_t *control_split(struct request *r);
json_t *control_stop(struct request *r);
json_t *control_status(struct request *r);
/* list.c: */
json_t *list_recordings(struct request *r);
/* browse.c: */
json_t *browse_info(struct request *r);
json_t *browse_delete(struct request *r);
json_t *browse_profiles(struct request *r);
/* room.c: */
json_t *room_record(struct request *r);
json_t *room_record_peers(struct request *r);
json_t *room_stop(struct request *r);
json_t *room_status(struct request *r);
json_t *room_taps(struct request *r);
/* admin.c: */
json_t *admin_stats(struct request *r);
json_t *admin_configure(struct request *r);
json_t *admin_recover(struct request *r);
json_t *admin_rescan(struct request *r);

#endif
