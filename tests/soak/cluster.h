#ifndef SOAK_CLUSTER_H
#define SOAK_CLUSTER_H

#include "core/core.h"
#include "signin.h"

/*
 * The daemons of one identity provider, each with its own configuration and port, over one database: a SQLite file or
 * PostgreSQL, whichever the configurations name. Whoever wants another kind of cluster writes other configurations.
 */
enum { CLUSTER_NODES_MAX = 8 };

struct cluster {
	const char *folder; /* node0.yaml, node1.yaml, …; the daemons' logs beside them */
	const char *program;
	struct daemon_under_test nodes[CLUSTER_NODES_MAX];
	struct site sites[CLUSTER_NODES_MAX]; /* the provider as a visitor of that node sees it */
	size_t count;
	struct people people;
	/* What an operator's command would do beside the daemons, and how a test arranges its people. */
	struct core core;
	struct arena *arena;
};

/* `first_port` is node 0's; each node takes two. The daemons end with this program, whatever happens to it. */
void cluster_open(struct cluster *cluster, const char *program, const char *folder, uint16_t first_port, size_t count);
void cluster_close(struct cluster *cluster);

/* Test builds: moves the clock of daemons and harness by the file that SYMBOLON_TEST_CLOCK names. */
void cluster_clock_add(int64_t seconds);

#endif
