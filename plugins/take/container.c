/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which container a recording gets. */
#include "../config/config.h"
#include "take.h"

/* As it is, which sound in TS need not be. */
static bool copies(tsr_container container, tsr_codec codec)
{
	tsr_codec written;
	bool transcode;
	return tsr_route(codec, container, TSR_AUDIO_COPY, &written, &transcode) == TSR_OK && !transcode;
}

static bool copies_all(tsr_container container, const struct take_line *lines, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (lines[i].active && !copies(container, lines[i].codec))
			return false;
	return true;
}

int take_container_for_hls(int choice, int hls, const struct settings *settings)
{
	int wanted = hls == TAKE_HLS_AS_CONFIGURED ? settings->hls : hls;
	return choice == TAKE_CONTAINER_AUTO && wanted != TSR_HLS_OFF ? (int)TSR_CONTAINER_TS : choice;
}

void take_choose_container(int choice, const struct choice_list *order, const struct take_line *lines, unsigned count,
			   tsr_container *container, tsr_audio_mode *audio_mode)
{
	if (choice != TAKE_CONTAINER_AUTO) {
		*container = (tsr_container)choice;
		return;
	}
	*audio_mode = TSR_AUDIO_COPY;
	*container = TSR_CONTAINER_TS; /* what none takes is transcoded there */
	for (size_t i = 0; i < order->count; i++) {
		if (!copies_all((tsr_container)order->choice[i], lines, count))
			continue;
		*container = (tsr_container)order->choice[i];
		return;
	}
}

/* Before that is known, all that any takes. */
bool take_container_takes(int choice, tsr_codec codec)
{
	tsr_codec written;
	bool transcode;
	return choice == TAKE_CONTAINER_AUTO ||
	       tsr_route(codec, (tsr_container)choice, TSR_AUDIO_COPY, &written, &transcode) == TSR_OK;
}
