#include <stdlib.h>
#include <string.h>

#include "store/postgres.h"

/* Whether these settings are ours to complete: a service file and the environment are the operator's word, too. */
static bool is_said(const PQconninfoOption *options)
{
	const char *said = getenv("PGSSLMODE"), *service = getenv("PGSERVICE");

	if ((said && *said) || (service && *service))
		return true;
	for (; options->keyword; options++)
		if (options->val &&
		    (strcmp(options->keyword, "sslmode") == 0 || strcmp(options->keyword, "service") == 0))
			return true;
	return false;
}

static const char *value_of(const PQconninfoOption *options, const char *keyword, const char *variable)
{
	for (; options->keyword; options++)
		if (strcmp(options->keyword, keyword) == 0 && options->val && *options->val)
			return options->val;
	return getenv(variable);
}

/* A socket's folder, or the abstract one; a name that this machine has for itself; its own addresses. */
static bool is_here(const char *host, size_t size)
{
	static const char *const names[] = {"localhost", "::1"};

	if (size == 0 || *host == '/' || *host == '@')
		return true;
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (strlen(names[i]) == size && strncmp(host, names[i], size) == 0)
			return true;
	return size > 4 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= size;
}

/* "host,host": libpq tries them in turn. */
static bool all_are_here(const char *hosts)
{
	while (hosts) {
		const size_t size = strcspn(hosts, ",");

		if (!is_here(hosts, size))
			return false;
		hosts = hosts[size] ? hosts + size + 1 : NULL;
	}
	return true;
}

const char *postgres_tls_default(const PQconninfoOption *options)
{
	const char *address = value_of(options, "hostaddr", "PGHOSTADDR");

	if (is_said(options))
		return NULL;
	return all_are_here(address ? address : value_of(options, "host", "PGHOST")) ? NULL : "require";
}
