/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A playlist that is read while it grows. It is replaced as a whole, or lines are appended, and no reader ever sees half of what was
 * appended: the kernel raises a file's size page by page, so what would lie across two pages is moved to the next one by blank lines,
 * which a playlist may have (RFC 8216 section 4.1). It is held with a lock until it is closed, so that recovery leaves it alone. */
#ifndef TSR_SINK_LISTFILE_H
#define TSR_SINK_LISTFILE_H

#include <stddef.h>
#include <stdint.h>

#include "../common/error.h"

/* A page of the smallest kind: what may be appended at once. */
#define LISTFILE_APPEND_BYTES 4096

struct listfile {
	int fd; /* -1 = there is none */
	uint64_t bytes;
};

#define LISTFILE_CLOSED ((struct listfile){.fd = -1})

/* Writes it anew, over what was there, and goes on with that. `name` (without ending), folder and mode as in textfile_write, and its
 * errors. On failure it goes on as before. Nothing is synced. */
TSR_MUST_USE tsr_error listfile_replace(struct listfile *l, const char *folder, const char *name, const char *text,
					size_t size, unsigned mode);

/* TSR_OK; TSR_E_INVAL (more than LISTFILE_APPEND_BYTES, or it is closed), TSR_E_NOSPACE, TSR_E_IO: nothing of it is in the file. */
TSR_MUST_USE tsr_error listfile_append(struct listfile *l, const char *text, size_t size);

/* All of it, for whoever wants to replace it. The caller frees it; NULL when it cannot be read. */
char *listfile_read(const struct listfile *l);

/* Makes it durable and closes it. TSR_OK or TSR_E_IO. A closed one is fine. */
TSR_MUST_USE tsr_error listfile_finish(struct listfile *l);

/* Closes it as it is. */
void listfile_close(struct listfile *l);

#endif
