/* Which databases are reached by TLS when nobody has said anything. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "store/postgres.h"

static void url_needs(const char *url, const char *expected)
{
	PQconninfoOption *options = PQconninfoParse(url, NULL);
	const char *mode;

	if (!options)
		fail_msg("%s: libpq does not understand it", url);
	mode = postgres_tls_default(options);
	if (expected ? !mode || strcmp(mode, expected) != 0 : mode != NULL)
		fail_msg("%s: %s", url, mode ? mode : "nothing");
	PQconninfoFree(options);
}

/* Mutations: the first host alone looked at; a host that begins with 127 as a name. */
static void hosts_elsewhere_need_tls_unless_the_operator_says_otherwise(void **state)
{
	url_needs("postgresql://symbolon@db.example.org/symbolon", "require");
	url_needs("postgresql://192.0.2.1/symbolon", "require");
	url_needs("postgresql://[2001:db8::1]/symbolon", "require");
	url_needs("postgresql:///symbolon?host=db.example.org", "require");
	url_needs("postgresql://localhost,db.example.org/symbolon", "require");
	url_needs("postgresql://127.example.org/symbolon", "require");
	url_needs("postgresql://localhost.example.org/symbolon", "require");
	url_needs("postgresql://localhost/symbolon?hostaddr=192.0.2.1", "require");
	url_needs("postgresql://db.example.org/symbolon?sslmode=disable", NULL);
	url_needs("postgresql://db.example.org/symbolon?sslmode=verify-full", NULL);
	url_needs("postgresql://db.example.org/symbolon?service=other", NULL);
}

static void sockets_and_this_machine_need_none(void **state)
{
	url_needs("postgresql:///symbolon", NULL);
	url_needs("postgresql:///symbolon?host=/run/postgresql", NULL);
	url_needs("postgresql://%2Frun%2Fpostgresql/symbolon", NULL);
	url_needs("postgresql://localhost/symbolon", NULL);
	url_needs("postgresql://127.0.0.1:5432/symbolon", NULL);
	url_needs("postgresql://[::1]/symbolon", NULL);
}

static void the_environment_counts(void **state)
{
	setenv("PGHOST", "db.example.org", 1);
	url_needs("postgresql:///symbolon", "require");
	url_needs("postgresql://localhost/symbolon", NULL);
	setenv("PGSSLMODE", "verify-ca", 1);
	url_needs("postgresql:///symbolon", NULL);
	unsetenv("PGSSLMODE");
	unsetenv("PGHOST");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_elsewhere_need_tls_unless_the_operator_says_otherwise),
		cmocka_unit_test(sockets_and_this_machine_need_none),
		cmocka_unit_test(the_environment_counts),
	};

	unsetenv("PGHOST");
	unsetenv("PGHOSTADDR");
	unsetenv("PGSSLMODE");
	unsetenv("PGSERVICE");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
