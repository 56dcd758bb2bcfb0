/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "paramset.h"

#include <stdlib.h>
#include <string.h>

#include "annexb.h"

void paramset_finish(struct paramset_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		free(list->sets[i].nal);
	*list = (struct paramset_list){0};
}

void paramset_new_unit(struct paramset_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		list->sets[i].in_unit = false;
}

const struct paramset *paramset_find(const struct paramset_list *list, uint32_t id)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->sets[i].id == id)
			return &list->sets[i];
	return NULL;
}

static void remove_at(struct paramset_list *list, unsigned at)
{
	free(list->sets[at].nal);
	list->count--;
	memmove(&list->sets[at], &list->sets[at + 1], (list->count - at) * sizeof(list->sets[0]));
}

static size_t bytes_of(const struct paramset_list *list)
{
	size_t bytes = 0;
	for (unsigned i = 0; i < list->count; i++)
		bytes += list->sets[i].size;
	return bytes;
}

tsr_error paramset_put(struct paramset_list *list, uint32_t id, uint32_t parent, const uint8_t *nal, size_t size)
{
	unsigned at = 0;
	while (at < list->count && list->sets[at].id != id)
		at++;
	struct paramset *old = at < list->count ? &list->sets[at] : NULL;
	if (old != NULL && old->size == size && memcmp(old->nal, nal, size) == 0) {
		old->in_unit = true;
		return TSR_OK;
	}
	if (size > LIMIT_PARAMETER_SET_BYTES)
		return TSR_E_LIMIT;
	uint8_t *copy = malloc(size);
	if (copy == NULL)
		return TSR_E_NOMEM;
	memcpy(copy, nal, size);
	if (old != NULL)
		remove_at(list, at);
	while (list->count == LIMIT_PARAMETER_SETS || bytes_of(list) + size > LIMIT_PARAMETER_SETS_BYTES)
		remove_at(list, 0);
	list->sets[list->count++] = (struct paramset){copy, size, id, parent, true};
	return TSR_OK;
}

tsr_error paramset_write(const struct paramset_list *list, struct buf *out)
{
	tsr_error err = TSR_OK;
	for (unsigned i = 0; i < list->count && err == TSR_OK; i++)
		err = annexb_append(out, list->sets[i].nal, list->sets[i].size);
	return err;
}
