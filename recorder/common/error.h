/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one error vocabulary of the engine. Public: recorder.h re-exports it. */
#ifndef TSR_COMMON_ERROR_H
#define TSR_COMMON_ERROR_H

/* Every function that can fail returns one of these; TSR_OK is 0, all others are negative.
 * tsr_strerror() turns one into a sentence fragment without a trailing period. */
typedef enum tsr_error {
	TSR_OK = 0,
	TSR_E_NOMEM = -1,       /* an allocation failed */
	TSR_E_INVAL = -2,       /* a caller's argument is outside what is documented */
	TSR_E_MALFORMED = -3,   /* bytes from the wire or from a file break their format */
	TSR_E_LIMIT = -4,       /* a cap of limits.h would have been passed */
	TSR_E_UNSUPPORTED = -5, /* a codec, mode or format that this build cannot handle */
	TSR_E_EXISTS = -6,      /* the recording's file is there already, running or finished */
	TSR_E_NOSPACE = -7,     /* ENOSPC or EDQUOT */
	TSR_E_READONLY = -8,    /* EROFS */
	TSR_E_ACCESS = -9,      /* EACCES, EPERM, or a path that leaves the recordings folder */
	TSR_E_IO = -10,         /* any other failing system call */
	TSR_E_NOTFOUND = -11,   /* a folder or file that is not there */
	TSR_E_BUSY = -12,       /* held by another live process, or in the wrong state */
	TSR_E_EOF = -13,        /* no more input */
	TSR_E_CODEC = -14,      /* libavcodec refused the data or could not be opened */
} tsr_error;

/* The result of a call that must not be ignored. */
#define TSR_MUST_USE __attribute__((warn_unused_result))

/* A constant string; never NULL. Any thread. */
const char *tsr_strerror(tsr_error err);

/* The tsr_error that stands for an errno value; TSR_E_IO for those without one of their own. */
tsr_error tsr_error_from_errno(int err);

#endif
