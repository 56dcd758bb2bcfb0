/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Callbacks of another plugin are wrapped: what it gets is what it would have got, and a table that cannot be written is refused. */
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plugins/tap/foreign.h"
#include "plugins/tap/hooks.h"
#include "plugins/tap/messages.h"
#include "tests/lib/cmocka.h"

/* ---- who listens ---- */

static json_t the_body, the_answer;
static unsigned heard_rtp, heard_rtcp, heard_begin, heard_said, heard_end, heard_message, heard_answer;
static unsigned got;
static char heard[8];

void foreign_rtp(struct hook *hook, janus_plugin_session *handle, const janus_plugin_rtp *packet)
{
	assert_non_null(hook->plugin);
	assert_non_null(handle);
	heard_rtp++;
	memcpy(heard, packet->buffer, sizeof(heard));
}

void foreign_rtcp(struct hook *hook, janus_plugin_session *handle, const janus_plugin_rtcp *packet)
{
	assert_non_null(hook->plugin);
	assert_non_null(handle);
	assert_non_null(packet);
	heard_rtcp++;
}

void foreign_begin(struct hook *hook, janus_plugin_session *handle)
{
	assert_non_null(hook->plugin);
	assert_non_null(handle);
	heard_begin++;
}

void foreign_said(janus_plugin_session *handle)
{
	assert_non_null(handle);
	heard_said++;
}

void foreign_end(struct hook *hook, janus_plugin_session *handle, bool begin)
{
	assert_non_null(hook->plugin);
	assert_non_null(handle);
	assert_int_equal(begin, got == 3); /* hangup_media, which is called before destroy_session */
	heard_end++;
}

void message_note(const struct hook *hook, const json_t *body, struct message *message)
{
	(void)message;
	assert_non_null(hook->plugin);
	assert_ptr_equal(body, &the_body);
	heard_message++;
}

void message_describes(struct hook *hook, janus_plugin_session *handle, const json_t *jsep)
{
	assert_non_null(hook->plugin);
	assert_non_null(handle);
	assert_null(jsep);
}

void message_answered(const struct hook *hook, struct message *message, const json_t *answer)
{
	(void)message;
	assert_non_null(hook->plugin);
	assert_ptr_equal(answer, &the_answer);
	heard_answer++;
}

/* ---- a plugin, which writes into its packets ---- */

static janus_plugin_session *got_handle;
static void *got_packet;
static int *got_error;

static void incoming_rtp(janus_plugin_session *handle, janus_plugin_rtp *packet)
{
	got++;
	got_handle = handle;
	got_packet = packet;
	memset(packet->buffer, 'x', packet->length);
}

static void incoming_rtcp(janus_plugin_session *handle, janus_plugin_rtcp *packet)
{
	got++;
	got_handle = handle;
	got_packet = packet;
}

static void on_handle(janus_plugin_session *handle)
{
	got++;
	got_handle = handle;
}

static void destroy_session(janus_plugin_session *handle, int *error)
{
	got++;
	got_handle = handle;
	got_error = error;
	*error = -3;
}

static void create_session(janus_plugin_session *handle, int *error)
{
	got_handle = handle;
	got_error = error;
}

static janus_plugin_result *handle_message(janus_plugin_session *handle, char *transaction, json_t *body, json_t *jsep)
{
	assert_string_equal(transaction, "t");
	assert_ptr_equal(body, &the_body);
	assert_null(jsep);
	got_handle = handle;
	static janus_plugin_result result;
	result = (janus_plugin_result){.type = JANUS_PLUGIN_OK, .content = &the_answer};
	return &result;
}

static json_t *handle_admin_message(json_t *body)
{
	assert_ptr_equal(body, &the_body);
	return &the_answer;
}

static json_t *query_session(janus_plugin_session *handle)
{
	(void)handle;
	return NULL;
}

static const char *get_package(void)
{
	return "janus.plugin.sample";
}

static janus_plugin sample = {
	.get_package = get_package,
	.create_session = create_session,
	.handle_message = handle_message,
	.handle_admin_message = handle_admin_message,
	.setup_media = on_handle,
	.incoming_rtp = incoming_rtp,
	.incoming_rtcp = incoming_rtcp,
	.hangup_media = on_handle,
	.destroy_session = destroy_session,
	.query_session = query_session,
};

static void calls_all(janus_plugin *plugin, bool watched)
{
	janus_plugin_session handle = {0};
	char bytes[9] = "original";
	janus_plugin_rtp rtp = {.mindex = 1, .buffer = bytes, .length = 8};
	janus_plugin_rtcp rtcp = {.buffer = bytes, .length = 8};
	int error = 0;
	char transaction[] = "t";
	got = heard_rtp = heard_rtcp = heard_begin = heard_said = heard_end = heard_message = heard_answer = 0;

	plugin->create_session(&handle, &error);
	assert_ptr_equal(got_handle, &handle);
	assert_ptr_equal(got_error, &error);
	assert_int_equal(heard_begin, 1);
	assert_ptr_equal(plugin->handle_message(&handle, transaction, &the_body, NULL)->content, &the_answer);
	assert_ptr_equal(plugin->handle_admin_message(&the_body), &the_answer);
	assert_int_equal(heard_message, 2);
	assert_int_equal(heard_answer, 2);

	plugin->incoming_rtp(&handle, &rtp);
	assert_int_equal(heard_rtp, watched);
	if (watched)
		assert_memory_equal(heard, "original", 8); /* before the plugin wrote into it */
	assert_string_equal(bytes, "xxxxxxxx");
	assert_ptr_equal(got_packet, &rtp);
	plugin->incoming_rtcp(&handle, &rtcp);
	assert_ptr_equal(got_packet, &rtcp);
	assert_int_equal(heard_rtcp, 1); /* how clocks lie is to be known when somebody begins to watch */
	plugin->setup_media(&handle);
	plugin->hangup_media(&handle);
	plugin->destroy_session(&handle, &error);
	assert_ptr_equal(got_handle, &handle);
	assert_ptr_equal(got_error, &error);
	assert_int_equal(error, -3);
	assert_int_equal(got, 5);
	assert_int_equal(heard_end, 2);
	assert_int_equal(heard_said, watched ? 2 : 0);
}

