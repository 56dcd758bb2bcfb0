/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rooms that are recorded because the configuration says so (auto_record). */
#include <glib.h>

#include "inside.h"

/* So long an automatic tap waits for somebody to come back: who reloads a page stays in the same manifest. */
#define EMPTY_US 10000000
/* How much of a room's id is in that of its tap, before the time. */
#define ROOM_ID_BYTES 11

/* ROOM-DATE-TIME-CHANCE (g_free). */
static char *new_id(const char *room)
{
	GString *id = g_string_new(NULL);
	for (unsigned i = 0; room[i] && i < ROOM_ID_BYTES; i++)
		g_string_append_c(id, g_ascii_isalnum(room[i]) || room[i] == '-' ? room[i] : '_');
	char *time = naming_new_id(g_get_real_time());
	g_string_append_printf(id, "-%s", time);
	g_free(time);
	return g_string_free(id, FALSE);
}

bool automatic_wants(struct foreign *f, json_t *info)
{
	if (f->declined || f->hook->automatic == AUTO_RECORD_OFF)
		return false;
	return f->hook->automatic == AUTO_RECORD_ROOMS || check_recorded(f->hook, info);
}

void automatic_begin(struct taps *taps, struct foreign *f, const struct who *who, json_t *info)
{
	if (!who->room || !automatic_wants(f, info))
		return;
	char error[400] = "", *id = new_id(who->room);
	const struct tap_wish wish = {.hls = TAKE_HLS_AS_CONFIGURED,
				      .audio = true,
				      .video = true,
				      .substream = TAKE_LAYERS - 1,
				      .temporal = TSR_ALL_LAYERS};
	const struct tap_order order = {
		.id = id,
		.package = f->hook->known->package,
		.room = json_object_get(info, f->hook->known->room),
		.admin = true,
		.automatic = true,
		.wish = &wish,
	};
	struct tap *tap = NULL;
	enum api_error err = tap_start(taps, &order, &tap, error, sizeof(error));
	if (err == API_OK)
		log_line(TSR_LOG_INFO, id, "room %s is recorded (auto_record)", who->room);
	else if (err != API_EXISTS) /* some of its publishers alone are recorded by request */
		log_line(TSR_LOG_WARNING, id, "room %s is not recorded: %s", who->room, error);
	tap_unref(tap);
	g_free(id);
}

bool automatic_is_over(struct tap *tap)
{
	bool there = false;
	if (!tap->automatic)
		return false;
	pthread_mutex_lock(&tap->mutex);
	for (guint i = 0; i < tap->peers->len; i++)
		there = there || !((struct tap_peer *)g_ptr_array_index(tap->peers, i))->left_us;
	pthread_mutex_unlock(&tap->mutex);
	int64_t now_us = tsr_now_us();
	if (there || !tap->there_us)
		tap->there_us = now_us;
	return now_us - tap->there_us > EMPTY_US;
}
