#ifndef BASE_STATUS_H
#define BASE_STATUS_H

/*
 * Did our machinery work? Nothing else: a protocol's polite refusal is a struct oauth_error,
 * and a decision about a person is an enum verdict.
 */
enum status {
	OK = 0,
	E_NOMEM,     /* memory, or a limit of an arena */
	E_INVALID,   /* input that cannot be understood or is out of range */
	E_NOT_FOUND, /* no such thing, or not for this asker */
	E_CONFLICT,  /* already so, or not from this state */
	E_EXPIRED,   /* too late */
	E_BUSY,      /* a bounded queue is full, or a limit of attempts is reached: later */
	E_REFUSED,   /* understood and not allowed */
	E_STORE,     /* the database failed: nothing was promised */
	E_IO,        /* file, socket or another process failed */
};

#define must_check __attribute__((warn_unused_result))

/* The only control-flow macro: leave with the status unless it is OK. */
#define TRY(expr)                                                                                                      \
	do {                                                                                                           \
		enum status try_status_ = (expr);                                                                      \
		if (try_status_ != OK)                                                                                 \
			return try_status_;                                                                            \
	} while (0)

/* Say why a failure does not matter here. */
static inline void status_ignore(enum status status, const char *why)
{
	(void)status;
	(void)why;
}

/* "E_CONFLICT" and so on, for logs. */
const char *status_name(enum status status);

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
