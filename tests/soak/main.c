#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "parts.h"
#include "tally.h"

/* symbolon-soak: the long tests that need speed. Run by tests/soak/lib/cluster.sh, which writes the configurations. */
struct part {
	const char *name;
	void (*run)(struct cluster *cluster, const struct size *size);
};
static const struct part parts[] = {
	{"races", races_part},       {"odds", odds_part},       {"rerolls", rerolls_part},
	{"stranger", stranger_part}, {"bombing", bombing_part},
};

struct arguments {
	const char *program, *folder;
	const struct part *part;
	size_t nodes;
	uint16_t port;
	struct size size;
};

static const struct part *part_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(parts); i++)
		if (strcmp(parts[i].name, name) == 0)
			return &parts[i];
	fail("there is no part \"%s\"", name);
}

static size_t number(const char *text, size_t most)
{
	char *end;
	const unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value == 0 || value > most)
		fail("\"%s\" is not a number from 1 to %zu", text, most);
	return value;
}

static void argument_take(struct arguments *arguments, int option, const char *value)
{
	switch (option) {
	case 'p': arguments->program = value; break;
	case 'f': arguments->folder = value; break;
	case 'o': arguments->port = (uint16_t)number(value, 65535); break;
	case 'n': arguments->nodes = number(value, CLUSTER_NODES_MAX); break;
	case 'a': arguments->part = part_find(value); break;
	case 'c': arguments->size.count = number(value, 100000000); break;
	default: exit(2);
	}
}

static struct arguments arguments_read(int argc, char **argv)
{
	static const struct option options[] = {
		{"program", required_argument, NULL, 'p'},
		{"folder", required_argument, NULL, 'f'},
		{"port", required_argument, NULL, 'o'},
		{"nodes", required_argument, NULL, 'n'},
		{"part", required_argument, NULL, 'a'},
		{"count", required_argument, NULL, 'c'},
		{0},
	};
	struct arguments arguments = {0};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		argument_take(&arguments, option, optarg);
	if (!arguments.program || !arguments.folder || !arguments.port || !arguments.nodes || !arguments.part ||
	    !arguments.size.count)
		fail("is run by tests/soak (./run soak), which gives it what it needs");
	return arguments;
}

static void descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	static struct cluster cluster;
	const struct arguments arguments = arguments_read(argc, argv);

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	descriptors_raise();
	cluster_open(&cluster, arguments.program, arguments.folder, arguments.port, arguments.nodes);
	arguments.part->run(&cluster, &arguments.size);
	cluster_close(&cluster);
	return tally_close();
}
