#include "report.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned over;

void report_section(const char *title)
{
	printf("\n%-52s %12s %14s\n", title, "measured", "budget");
	fflush(stdout);
}

/* As many decimals as say something. */
static void figure_format(char *out, size_t size, double value, const char *unit)
{
	const int decimals = value >= 100 || value == 0 ? 0 : value >= 10 ? 1 : 2;

	snprintf(out, size, "%.*f%s%s", decimals, value, *unit ? " " : "", unit);
}

void report_line(const char *name, double value, const char *unit, double budget, const char *note)
{
	const bool is_over =
		budget >= 0 && value > budget * 1.005; /* what the figure as printed does not show is not over */
	char measured[48], allowed[48] = "", limit[40];

	figure_format(measured, sizeof(measured), value, unit);
	if (budget >= 0) {
		figure_format(limit, sizeof(limit), budget, unit);
		snprintf(allowed, sizeof(allowed), "<= %s", limit);
	}
	printf("  %-50s %12s %14s  %s%s%s\n", name, measured, allowed,
	       budget < 0        ? ""
	       : value <= budget ? "ok"
				 : "OVER",
	       note ? "  " : "", note ? note : "");
	fflush(stdout);
	over += is_over;
}

unsigned report_over(void)
{
	return over;
}
