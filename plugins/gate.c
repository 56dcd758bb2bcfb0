/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gate.h"

void gate_open(struct gate *gate)
{
	g_atomic_int_set(&gate->open, 1);
}

bool gate_enter(struct gate *gate)
{
	g_atomic_int_inc(&gate->inside);
	if (g_atomic_int_get(&gate->open))
		return true;
	gate_leave(gate);
	return false;
}

void gate_leave(struct gate *gate)
{
	g_atomic_int_add(&gate->inside, -1);
}

/* Janus is ending: there is little to wait for, and a callback pays nothing for being waited for. */
bool gate_close(struct gate *gate)
{
	if (!g_atomic_int_compare_and_exchange(&gate->open, 1, 0))
		return false;
	while (g_atomic_int_get(&gate->inside) > 0)
		g_usleep(1000);
	return true;
}
