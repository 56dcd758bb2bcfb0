/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCK_BYTES (256 * 1024)

struct digest {
	EVP_MD_CTX *md;
	bool failed;
};

struct digest *digest_create(void)
{
	struct digest *d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	d->md = EVP_MD_CTX_new();
	if (d->md == NULL || EVP_DigestInit_ex(d->md, EVP_sha256(), NULL) != 1) {
		digest_destroy(d);
		return NULL;
	}
	return d;
}

void digest_destroy(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->md);
	free(d);
}

void digest_update(struct digest *d, const void *data, size_t size)
{
	if (EVP_DigestUpdate(d->md, data, size) != 1)
		d->failed = true;
}

void digest_end(struct digest *d, char hex[DIGEST_HEX_BYTES])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned count = 0;
	hex[0] = '\0';
	if (d->failed || EVP_DigestFinal_ex(d->md, bytes, &count) != 1)
		return;
	for (unsigned i = 0; i < count && 2 * i + 2 < DIGEST_HEX_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

void digest_file(int fd, uint64_t size, char hex[DIGEST_HEX_BYTES])
{
	struct digest *d = digest_create();
	uint8_t *block = malloc(BLOCK_BYTES);
	uint64_t at = 0;
	hex[0] = '\0';
	while (d != NULL && block != NULL && at < size) {
		size_t want = size - at < BLOCK_BYTES ? (size_t)(size - at) : BLOCK_BYTES;
		ssize_t n = pread(fd, block, want, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		digest_update(d, block, (size_t)n);
		at += (uint64_t)n;
	}
	if (d != NULL && block != NULL && at == size)
		digest_end(d, hex);
	free(block);
	digest_destroy(d);
}
