#ifndef SOAK_TABS_H
#define SOAK_TABS_H

#include "browser.h"
#include "cluster.h"

/* `count` pieces of work done by `tabs` browsers at a time, a thread each, spread over the nodes. */
struct tabs_work {
	struct cluster *cluster;
	const struct site *sites; /* where the tabs are, in turn; NULL: the cluster's nodes */
	size_t site_count;
	size_t tabs, count;
	void (*work)(struct tab *tab, size_t index, void *ctx);
	void *ctx;
};
void tabs_run(const struct tabs_work *work);

#endif
