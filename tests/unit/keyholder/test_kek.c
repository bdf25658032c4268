#include "cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keyholder/kek.h"
#include "keyholder/keyholder.h"

static char folder[64], path[128];

static int folder_make(void **state)
{
	strcpy(folder, "/tmp/symbolon-kek-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/kek", folder);
	return 0;
}

static int folder_remove(void **state)
{
	unlink(path);
	rmdir(path);
	return rmdir(folder);
}

static void file_make(const char *content, size_t size, mode_t mode)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(file >= 0);
	assert_int_equal(write(file, content, size), size);
	assert_int_equal(fchmod(file, mode), 0);
	close(file);
}

/* Refused with this status and a sentence that names the file and holds the word. */
static void assert_refused(enum status expected, const char *word)
{
	char problem[KEK_PROBLEM_SIZE] = "";
	uint8_t kek[32] = {7};

	assert_int_equal(kek_load(path, kek, problem), expected);
	assert_int_equal(kek[0], 7);
	assert_non_null(strstr(problem, path));
	if (!strstr(problem, word))
		fail_msg("%s", problem);
}

static void made_file_is_private_and_loads(void **state)
{
	char problem[KEK_PROBLEM_SIZE] = "", text[64];
	uint8_t one[32] = {0}, two[32] = {0};
	struct keyholder *keyholder = NULL;
	struct stat stat_;

	umask(0);
	assert_int_equal(keyholder_init_kek(path), OK);
	assert_int_equal(stat(path, &stat_), 0);
	assert_int_equal(stat_.st_mode, S_IFREG | 0600);
	assert_int_equal(stat_.st_size, 44);
	assert_int_equal(kek_load(path, one, problem), OK);
	assert_int_equal(kek_load(path, two, problem), OK);
	assert_memory_equal(one, two, 32);
	assert_int_equal(keyholder_open(path, &keyholder, problem), OK);
	keyholder_close(&keyholder);
	assert_null(keyholder);
	keyholder_close(&keyholder);

	int file = open(path, O_RDONLY);
	assert_int_equal(read(file, text, sizeof(text)), 44);
	close(file);
	assert_int_equal(text[43], '\n');
}

static void file_that_is_there_is_kept(void **state)
{
	char text[8] = "";

	file_make("precious", 8, 0600);
	assert_int_equal(keyholder_init_kek(path), E_CONFLICT);
	int file = open(path, O_RDONLY);
	assert_int_equal(read(file, text, 8), 8);
	close(file);
	assert_memory_equal(text, "precious", 8);
}

static void two_files_have_two_keys(void **state)
{
	char problem[KEK_PROBLEM_SIZE];
	uint8_t one[32], two[32];

	assert_int_equal(keyholder_init_kek(path), OK);
	assert_int_equal(kek_load(path, one, problem), OK);
	unlink(path);
	assert_int_equal(keyholder_init_kek(path), OK);
	assert_int_equal(kek_load(path, two, problem), OK);
	assert_memory_not_equal(one, two, 32);
}

static void wide_permissions_are_refused(void **state)
{
	static const mode_t wide[] = {0640, 0604, 0660, 0601, 0610, 0602, 0620, 0777, 0644};
	static const mode_t narrow[] = {0600, 0400, 0700};
	const char *kek = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
	char problem[KEK_PROBLEM_SIZE];
	uint8_t loaded[32];

	for (size_t i = 0; i < ARRAY_COUNT(wide); i++) {
		file_make(kek, 44, wide[i]);
		assert_refused(E_REFUSED, "chmod 600");
		unlink(path);
	}
	for (size_t i = 0; i < ARRAY_COUNT(narrow); i++) {
		file_make(kek, 44, narrow[i]);
		assert_int_equal(kek_load(path, loaded, problem), OK);
		unlink(path);
	}
}

static void what_is_no_file_is_refused(void **state)
{
	struct keyholder *keyholder = NULL;
	char problem[KEK_PROBLEM_SIZE] = "";

	assert_refused(E_NOT_FOUND, "No such file");
	assert_int_equal(keyholder_open(path, &keyholder, problem), E_NOT_FOUND);
	assert_null(keyholder);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused(E_REFUSED, "regular");
	rmdir(path);
	assert_int_equal(mkfifo(path, 0600), 0); /* must not block either */
	assert_refused(E_REFUSED, "regular");
}

static void file_of_another_user_is_refused(void **state)
{
	file_make("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", 44, 0600);
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(path, 65534, (gid_t)-1), 0);
	assert_refused(E_REFUSED, "another user");
}

static void other_contents_are_refused(void **state)
{
	static const char *const contents[] = {
		"",
		"\n",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",   /* 31.5 bytes */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", /* 33 bytes */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\n",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA \n",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n", /* stray bits */
		"+/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		"-----BEGIN PRIVATE KEY-----\n",
	};

	for (size_t i = 0; i < ARRAY_COUNT(contents); i++) {
		file_make(contents[i], strlen(contents[i]), 0600);
		assert_refused(E_INVALID, "not a key file");
	}
}

#define with_folder(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_folder(made_file_is_private_and_loads), with_folder(file_that_is_there_is_kept),
		with_folder(two_files_have_two_keys),        with_folder(wide_permissions_are_refused),
		with_folder(what_is_no_file_is_refused),     with_folder(file_of_another_user_is_refused),
		with_folder(other_contents_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
