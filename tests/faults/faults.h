#ifndef TESTS_FAULTS_FAULTS_H
#define TESTS_FAULTS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One fault: the n-th operation of a kind fails, or that one and all after it. Operations count, and fail, only while
 * the faults are armed: the test arms them around each call of the product and disarms them for its own work.
 *
 *   faults_set --> (faults_arm --> operations --> faults_disarm)* --> faults_hits
 */
enum operation {
	OP_WRITE = 1, /* xWrite, xTruncate */
	OP_SYNC = 2,
	OP_OPEN = 4,
	OP_READ = 8,
	OP_SHM = 16,
	OP_MEMORY = 32,  /* malloc, calloc, realloc, strdup … of this program and of every library but OpenSSL's */
	OP_OPENSSL = 64, /* those of libcrypto and libssl */
};

enum fault_kind {
	FAULT_NONE,
	FAULT_WRITE,  /* SQLITE_IOERR_WRITE, nothing is written */
	FAULT_SHORT,  /* half is written, then SQLITE_IOERR_WRITE */
	FAULT_FULL,   /* half is written, then SQLITE_FULL */
	FAULT_SYNC,   /* SQLITE_IOERR_FSYNC; what was written may or may not be on the disk */
	FAULT_OPEN,   /* SQLITE_CANTOPEN */
	FAULT_READ,   /* SQLITE_IOERR_READ */
	FAULT_SHM,    /* the shared memory of the write-ahead log cannot be had */
	FAULT_POWER,  /* at this write or sync the machine stops: of what was not synced, any part is lost */
	FAULT_MEMORY, /* out of memory */
	FAULT_OPENSSL,
	FAULT_KINDS,
};

struct fault {
	enum fault_kind kind;
	bool lasting;
	unsigned n; /* from 1 */
};

const char *fault_name(enum fault_kind kind);
unsigned fault_operations(enum fault_kind kind); /* the operations that it counts */

extern bool faults_traced; /* print the stack where one strikes */

/* Forgets counts and hits, disarmed. */
void faults_set(struct fault fault);
void faults_arm(void);
void faults_disarm(void);
unsigned faults_hits(void);
/* How many operations of these kinds were done while armed, since faults_set. */
unsigned faults_count(unsigned operations);
/* For those who do the operation: it has been counted; does it fail? */
bool fault_strikes(enum operation operation);
enum fault_kind fault_kind_now(void);
/* After FAULT_POWER has struck: nothing reaches the disk any more, armed or not. */
bool fault_power_is_off(void);

/* A shim over SQLite's default VFS, made the default. Call before the first database is opened. */
void disk_shim(void);
/*
 * From now on the writes to this database and its log are remembered until they are synced; disk_forget ends it.
 * disk_image writes what a machine that loses its power now finds afterwards: everything synced, and of the other
 * writes those that the draw takes, the last of them perhaps torn.
 */
void disk_remember(const char *path);
void disk_image(const char *to, uint64_t draw);
void disk_forget(void);

void file_copy(const char *from, const char *to); /* an absent file: the copy is removed */

#endif
