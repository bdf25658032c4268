#ifndef SOAK_ACCOUNTS_H
#define SOAK_ACCOUNTS_H

#include "cluster.h"
#include "core/recovery.h"

/* People made while the daemons run, as an operator's command makes them; only devices are rows without an enrolment.
 */

/* Rows of `count` people, each with one phone; names are `prefix`.0, … */
void accounts_with_phone(const struct cluster *cluster, const char *prefix, struct person *people, size_t count);
/* One person with `count` phones: people[0] is the account, all share its id and name. */
void account_with_phones(const struct cluster *cluster, const char *name, struct person *phones, size_t count);
/* No phone, no password; the stored hash may be NULL. */
void account_plain(const struct cluster *cluster, const char *name, const char *stored_password,
		   struct person *ret_person);
/* A code generator for somebody who is there. */
void account_add_codes(const struct cluster *cluster, struct person *person);
/* A temporary pass; `out` has room for its text. */
void account_add_pass(const struct cluster *cluster, const struct person *person, char out[64]);
void account_add_recovery(const struct cluster *cluster, const struct person *person,
			  char codes[RECOVERY_CODES][RECOVERY_CODE_SIZE]);
/* What people hold; not the accounts. */
void accounts_forget(struct person *people, size_t count);
/* Replaces the person's known browsers by one; `cookie` takes "__Host-symbolon-known=ID.TOKEN", `id` the ID. */
void account_set_known(const struct cluster *cluster, const struct person *person, char cookie[384], char id[ID_SIZE]);
/* One of the things that make the server spare a person. */
enum account_trouble { TROUBLE_CAUTION, TROUBLE_SPENT, TROUBLE_DISABLED };
void account_set_trouble(const struct cluster *cluster, const struct person *person, enum account_trouble trouble);
/* What a denial or a wrong number left behind, and the pushes counted, are forgotten: one transaction for all. */
void accounts_calm(const struct cluster *cluster, const struct person *people, size_t count);
/* The hash of PEOPLE_PASSWORD as user_add stores it, to be shared by many rows. */
const char *password_stored(const struct cluster *cluster);

#endif
