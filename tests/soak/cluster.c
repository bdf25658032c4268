#include "cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define ARENA_MAX (256 * 1024 * 1024)
#define PATH_SIZE 512

static char *node_path(const struct cluster *cluster, size_t index, const char *kind)
{
	char *path = malloc(PATH_SIZE);

	if (!path || snprintf(path, PATH_SIZE, "%s/node%zu.%s", cluster->folder, index, kind) >= PATH_SIZE)
		fail("the folder's name is too long");
	return path;
}

static void node_describe(struct cluster *cluster, size_t index, uint16_t port, const char *host)
{
	struct daemon_under_test *node = &cluster->nodes[index];

	*node = (struct daemon_under_test){
		.program = cluster->program,
		.config = node_path(cluster, index, "yaml"),
		.log = node_path(cluster, index, "log"),
		.place = {.port = (uint16_t)(port + 2 * index), .host = host},
		.metrics = {.port = (uint16_t)(port + 2 * index + 1), .host = host},
	};
	cluster->sites[index] = (struct site){&node->place, cluster->core.settings->issuer, &cluster->people};
}

void cluster_open(struct cluster *cluster, const char *program, const char *folder, uint16_t first_port, size_t count)
{
	char *config;

	if (count == 0 || count > CLUSTER_NODES_MAX)
		fail("a cluster has 1 to %d nodes", CLUSTER_NODES_MAX);
	*cluster = (struct cluster){.program = program, .folder = folder, .count = count};
	cluster->arena = arena_new(ARENA_MAX);
	config = node_path(cluster, 0, "yaml");
	people_make(config, &cluster->people);
	core_open_config(&cluster->core, cluster->arena, config);
	free(config);
	for (size_t i = 0; i < count; i++)
		node_describe(cluster, i, first_port, cluster->core.settings->issuer_host);
	for (size_t i = 0; i < count; i++)
		daemon_start(&cluster->nodes[i]);
}

void cluster_close(struct cluster *cluster)
{
	for (size_t i = 0; i < cluster->count; i++) {
		daemon_stop(&cluster->nodes[i]);
		free((char *)cluster->nodes[i].config);
		free((char *)cluster->nodes[i].log);
	}
	core_close_config(&cluster->core);
	free(cluster->people.phones);
	free(cluster->people.codes);
	arena_free(cluster->arena);
}

void cluster_clock_add(int64_t seconds)
{
	const char *path = getenv("SYMBOLON_TEST_CLOCK");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	int64_t shift = 0;

	if (fd < 0 || pread(fd, &shift, sizeof(shift), 0) != sizeof(shift))
		fail("SYMBOLON_TEST_CLOCK: %s", strerror(errno));
	shift += seconds;
	if (pwrite(fd, &shift, sizeof(shift), 0) != sizeof(shift))
		fail("SYMBOLON_TEST_CLOCK: %s", strerror(errno));
	close(fd);
}
