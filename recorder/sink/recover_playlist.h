/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Playlists that a crash left without an end (recorder/playlist.h): what they list and the files do not have goes, what the last file
 * has beyond the list is added, and EXT-X-ENDLIST says that nothing comes any more. */
#ifndef TSR_SINK_RECOVER_PLAYLIST_H
#define TSR_SINK_RECOVER_PLAYLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "../common/error.h"

/* The second line of each: it is ours. */
#define PLAYLIST_MARK "## janus-tsrecorder"
#define PLAYLIST_END  "#EXT-X-ENDLIST\n"

/* Ends the media playlist `base` (NAME.m3u8) in the open folder, whose media have been recovered. One that has an end, is not ours, is held,
 * or whose recording still runs is left alone. `name` is its path for the log. TSR_OK (also when there was nothing to do); TSR_E_NOMEM, TSR_E_NOSPACE,
 * TSR_E_READONLY, TSR_E_ACCESS, TSR_E_IO. It may be killed at any time. */
TSR_MUST_USE tsr_error recover_playlist(int folder, const char *base, const char *name);

/* The same for the one that lists the file whose name begins with `size` bytes of `base`, if there is one. What goes wrong is logged. */
void recover_playlist_of(int folder, const char *base, size_t size);

/* Whether this file in the open folder is a playlist that this recorder wrote. */
bool recover_is_our_playlist(int folder, const char *base);

/* Whether a file of this name may be such a playlist. */
bool recover_is_playlist(const char *base);

#endif
