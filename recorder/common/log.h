/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log lines of the engine. They go to one function that the host sets (Janus's log in the plugin, stderr in the tool). */
#ifndef TSR_COMMON_LOG_H
#define TSR_COMMON_LOG_H

typedef enum tsr_log_level {
	TSR_LOG_ERROR,
	TSR_LOG_WARNING,
	TSR_LOG_INFO,
	TSR_LOG_VERBOSE,
	TSR_LOG_DEBUG
} tsr_log_level;

/* Takes one line without a newline; `line` is borrowed. Called from any thread, several at once. */
typedef void (*tsr_log_fn)(tsr_log_level level, const char *line);

/* NULL silences the engine (the default). Lines above `max` are not even formatted. Any thread. */
void tsr_log_set(tsr_log_fn fn, tsr_log_level max);

/* Writes "[id] message", or "message" when id is NULL. Control characters in the result are replaced by '?', so that a name
 * chosen by a peer cannot forge a line. Never called per packet. */
void log_line(tsr_log_level level, const char *id, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
