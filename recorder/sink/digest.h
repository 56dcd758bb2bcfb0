/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SHA-256 of a file's bytes, as they are written or read back. */
#ifndef TSR_SINK_DIGEST_H
#define TSR_SINK_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_HEX_BYTES 65 /* 64 digits and the end */

struct digest;

/* NULL when memory is out. */
struct digest *digest_create(void);
void digest_destroy(struct digest *d);

void digest_update(struct digest *d, const void *data, size_t size);

/* Ends it; `hex` gets 64 lower-case digits, or is empty when libcrypto failed. */
void digest_end(struct digest *d, char hex[DIGEST_HEX_BYTES]);

/* The same of the first `size` bytes of an open file, read with pread; empty also when there are fewer or reading failed. */
void digest_file(int fd, uint64_t size, char hex[DIGEST_HEX_BYTES]);

#endif
