/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * crowd PLUGIN FOLDER COUNT: COUNT people join and leave a recorded room while media flows, as fast as the disk takes their recordings.
 * It is Janus's core, as far as the plugin PLUGIN needs one, and a plugin with a room in which nothing is guarded: who is asked about a handle
 * that ends, or after it, reads what is freed. So a sanitizer that both are built with sees what it does not see in stock Janus. */
#include <dlfcn.h>
#include <glib.h>
#include <jansson.h>
#include <plugins/plugin.h> /* Janus's */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <config.h> /* Janus's, as what follows */
#include <utils.h>

#define THREADS 4
#define PACKETS 40

/* ---- the core, as plugins see it ------------------------------------------------------------------------------------------- */

#pragma GCC visibility push(default) /* for the plugin, which is built to hide what it has */
int janus_log_level = 4;
gboolean janus_log_timestamps, janus_log_colors;
char *janus_log_global_prefix;
int refcount_debug;

static const char *folder;

void janus_vprintf(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
}

guint32 janus_random_uint32(void)
{
	return g_random_int();
}

gboolean janus_strcmp_const_time(const void *a, const void *b)
{
	return !strcmp(a, b);
}

gboolean janus_is_folder_protected(const char *path)
{
	(void)path;
	return FALSE;
}

gint janus_is_stopping(void);
gint janus_is_stopping(void)
{
	return FALSE;
}

janus_plugin_result *janus_plugin_result_new(janus_plugin_result_type type, const char *text, json_t *content)
{
	janus_plugin_result *result = g_new0(janus_plugin_result, 1);
	*result = (janus_plugin_result){.type = type, .text = text, .content = content};
	return result;
}

static janus_config_container *new_container(janus_config_type type, const char *name, const char *value, void *inside)
{
	janus_config_container *c = g_new0(janus_config_container, 1);
	*c = (janus_config_container){
		.type = type, .name = name, .value = value, .list = inside ? g_list_append(NULL, inside) : NULL};
	return c;
}

janus_config *janus_config_parse(const char *path)
{
	(void)path;
	janus_config *file = g_new0(janus_config, 1);
	void *item = new_container(janus_config_type_item, "recordings_path", folder, NULL);
	file->list = g_list_append(NULL, new_container(janus_config_type_category, "general", NULL, item));
	return file;
}

void janus_config_destroy(janus_config *file)
{
	janus_config_container *category = file->list->data;
	g_free(category->list->data);
	g_list_free(category->list);
	g_free(category);
	g_list_free(file->list);
	g_free(file);
}

#pragma GCC visibility pop

static int push_event(janus_plugin_session *handle, janus_plugin *plugin, const char *transaction, json_t *message,
		      json_t *jsep)
{
	(void)handle, (void)plugin, (void)transaction, (void)message, (void)jsep;
	return 0;
}

static void send_pli(janus_plugin_session *handle)
{
	(void)handle;
}

static void send_pli_stream(janus_plugin_session *handle, int mindex)
{
	(void)handle, (void)mindex;
}

static gboolean no(void)
{
	return FALSE;
}

static janus_callbacks core = {
	.push_event = push_event,
	.send_pli = send_pli,
	.send_pli_stream = send_pli_stream,
	.events_is_enabled = no,
};

/* ---- a plugin with a room ---------------------------------------------------------------------------------------------------- */

struct person {
	unsigned id;
	char *codec; /* of the one media line, while there is a PeerConnection */
};

static void create_session(janus_plugin_session *handle, int *error)
{
	static unsigned ids; /* atomic */
	struct person *person = g_new0(struct person, 1);
	person->id = __atomic_add_fetch(&ids, 1, __ATOMIC_RELAXED);
	handle->plugin_handle = person;
	*error = 0;
}

static void destroy_session(janus_plugin_session *handle, int *error)
{
	struct person *person = handle->plugin_handle;
	g_free(person->codec);
	g_free(person);
	*error = 0;
}

static void setup_media(janus_plugin_session *handle)
{
	(void)handle;
}

static void hangup_media(janus_plugin_session *handle)
{
	g_clear_pointer(&((struct person *)handle->plugin_handle)->codec, g_free);
}

