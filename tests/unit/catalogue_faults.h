/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can happen to SQLite, as SQLite's own tests do it: the Nth call of the file system or of malloc fails, or the process is killed
 * in it. A shim around the system's VFS and allocator, for named files alone: temporary ones are no concern of anybody else. */
#ifndef TESTS_UNIT_CATALOGUE_FAULTS_H
#define TESTS_UNIT_CATALOGUE_FAULTS_H

#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum fault {
	FAULT_NONE,
	FAULT_ONCE,   /* the Nth call fails with SQLITE_IOERR */
	FAULT_ALWAYS, /* and all after it */
	FAULT_FULL,   /* from the Nth call on no write has room */
	FAULT_KILL,   /* the process dies in it: a write is torn */
	FAULT_LOCKS,  /* the file system has no locks */
};

static struct {
	enum fault kind;
	unsigned long at, calls;
	sqlite3_vfs vfs, *real;
	sqlite3_mem_methods malloc;
	enum fault malloc_kind;
	unsigned long malloc_at, mallocs;
} faults;

struct faulty_file {
	sqlite3_file base;
	bool named;
	sqlite3_file real[]; /* as large as the VFS says */
};

#define REAL(file) (((struct faulty_file *)(file))->real)

static inline void faults_set(enum fault kind, unsigned long at)
{
	faults.kind = kind;
	faults.at = at;
	faults.calls = 0;
}

/* Whether this call fails; it does not come back from one in which the process dies. */
static inline bool strikes(sqlite3_file *file)
{
	if (faults.kind == FAULT_NONE || (file && !((struct faulty_file *)file)->named))
		return false;
	unsigned long call = ++faults.calls;
	switch (faults.kind) {
	case FAULT_ONCE: return call == faults.at;
	case FAULT_ALWAYS: return call >= faults.at;
	case FAULT_KILL:
		if (call == faults.at)
			kill(getpid(), SIGKILL);
		return false;
	default: return false;
	}
}

static int faulty_close(sqlite3_file *f)
{
	return REAL(f)->pMethods ? REAL(f)->pMethods->xClose(REAL(f)) : SQLITE_OK;
}

static int faulty_read(sqlite3_file *f, void *data, int size, sqlite3_int64 at)
{
	return strikes(f) ? SQLITE_IOERR_READ : REAL(f)->pMethods->xRead(REAL(f), data, size, at);
}

static int faulty_write(sqlite3_file *f, const void *data, int size, sqlite3_int64 at)
{
	bool named = ((struct faulty_file *)f)->named;
	if (named && faults.kind == FAULT_FULL && ++faults.calls >= faults.at)
		return SQLITE_FULL;
	if (named && faults.kind == FAULT_KILL && faults.calls + 1 == faults.at)
		REAL(f)->pMethods->xWrite(REAL(f), data, size / 2, at);
	return strikes(f) ? SQLITE_IOERR_WRITE : REAL(f)->pMethods->xWrite(REAL(f), data, size, at);
}

static int faulty_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return strikes(f) ? SQLITE_IOERR_TRUNCATE : REAL(f)->pMethods->xTruncate(REAL(f), size);
}

static int faulty_sync(sqlite3_file *f, int flags)
{
	return strikes(f) ? SQLITE_IOERR_FSYNC : REAL(f)->pMethods->xSync(REAL(f), flags);
}

static int faulty_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return strikes(f) ? SQLITE_IOERR_FSTAT : REAL(f)->pMethods->xFileSize(REAL(f), size);
}

static int faulty_lock(sqlite3_file *f, int kind)
{
	if (faults.kind == FAULT_LOCKS && ((struct faulty_file *)f)->named)
		return SQLITE_IOERR_LOCK;
	return strikes(f) ? SQLITE_IOERR_LOCK : REAL(f)->pMethods->xLock(REAL(f), kind);
}

static int faulty_unlock(sqlite3_file *f, int kind)
{
	return REAL(f)->pMethods->xUnlock(REAL(f), kind);
}

