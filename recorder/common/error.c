/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "error.h"

#include <errno.h>

const char *tsr_strerror(tsr_error err)
{
	switch (err) {
	case TSR_OK: return "no error";
	case TSR_E_NOMEM: return "out of memory";
	case TSR_E_INVAL: return "invalid argument";
	case TSR_E_MALFORMED: return "malformed data";
	case TSR_E_LIMIT: return "a limit was reached";
	case TSR_E_UNSUPPORTED: return "not supported";
	case TSR_E_EXISTS: return "already exists";
	case TSR_E_NOSPACE: return "no space left";
	case TSR_E_READONLY: return "read-only file system";
	case TSR_E_ACCESS: return "permission denied";
	case TSR_E_IO: return "input/output error";
	case TSR_E_NOTFOUND: return "not found";
	case TSR_E_BUSY: return "busy";
	case TSR_E_EOF: return "end of input";
	case TSR_E_CODEC: return "codec failure";
	}
	return "unknown error";
}

tsr_error tsr_error_from_errno(int err)
{
	switch (err) {
	case 0: return TSR_OK;
	case ENOMEM: return TSR_E_NOMEM;
	case EINVAL: return TSR_E_INVAL;
	case EEXIST: return TSR_E_EXISTS;
	case ENOSPC:
	case EDQUOT: return TSR_E_NOSPACE;
	case EROFS: return TSR_E_READONLY;
	case EACCES:
	case EPERM:
	case ELOOP:
	case EXDEV: return TSR_E_ACCESS;
	case ENOENT:
	case ENOTDIR: return TSR_E_NOTFOUND;
	case EBUSY:
	case EWOULDBLOCK: return TSR_E_BUSY;
	default: return TSR_E_IO;
	}
}