/* Writes into what it gets, as plugins do. */
static void incoming_rtp(janus_plugin_session *handle, janus_plugin_rtp *packet)
{
	(void)handle;
	memset(packet->buffer, 0xff, packet->length);
}

static void incoming_rtcp(janus_plugin_session *handle, janus_plugin_rtcp *packet)
{
	(void)handle;
	memset(packet->buffer, 0xff, packet->length);
}

static json_t *query_session(janus_plugin_session *handle)
{
	const struct person *person = handle->plugin_handle;
	g_usleep(500); /* it takes its time: enough for somebody to go meanwhile */
	if (!person->codec)
		return json_pack("{s:s, s:i, s:i, s:[]}", "type", "publisher", "room", 1, "id", (int)person->id,
				 "streams");
	return json_pack("{s:s, s:i, s:i, s:s, s:[{s:s, s:i, s:s, s:s}]}", "type", "publisher", "room", 1, "id",
			 (int)person->id, "display", "somebody", "streams", "type", "audio", "mindex", 0, "mid", "0",
			 "codec", person->codec);
}

static janus_plugin_result *handle_message(janus_plugin_session *handle, char *transaction, json_t *message,
					   json_t *jsep)
{
	(void)handle;
	g_free(transaction);
	json_decref(message);
	json_decref(jsep);
	return janus_plugin_result_new(JANUS_PLUGIN_OK, NULL, json_pack("{s:s}", "videoroom", "success"));
}

static json_t *handle_admin_message(json_t *message)
{
	(void)message;
	return json_pack("{s:s, s:b}", "videoroom", "success", "exists", 1);
}

static const char *get_package(void)
{
	return "janus.plugin.videoroom";
}

static janus_plugin room = {
	.get_package = get_package,
	.create_session = create_session,
	.handle_message = handle_message,
	.handle_admin_message = handle_admin_message,
	.setup_media = setup_media,
	.incoming_rtp = incoming_rtp,
	.incoming_rtcp = incoming_rtcp,
	.hangup_media = hangup_media,
	.destroy_session = destroy_session,
	.query_session = query_session,
};

__attribute__((visibility("default"))) janus_plugin *janus_plugin_find(const gchar *package);
janus_plugin *janus_plugin_find(const gchar *package)
{
	return strcmp(package, get_package()) ? NULL : &room;
}

/* ---- people ------------------------------------------------------------------------------------------------------------------ */

/* The core reads the table as it is; so does this, but says so: it changes while others call. */
#define IN_TABLE(member)                                                                                               \
	((__typeof__(room.member))__atomic_load_n((void *const *)(const void *)&room.member, __ATOMIC_ACQUIRE))

static gint to_come; /* atomic */

static void free_handle(const janus_refcount *ref)
{
	g_free(janus_refcount_containerof(ref, janus_plugin_session, ref));
}

static void send_report(janus_plugin_session *handle, uint32_t ssrc, unsigned rtp_ts)
{
	uint8_t bytes[28] = {0x80, 200, 0, 6};
	uint32_t words[4] = {g_htonl(ssrc), g_htonl((uint32_t)(g_get_real_time() / G_USEC_PER_SEC + 2208988800)), 0,
			     g_htonl(rtp_ts)};
	memcpy(bytes + 4, words, sizeof(words));
	janus_plugin_rtcp packet = {.mindex = 0, .buffer = (char *)bytes, .length = sizeof(bytes)};
	IN_TABLE(incoming_rtcp)(handle, &packet);
}

static void publish(janus_plugin_session *handle, uint32_t ssrc)
{
	((struct person *)handle->plugin_handle)->codec = g_strdup("opus");
	IN_TABLE(setup_media)(handle);
	for (unsigned i = 0; i < PACKETS; i++) {
		uint8_t bytes[12 + 40] = {0x80, 111, 0, (uint8_t)i};
		uint32_t words[2] = {g_htonl(i * 960), g_htonl(ssrc)};
		memcpy(bytes + 4, words, sizeof(words));
		bytes[12] = 0xfc; /* RFC 6716 section 3.1: CELT, 20 ms, stereo */
		janus_plugin_rtp packet = {.mindex = 0, .buffer = (char *)bytes, .length = sizeof(bytes)};
		IN_TABLE(incoming_rtp)(handle, &packet);
		if (i % 10 == 0)
			send_report(handle, ssrc, i * 960);
		g_usleep(1000 + g_random_int_range(0, 2000));
	}
}