static int faulty_reserved(sqlite3_file *f, int *result)
{
	return REAL(f)->pMethods->xCheckReservedLock(REAL(f), result);
}

static int faulty_control(sqlite3_file *f, int op, void *arg)
{
	return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}

static int faulty_sector(sqlite3_file *f)
{
	return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int faulty_device(sqlite3_file *f)
{
	return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int faulty_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **at)
{
	return strikes(f) ? SQLITE_IOERR_SHMMAP : REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, at);
}

static int faulty_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	/* To let go of a lock does not fail. */
	if (!(flags & SQLITE_SHM_UNLOCK) && strikes(f))
		return SQLITE_IOERR_SHMLOCK;
	return REAL(f)->pMethods->xShmLock(REAL(f), offset, n, flags);
}

static void faulty_shm_barrier(sqlite3_file *f)
{
	REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int faulty_shm_unmap(sqlite3_file *f, int del)
{
	return REAL(f)->pMethods->xShmUnmap(REAL(f), del);
}

static const sqlite3_io_methods faulty_methods = {
	.iVersion = 2,
	.xClose = faulty_close,
	.xRead = faulty_read,
	.xWrite = faulty_write,
	.xTruncate = faulty_truncate,
	.xSync = faulty_sync,
	.xFileSize = faulty_size,
	.xLock = faulty_lock,
	.xUnlock = faulty_unlock,
	.xCheckReservedLock = faulty_reserved,
	.xFileControl = faulty_control,
	.xSectorSize = faulty_sector,
	.xDeviceCharacteristics = faulty_device,
	.xShmMap = faulty_shm_map,
	.xShmLock = faulty_shm_lock,
	.xShmBarrier = faulty_shm_barrier,
	.xShmUnmap = faulty_shm_unmap,
};

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	(void)vfs;
	struct faulty_file *file = (struct faulty_file *)f;
	file->base.pMethods = NULL;
	file->named = name != NULL;
	if (file->named && strikes(f))
		return SQLITE_CANTOPEN;
	int rc = faults.real->xOpen(faults.real, name, file->real, flags, out);
	if (rc == SQLITE_OK)
		file->base.pMethods = &faulty_methods;
	return rc;
}

static int faulty_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	return strikes(NULL) ? SQLITE_IOERR_DELETE : faults.real->xDelete(faults.real, name, sync);
}

static inline void faults_install(void)
{
	faults.real = sqlite3_vfs_find(NULL);
	faults.vfs = *faults.real;
	faults.vfs.zName = "faulty";
	faults.vfs.szOsFile = (int)sizeof(struct faulty_file) + faults.real->szOsFile;
	faults.vfs.xOpen = faulty_open;
	faults.vfs.xDelete = faulty_delete;
	sqlite3_vfs_register(&faults.vfs, 1);
}

/* ---- memory ---- */

static inline bool malloc_strikes(void)
{
	if (faults.malloc_kind == FAULT_NONE)
		return false;
	unsigned long call = ++faults.mallocs;
	return faults.malloc_kind == FAULT_ONCE ? call == faults.malloc_at : call >= faults.malloc_at;
}

static void *faulty_malloc(int size)
{
	return malloc_strikes() ? NULL : faults.malloc.xMalloc(size);
}

static void *faulty_realloc(void *at, int size)
{
	return malloc_strikes() ? NULL : faults.malloc.xRealloc(at, size);
}

static inline void faults_set_malloc(enum fault kind, unsigned long at)
{
	faults.malloc_kind = kind;
	faults.malloc_at = at;
	faults.mallocs = 0;
}

/* Before SQLite is used at all. */
static inline void faults_install_malloc(void)
{
	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &faults.malloc);
	sqlite3_mem_methods methods = faults.malloc;
	methods.xMalloc = faulty_malloc;
	methods.xRealloc = faulty_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
	sqlite3_initialize();
}

#endif
