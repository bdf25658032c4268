#include "statistics.h"

#include <math.h>

#define Z_TWO_SIDED 3.8906 /* of the normal distribution, 1 in 10,000 on both sides together */
#define Z_ONE_SIDED 3.7190

struct share share_check(size_t hits, size_t count, double expected)
{
	const double n = (double)count, seen = (double)hits / n, z2 = Z_TWO_SIDED * Z_TWO_SIDED;
	const double middle = (seen + z2 / (2 * n)) / (1 + z2 / n);
	const double half = Z_TWO_SIDED / (1 + z2 / n) * sqrt(seen * (1 - seen) / n + z2 / (4 * n * n));

	return (struct share){.seen = seen,
			      .low = middle - half,
			      .high = middle + half,
			      .fits = expected >= middle - half && expected <= middle + half};
}

/* The quantile by Wilson and Hilferty's cube: within a hundredth for the degrees used here. */
static double chi_squared_most(double degrees)
{
	const double part = 2 / (9 * degrees), root = 1 - part + Z_ONE_SIDED * sqrt(part);

	return degrees * root * root * root;
}

struct uniformity uniformity_check(const size_t *counts, size_t cells)
{
	struct uniformity result = {.degrees = cells - 1};
	double total = 0, expected;

	for (size_t i = 0; i < cells; i++)
		total += (double)counts[i];
	expected = total / (double)cells;
	for (size_t i = 0; i < cells; i++)
		result.chi_squared += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
	result.most = chi_squared_most((double)result.degrees);
	result.fits = total > 0 && result.chi_squared <= result.most;
	return result;
}

void moments_add(struct moments *moments, double value)
{
	const double delta = value - moments->mean;

	moments->count++;
	moments->mean += delta / (double)moments->count;
	moments->squares += delta * (value - moments->mean);
}

double welch_t(const struct moments *a, const struct moments *b)
{
	const double va = a->squares / (double)(a->count - 1) / (double)a->count;
	const double vb = b->squares / (double)(b->count - 1) / (double)b->count;

	if (va + vb == 0)
		return a->mean == b->mean ? 0 : INFINITY;
	return (a->mean - b->mean) / sqrt(va + vb);
}
