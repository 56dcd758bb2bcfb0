/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * To be preloaded: libcrypto's share in the end of a thread comes up to 30 ms late, as it may on a busy machine. A thread that
 * nobody joins is then still at it when the process ends and libcrypto frees the same memory. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_US 30000

static void (*end_thread)(void *value);

static void end_thread_late(void *value)
{
	usleep((useconds_t)(rand() % MOST_US));
	end_thread(value);
}

__attribute__((visibility("default"))) int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
	int (*real)(pthread_key_t *, void (*)(void *)) =
		(int (*)(pthread_key_t *, void (*)(void *)))dlsym(RTLD_NEXT, "pthread_key_create");
	Dl_info info;
	if (end_thread == NULL && destructor != NULL && dladdr((void *)destructor, &info) != 0 &&
	    strstr(info.dli_fname, "libcrypto") != NULL) {
		end_thread = destructor;
		destructor = end_thread_late;
		fprintf(stderr, "late_threads: threads end late\n"); /* for the test: it is in force */
	}
	return real(key, destructor);
}
