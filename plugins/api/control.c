/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Requests that act on a recording that runs: pause, resume, split, stop; and its status. */
#include "handlers.h"
#include "target.h"

/* The take that a request is about, with a reference; or NULL with the error noted. */
static struct take *find_running(struct request *r)
{
	struct target target;
	if (!target_find(r, TARGET_CONTROL, &target))
		return NULL;
	struct take *take = target.take ? take_ref(target.take) : NULL;
	target_clear(&target);
	if (!take || take_ended(take)) {
		take_unref(take);
		request_fail(r, API_WRONG_STATE, "it has ended");
		return NULL;
	}
	return take;
}

static json_t *answer(struct take *take, const char *what)
{
	return json_pack("{s:s, s:s}", "tsrecorder", what, "id", take_facts(take)->id);
}

static json_t *act(struct request *r, bool (*action)(struct take *), const char *what, const char *why_not)
{
	struct take *take = find_running(r);
	if (!take)
		return NULL;
	json_t *done = action(take) ? answer(take, what) : request_fail(r, API_WRONG_STATE, "%s", why_not);
	take_unref(take);
	return done;
}

json_t *control_pause(struct request *r)
{
	return act(r, take_pause, "pausing", "it is paused already, or ends");
}

json_t *control_resume(struct request *r)
{
	return act(r, take_resume, "resuming", "it is not paused");
}

json_t *control_split(struct request *r)
{
	return act(r, take_split, "splitting", "it has not begun, is paused, or ends");
}

json_t *control_stop(struct request *r)
{
	struct take *take = find_running(r);
	if (!take)
		return NULL;
	json_t *done = take_stop(take, "stop") ? answer(take, "stopping")
					       : request_fail(r, API_WRONG_STATE, "it is being stopped already");
	take_unref(take);
	return done;
}

json_t *control_status(struct request *r)
{
	if (json_object_get(r->body, "tap"))
		return room_status(r);
	struct take *own = r->session ? session_take(r->session) : NULL;
	bool idle = r->session && !own && json_object_size(r->body) == 1;
	take_unref(own);
	if (idle)
		return json_pack("{s:s, s:s}", "tsrecorder", "status", "state", "idle");
	struct target target;
	if (!target_find(r, TARGET_SEE, &target))
		return NULL;
	json_t *status = target.take ? take_status(target.take) : library_item_json(r->parts->library, target.item);
	json_object_set_new(status, "tsrecorder", json_string("status"));
	target_clear(&target);
	return status;
}
