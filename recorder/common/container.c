/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "container.h"

#include <string.h>
#include <strings.h>

#define BIT(codec) (1u << (codec))

static const struct {
	const char *name, *ending, *running;
	unsigned codecs;
} containers[TSR_CONTAINER_COUNT] = {
	/* Stream types for these: VP8, VP9 and AV1 in it are private data that no player reads. */
	[TSR_CONTAINER_TS] = {"ts", ".ts", ".recording.ts",
			      BIT(TSR_CODEC_H264) | BIT(TSR_CODEC_H265) | BIT(TSR_CODEC_AAC) | BIT(TSR_CODEC_OPUS)},
	/* Everything that comes, as it comes: hence no AAC. */
	[TSR_CONTAINER_MKV] = {"mkv", ".mkv", ".recording.mkv",
			       BIT(TSR_CODEC_H264) | BIT(TSR_CODEC_H265) | BIT(TSR_CODEC_VP8) | BIT(TSR_CODEC_VP9) |
				       BIT(TSR_CODEC_AV1) | BIT(TSR_CODEC_OPUS) | BIT(TSR_CODEC_PCMU) |
				       BIT(TSR_CODEC_PCMA) | BIT(TSR_CODEC_G722) | BIT(TSR_CODEC_L16)},
	[TSR_CONTAINER_WEBM] = {"webm", ".webm", ".recording.webm",
				BIT(TSR_CODEC_VP8) | BIT(TSR_CODEC_VP9) | BIT(TSR_CODEC_AV1) | BIT(TSR_CODEC_OPUS)},
	/* VP8 has a binding, too, which players do not read. */
	[TSR_CONTAINER_MP4] = {"mp4", ".mp4", ".recording.mp4",
			       BIT(TSR_CODEC_H264) | BIT(TSR_CODEC_H265) | BIT(TSR_CODEC_VP9) | BIT(TSR_CODEC_AV1) |
				       BIT(TSR_CODEC_OPUS) | BIT(TSR_CODEC_AAC)},
};

static unsigned row_of(tsr_container container)
{
	return (unsigned)container < TSR_CONTAINER_COUNT ? (unsigned)container : TSR_CONTAINER_TS;
}

const char *tsr_container_name(tsr_container container)
{
	return containers[row_of(container)].name;
}

bool tsr_container_from_name(const char *name, tsr_container *out)
{
	for (unsigned i = 0; name != NULL && i < TSR_CONTAINER_COUNT; i++) {
		if (strcasecmp(name, containers[i].name) != 0)
			continue;
		*out = (tsr_container)i;
		return true;
	}
	return false;
}

const char *tsr_container_ending(tsr_container container)
{
	return containers[row_of(container)].ending;
}

const char *const *tsr_container_endings(void)
{
	static const char *const endings[TSR_CONTAINER_COUNT + 1] = {
		[TSR_CONTAINER_TS] = ".ts",
		[TSR_CONTAINER_MKV] = ".mkv",
		[TSR_CONTAINER_WEBM] = ".webm",
		[TSR_CONTAINER_MP4] = ".mp4",
	};
	return endings;
}

const char *tsr_container_running(tsr_container container)
{
	return containers[row_of(container)].running;
}

bool tsr_container_carries(tsr_container container, tsr_codec codec)
{
	return (containers[row_of(container)].codecs & BIT(codec)) != 0;
}

static bool ends_in(const char *path, const char *ending, size_t *stem)
{
	size_t size = strlen(path), length = strlen(ending);
	if (size <= length || strcmp(path + size - length, ending) != 0 || path[size - length - 1] == '/')
		return false;
	*stem = size - length;
	return true;
}

bool tsr_container_of_file(const char *path, tsr_container *container, bool *running, size_t *stem)
{
	size_t before;
	for (unsigned i = 0; i < TSR_CONTAINER_COUNT; i++) {
		bool runs = ends_in(path, containers[i].running, &before);
		if (!runs && !ends_in(path, containers[i].ending, &before))
			continue;
		if (container != NULL)
			*container = (tsr_container)i;
		if (running != NULL)
			*running = runs;
		if (stem != NULL)
			*stem = before;
		return true;
	}
	return false;
}