/* Somebody comes, publishes once or twice, says something meanwhile, and goes. */
static void visit(void)
{
	janus_plugin_session *handle = g_new0(janus_plugin_session, 1);
	int error = 0;
	IN_TABLE(create_session)(handle, &error);
	janus_refcount_init(&handle->ref, free_handle);
	unsigned id = ((struct person *)handle->plugin_handle)->id, times = 1 + id % 2;
	for (unsigned i = 0; i < times; i++) {
		json_t *moderation = json_pack("{s:s, s:i, s:i, s:s, s:b}", "request", "moderate", "room", 1, "id",
					       (int)id, "mid", "0", "mute", (int)(id % 3 == 0));
		janus_plugin_result *result = IN_TABLE(handle_message)(handle, g_strdup("t"), moderation, NULL);
		json_decref(result->content);
		g_free(result);
		publish(handle, id << 1 | i);
		if (id % 5)
			IN_TABLE(hangup_media)(handle);
		else
			times = 0; /* the core ends both at once for who vanishes */
	}
	IN_TABLE(destroy_session)(handle, &error);
	janus_refcount_decrease(&handle->ref);
}

static void *come_and_go(void *nothing)
{
	while (g_atomic_int_add(&to_come, -1) > 0)
		visit();
	return nothing;
}

static void crowd(int count)
{
	GThread *threads[THREADS];
	g_atomic_int_set(&to_come, count);
	for (unsigned i = 0; i < THREADS; i++)
		threads[i] = g_thread_new("people", come_and_go, NULL);
	for (unsigned i = 0; i < THREADS; i++)
		g_thread_join(threads[i]);
}

static long resident_kib(void)
{
	char *text = NULL;
	long pages = 0;
	if (g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
		(void)sscanf(text, "%*d %ld", &pages);
	g_free(text);
	return pages * 4;
}

/* ---- the run ------------------------------------------------------------------------------------------------------------------ */

static bool ask(janus_plugin *plugin, const char *request)
{
	json_t *message = json_loads(request, 0, NULL), *answer = plugin->handle_admin_message(message);
	bool good = answer && !json_object_get(answer, "error");
	char *text = json_dumps(answer, JSON_COMPACT | JSON_ENCODE_ANY);
	printf("%s: %.300s\n", request, text);
	free(text);
	json_decref(answer);
	json_decref(message);
	return good;
}

static void *ask_on(void *plugin)
{
	while (g_atomic_int_get(&to_come) > 0) {
		(void)ask(plugin, "{\"request\":\"status\",\"tap\":\"tap\"}");
		g_usleep(100000);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	void *library = argc == 4 ? dlopen(argv[1], RTLD_LAZY) : NULL;
	create_p *make = library ? (create_p *)(uintptr_t)dlsym(library, "create") : NULL;
	if (!make) {
		(void)fprintf(stderr, "crowd PLUGIN FOLDER COUNT: %s\n", argc == 4 ? dlerror() : "these are needed");
		return 2;
	}
	folder = argv[2];
	int half = atoi(argv[3]) / 2;
	janus_plugin *plugin = make();
	char *settings = g_strdup_printf("%s/janus.plugin.tsrecorder.jcfg", folder); /* what it says is above */
	if (!g_file_set_contents(settings, "", 0, NULL) || plugin->init(&core, folder) != 0)
		return 2;
	g_free(settings);
	while (g_main_context_iteration(NULL, FALSE))
		;
	if (!ask(plugin, "{\"request\":\"record_room\",\"room\":1,\"id\":\"tap\"}"))
		return 1;
	crowd(half);
	long before = resident_kib();
	g_atomic_int_set(&to_come, 1);
	GThread *asking = g_thread_new("asking", ask_on, plugin);
	crowd(half);
	g_thread_join(asking);
	g_usleep(3000000); /* those who went last end, too */
	printf("grown by %ld KiB with %d more\n", resident_kib() - before, half);
	/* Some are in the room when the core ends. */
	g_atomic_int_set(&to_come, THREADS);
	GThread *last = g_thread_new("people", come_and_go, NULL);
	g_usleep(60000);
	plugin->destroy();
	g_thread_join(last);
	return 0;
}
