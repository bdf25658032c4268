#ifndef STORE_POSTGRES_H
#define STORE_POSTGRES_H

#include <libpq-fe.h>

#include "base/status.h"

/* A connection of libpq as every use of ours wants it; E_STORE with one sentence, which never has the password. */
enum status must_check postgres_connect(const char *url, const char *name, PGconn **ret_link, char problem[256]);

#endif
