#ifndef SOAK_STATISTICS_H
#define SOAK_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Each single test misses by chance once in 10,000; with the second run on four times the sample once in 100,000,000,
 * so that a hundred tests together raise a false alarm once in a million runs.
 */

/* A share of `count` trials that should be `expected`: Wilson's interval around what was seen, 9,999 in 10,000. */
struct share {
	double seen, low, high;
	bool fits;
};
struct share share_check(size_t hits, size_t count, double expected);

/* Pearson's chi-squared against equal counts, and whether larger values come by chance less than once in 10,000. */
struct uniformity {
	double chi_squared;
	size_t degrees;
	double most; /* the value above which it is not uniform */
	bool fits;
};
struct uniformity uniformity_check(const size_t *counts, size_t cells);

/* Welch's t of two samples, fed one value at a time. */
struct moments {
	size_t count;
	double mean, squares;
};
void moments_add(struct moments *moments, double value);
double welch_t(const struct moments *a, const struct moments *b);

#endif