static void test_listens_without_rtp(void **state)
{
	(void)state;
	char text[200];
	struct hook *hook = hooks_listen(4, &sample, NULL, NULL, text, sizeof(text));
	assert_non_null(hook);
	assert_ptr_equal(sample.incoming_rtp, incoming_rtp);
	assert_ptr_not_equal(sample.handle_message, handle_message);
	assert_ptr_equal(hooks_wrap(4, &sample, NULL, NULL, text, sizeof(text)), hook);
	assert_ptr_not_equal(sample.incoming_rtp, incoming_rtp);
	calls_all(&sample, false);
	hooks_restore();
	assert_ptr_equal(sample.incoming_rtp, incoming_rtp);
	assert_ptr_equal(sample.handle_message, handle_message);
	assert_ptr_equal(sample.handle_admin_message, handle_admin_message);
	assert_ptr_equal(sample.create_session, create_session);
}

static void test_wrapped_and_put_back(void **state)
{
	(void)state;
	char text[200];
	struct hook *hook = hooks_wrap(0, &sample, NULL, NULL, text, sizeof(text));
	assert_non_null(hook);
	assert_ptr_not_equal(sample.incoming_rtp, incoming_rtp);
	calls_all(&sample, false);
	g_atomic_int_inc(&hook->watching);
	calls_all(&sample, true);
	assert_ptr_equal(hooks_wrap(0, &sample, NULL, NULL, text, sizeof(text)), hook);
	calls_all(&sample, true); /* not by itself a second time */

	hooks_restore();
	assert_ptr_equal(sample.incoming_rtp, incoming_rtp);
	assert_ptr_equal(sample.incoming_rtcp, incoming_rtcp);
	assert_ptr_equal(sample.setup_media, on_handle);
	assert_ptr_equal(sample.hangup_media, on_handle);
	assert_ptr_equal(sample.destroy_session, destroy_session);
	g_atomic_int_add(&hook->watching, -1);
}

static void other_hangup(janus_plugin_session *handle)
{
	on_handle(handle);
}

static void test_what_others_wrapped_is_left(void **state)
{
	(void)state;
	char text[200];
	assert_non_null(hooks_wrap(1, &sample, NULL, NULL, text, sizeof(text)));
	*(void **)(uintptr_t)&sample.hangup_media = (void *)other_hangup;
	hooks_restore();
	assert_ptr_equal(sample.hangup_media, other_hangup);
	assert_ptr_equal(sample.incoming_rtp, incoming_rtp);
	*(void **)(uintptr_t)&sample.hangup_media = (void *)on_handle;
}

static void test_table_that_cannot_be_written(void **state)
{
	(void)state;
	char text[200] = "";
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(pages, MAP_FAILED);
	/* Half in the one, half in the other. */
	janus_plugin *plugin = (janus_plugin *)(void *)(pages + size - sizeof(sample) / 2 / 8 * 8);
	memcpy((void *)plugin, &sample, sizeof(sample));
	assert_true(hooks_writable("/proc/self/maps", plugin, sizeof(*plugin)));
	assert_int_equal(mprotect(pages + size, size, PROT_READ), 0);
	assert_false(hooks_writable("/proc/self/maps", plugin, sizeof(*plugin)));
	assert_null(hooks_wrap(2, plugin, NULL, NULL, text, sizeof(text)));
	assert_non_null(strstr(text, "janus.plugin.sample cannot be written"));
	assert_ptr_equal(plugin->incoming_rtp, incoming_rtp);
	assert_false(hooks_writable("/nowhere", &sample, sizeof(sample))); /* what is not known is not written to */
	assert_int_equal(munmap(pages, 2 * size), 0);
}

static void test_plugin_without_media(void **state)
{
	(void)state;
	char text[200] = "";
	janus_plugin silent = {.get_package = get_package};
	assert_null(hooks_wrap(3, &silent, NULL, NULL, text, sizeof(text)));
	assert_non_null(strstr(text, "no callbacks for media"));
}

/* This program is no Janus, so it has no janus_plugin_find. */
static void test_janus_that_cannot_find(void **state)
{
	(void)state;
	char text[200] = "";
	enum api_error code = API_OK;
	assert_null(hooks_find("janus.plugin.videoroom", &code, text, sizeof(text)));
	assert_int_equal(code, API_UNSUPPORTED);
	assert_non_null(strstr(text, "this build of Janus"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrapped_and_put_back),         cmocka_unit_test(test_what_others_wrapped_is_left),
		cmocka_unit_test(test_table_that_cannot_be_written), cmocka_unit_test(test_plugin_without_media),
		cmocka_unit_test(test_janus_that_cannot_find),       cmocka_unit_test(test_listens_without_rtp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
