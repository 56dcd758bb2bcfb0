/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the library is made of; for the files of this room alone. */
#ifndef TSR_PLUGINS_LIBRARY_INSIDE_H
#define TSR_PLUGINS_LIBRARY_INSIDE_H

#include <pthread.h>

#include "library.h"

struct library {
	char *folder;
	char *real; /* the same without symbolic links, as the engine says it; free() */
	struct catalogue *catalogue;
	GThread *clerk;        /* writes down what has happened */
	GThread *scanner;      /* goes through the folder, which may take minutes */
	pthread_mutex_t mutex; /* guards what follows; held for a few instructions */
	pthread_cond_t changed;
	GQueue notices;   /* struct notice *, owned */
	bool busy;        /* the clerk works on one */
	GHashTable *mine; /* ids of the recordings of this process */
	bool stopping;
	bool scan_wanted;
	bool scanned; /* once */
};

/* The threads' functions; `library` is the struct. clerk.c and scanner.c. */
void *library_clerk(void *library);
void *library_scanner(void *library);

#endif
