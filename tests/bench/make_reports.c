/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make_reports FOLDER COUNT: so many finished recordings, as the recorder leaves them: folders of a thousand, each recording a (sparse)
 * .ts and its report. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLDER_SIZE 1000
#define MEDIA_BYTES 1048576L
/* One each five minutes, up to yesterday. */
#define INTERVAL_S 300

static void die(const char *what)
{
	fprintf(stderr, "make_reports: %s: %s\n", what, strerror(errno));
	exit(1);
}

static const char *time_text(time_t at, char text[32])
{
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%S.000Z", &tm);
	return text;
}

/* Numbers of 32 bits that look like chance, each once. */
static unsigned spread(unsigned long i, uint32_t odd)
{
	return (uint32_t)i * odd;
}

static int report_text(char *text, size_t size, const char *base, unsigned long i, time_t started)
{
	char begin[32], end[32];
	int length = snprintf(text, size,
			      "{\n  \"id\": \"%s\",\n  \"name\": \"Call %lu\",\n  \"metadata\": {\"room\": \"%lu\"},\n"
			      "  \"host\": {\"stamp\":\"%08x%08x%08lx%08x\",\"private\":%s,\"profile\":\"hd\"},\n  "
			      "\"started\": \"%s\",\n"
			      "  \"file\": \"%s.ts\",\n  \"ended\": \"%s\",\n  \"duration_ms\": 240000,\n  \"bytes\": "
			      "%ld,\n  \"sha256\": "
			      "\"%064lx\",\n  \"reason\": \"stop\",\n  \"error\": null,\n  \"recovered\": false,\n  "
			      "\"segment\": 0,\n  \"tracks\": [",
			      base, i, i % 977, spread(i, 2654435761U), spread(i, 40503U), i, spread(i, 69069U),
			      i % 4 ? "false" : "true", time_text(started, begin), base, time_text(started + 240, end),
			      MEDIA_BYTES, i);
	for (int track = 0; track < 2; track++)
		length += snprintf(
			text + length, size - (size_t)length,
			"%s\n    {\"type\": \"video\", \"label\": \"%d\", \"codec\": \"h264\", \"recorded_as\": "
			"\"h264\", \"mode\": "
			"\"copy\", \"width\": 1280, \"height\": 720, \"resolution_changes\": 0, \"packets\": 70412, "
			"\"bytes\": "
			"75200010, \"malformed\": 0, \"reordered\": 3, \"duplicate\": 0, \"late\": 0, \"lost\": 0, "
			"\"frames\": 7200, "
			"\"frames_written\": 7200, \"frames_damaged\": 0, \"frames_skipped\": 0, \"frames_unwanted\": "
			"0, "
			"\"frames_dropped\": 0, \"keyframes\": 120, \"keyframe_requests\": 1, \"decode_errors\": 0, "
			"\"sender_reports\": 240, \"clock_jumps\": 0, \"clock_offset_us\": 120, "
			"\"clock_corrected_us\": 80, "
			"\"first_ms\": 0, \"last_ms\": 239967}",
			track ? "," : "", track);
	return length + snprintf(text + length, size - (size_t)length, "],\n  \"gap_count\": 0,\n  \"gaps\": []\n}\n");
}

static void make(const char *folder, unsigned long i, unsigned long count, time_t now)
{
	char base[64], path[600], text[8192];
	struct tm tm;
	time_t started = now - 86400 - (time_t)(count - i) * INTERVAL_S;
	gmtime_r(&started, &tm);
	size_t length = strftime(base, sizeof(base), "%Y%m%d-%H%M%S-", &tm);
	snprintf(base + length, sizeof(base) - length, "%08x", spread(i, 2654435761U));
	int dir = snprintf(path, sizeof(path), "%s/%04lu/", folder, i / FOLDER_SIZE);
	if (i % FOLDER_SIZE == 0 && mkdir(path, 0755) != 0 && errno != EEXIST)
		die(path);
	snprintf(path + dir, sizeof(path) - (size_t)dir, "%s.ts", base);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (fd < 0 || ftruncate(fd, MEDIA_BYTES) != 0)
		die(path);
	close(fd);
	snprintf(path + dir, sizeof(path) - (size_t)dir, "%s.json", base);
	int size = report_text(text, sizeof(text), base, i, started);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (fd < 0 || write(fd, text, (size_t)size) != size)
		die(path);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	unsigned long count = strtoul(argv[2], NULL, 10);
	time_t now = time(NULL);
	for (unsigned long i = 0; i < count; i++)
		make(argv[1], i, count, now);
	return 0;
}
