#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

/* The table that ./run bench prints: a figure, its budget from DESIGN section 10, and whether it is within. */

void report_section(const char *title);
#define NO_BUDGET (-1.0) /* the line is there to be compared with */

/* `budget` in the figure's unit, at most. `note` may be NULL. */
void report_line(const char *name, double value, const char *unit, double budget, const char *note);
/* How many lines were over their budget. */
unsigned report_over(void);

#endif
