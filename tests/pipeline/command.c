/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"

#include <glib/gstdio.h>
#include <stdarg.h>

#include "../lib/cmocka.h"
#include "harness.h"

static char *folder;
static char *program; /* beside the tests' folders, where the build left it */

void command_setup(void)
{
	folder = g_dir_make_tmp("tsr-tool-XXXXXX", NULL);
	program = g_canonicalize_filename("janus-tsrec", NULL);
}

void command_teardown(void)
{
	remove_folder(folder);
	g_free(folder);
	g_free(program);
}

int tsrec(char **out, ...)
{
	GPtrArray *argv = g_ptr_array_new();
	g_ptr_array_add(argv, program);
	va_list args;
	va_start(args, out);
	for (char *argument; (argument = va_arg(args, char *)) != NULL;)
		g_ptr_array_add(argv, argument);
	va_end(args);
	g_ptr_array_add(argv, NULL);
	char *said = NULL, *complained = NULL;
	int status = 0;
	assert_true(g_spawn_sync(folder, (char **)argv->pdata, NULL, 0, NULL, NULL, &said, &complained, &status, NULL));
	assert_true(g_spawn_check_wait_status(status, NULL) || status > 255); /* it ended by itself */
	int code = status >> 8;
	if (code != 0 && complained[0] == '\0')
		assert_true(said[0] != '\0'); /* never fails in silence */
	g_ptr_array_free(argv, TRUE);
	g_free(complained);
	if (out != NULL)
		*out = said;
	else
		g_free(said);
	return code;
}

char *in_folder(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

bool is_there(const char *name)
{
	char *path = in_folder(name);
	bool there = g_file_test(path, G_FILE_TEST_EXISTS);
	g_free(path);
	return there;
}

void save(const char *name, const void *data, size_t size)
{
	char *path = in_folder(name);
	assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
	g_free(path);
}
