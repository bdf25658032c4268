#ifndef SOAK_PARTS_H
#define SOAK_PARTS_H

#include "cluster.h"

/* How much a run does; each part says what it makes of it. */
struct size {
	size_t count; /* trials, submissions, sign-ins */
};

/* The parts of symbolon-soak: each tallies its tests. */
void races_part(struct cluster *cluster, const struct size *size);
void odds_part(struct cluster *cluster, const struct size *size);
void rerolls_part(struct cluster *cluster, const struct size *size); /* of odds, alone */
void stranger_part(struct cluster *cluster, const struct size *size);
void bombing_part(struct cluster *cluster, const struct size *size);

#endif
