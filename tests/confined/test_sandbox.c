/*
 * The daemon's sandbox, in children that enter it. What it must refuse, what must go on to work, and what happens on a
 * kernel that cannot do it: there a filter plays that kernel.
 *
 * Mutations seen red: is_above_key always false (key, renamed configuration); no LANDLOCK_WRITE for the database's
 * folder (journals); no judge for the status (required); SCMP_FLTATR_CTL_TSYNC left out (threads); is_one_thread always
 * true.
 */
#include "cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/landlock.h"
#include "daemon/sandbox.h"

static char folder[64], file_names[8][128];
static struct settings settings;
static const char *listen_at[] = {"127.0.0.1:48122"};

static const char *name(int at, const char *rest)
{
	snprintf(file_names[at], sizeof(file_names[at]), "%s/%s", folder, rest);
	return file_names[at];
}

static void file_make(const char *path)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

/* As `symbolon init` lays it out. */
static int setup(void **state)
{
	strcpy(folder, "/tmp/symbolon-sandbox-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(mkdir(name(0, "keys"), 0700), 0);
	assert_int_equal(mkdir(name(0, "data"), 0700), 0);
	assert_int_equal(mkdir(name(0, "web"), 0700), 0);
	settings = (struct settings){.kek = name(1, "keys/kek"),
				     .path = name(2, "symbolon.yaml"),
				     .web = name(4, "web"),
				     .listen = listen_at,
				     .listen_count = 1};
	file_make(settings.kek);
	file_make(settings.path);
	snprintf(file_names[3], sizeof(file_names[3]), "sqlite:%s/data/symbolon.db", folder);
	settings.database = file_names[3];
	file_make(settings.database + strlen("sqlite:"));
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static int opened(const char *path, int flags)
{
	const int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd < 0 ? errno : (close(fd), 0);
}

/* Lines that have been logged, for the child to look at. */
static char logged[8192];

static void line_keep(void *ctx, const char *line)
{
	strncat(logged, line, sizeof(logged) - strlen(logged) - 1);
}

/* The child gives 0, or the number of the line where something was not as it must be. */
#define EXPECT(condition)                                                                                              \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			return __LINE__;                                                                               \
	} while (0)

static void child_must_be_content(int (*work)(void))
{
	int wait_status = -1, where = 0, ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		log_sink_set(line_keep, NULL);
		where = work();
		_exit(write(ends[1], &where, sizeof(where)) == (ssize_t)sizeof(where) ? 0 : 1);
	}
	close(ends[1]);
	assert_int_equal(waitpid(pid, &wait_status, 0), pid);
	assert_int_equal(wait_status, 0);
	assert_int_equal(read(ends[0], &where, sizeof(where)), sizeof(where));
	close(ends[0]);
	if (where != 0)
		fail_msg("not as it must be: line %d", where);
}

static int bind_to(uint16_t port)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons(port),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int error = bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ? errno : 0;

	close(fd);
	return error;
}

static int abi(void)
{
	struct landlock landlock;

	if (landlock_new(true, &landlock) != OK)
		return 0;
	landlock_close(&landlock);
	return landlock.abi;
}

/* ---- files ---- */

static int files_are_told_apart(void)
{
	EXPECT(sandbox_daemon_enter(&settings) == OK && !*logged);
	EXPECT(opened(settings.kek, O_RDONLY) == EACCES);
	EXPECT(opened(name(5, "keys"), O_RDONLY | O_DIRECTORY) == EACCES);
	EXPECT(opened("/etc/shadow", O_RDONLY) == EACCES);
	EXPECT(opened("/tmp", O_RDONLY | O_DIRECTORY) == EACCES);
	EXPECT(opened(settings.path, O_RDONLY) == 0 && opened(settings.path, O_WRONLY) == EACCES);
	EXPECT(opened("/etc/hosts", O_RDONLY) == 0 && opened("/etc/hosts", O_WRONLY) == EACCES);
	EXPECT(opened(settings.web, O_RDONLY | O_DIRECTORY) == 0);
	EXPECT(opened(name(5, "data/symbolon.db"), O_RDWR) == 0);
	EXPECT(opened(name(5, "data/symbolon.db-wal"), O_RDWR | O_CREAT | O_EXCL) == 0 &&
	       unlink(name(5, "data/symbolon.db-wal")) == 0);
	EXPECT(mkdir(name(5, "data/folder"), 0700) != 0 && errno == EACCES);
	EXPECT(symlink(settings.kek, name(5, "data/key")) != 0 && errno == EACCES);
	/* links and renames that would bring the key into the folder */
	EXPECT(link(settings.kek, name(5, "data/key")) != 0 && (errno == EXDEV || errno == EACCES));
	EXPECT(rename(settings.kek, name(5, "data/key")) != 0 && (errno == EXDEV || errno == EACCES));
	return 0;
}

static void daemon_reaches_its_files_and_not_the_key(void **state)
{
	child_must_be_content(files_are_told_apart);
}

static int entered[2], replaced[2];

static int replaced_file_is_read(bool may)
{
	char byte;

	EXPECT(sandbox_daemon_enter(&settings) == OK && write(entered[1], "", 1) == 1);
	EXPECT(read(replaced[0], &byte, 1) == 1);
	EXPECT(opened(settings.path, O_RDONLY) == (may ? 0 : EACCES));
	return 0;
}

static int replaced_beside_the_key(void)
{
	return replaced_file_is_read(false);
}

static int replaced_elsewhere(void)
{
	return replaced_file_is_read(true);
}

/* As editors and certbot do it: another file takes the name, while the daemon runs. */
static void replace_while(int (*work)(void))
{
	char byte;
	pid_t pid;

	assert_int_equal(pipe(entered) + pipe(replaced), 0);
	pid = fork();
	if (pid == 0) {
		if (read(entered[0], &byte, 1) != 1)
			_exit(1);
		file_make(name(6, "new"));
		_exit(rename(name(6, "new"), settings.path) == 0 && write(replaced[1], "", 1) == 1 ? 0 : 1);
	}
	close(entered[0]);
	child_must_be_content(work);
	close(entered[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(replaced[0]);
	close(replaced[1]);
}

static void replaced_configuration_is_read_unless_the_key_is_below(void **state)
{
	replace_while(replaced_beside_the_key);
	settings.kek = "/proc/version"; /* anywhere else */
	replace_while(replaced_elsewhere);
}

static int key_beside_database_is_told(void)
{
	settings.kek = name(5, "data/kek");
	file_make(settings.kek);
	EXPECT(sandbox_daemon_enter(&settings) == OK);
	EXPECT(strstr(logged, "\"sandbox.key_reachable\"") && strstr(logged, settings.kek));
	EXPECT(opened(settings.kek, O_RDONLY) == 0);
	return 0;
}

static int key_beside_database_is_refused(void)
{
	settings.kek = name(5, "data/kek");
	file_make(settings.kek);
	settings.sandbox_required = true;
	EXPECT(sandbox_daemon_enter(&settings) == E_REFUSED && strstr(logged, "\"sandbox.key_reachable\""));
	return 0;
}

static void database_beside_the_key_is_a_warning_or_the_end(void **state)
{
	child_must_be_content(key_beside_database_is_told);
	child_must_be_content(key_beside_database_is_refused);
}

/* ---- ports, signals, calls ---- */

static int other_ports_are_refused(void)
{
	EXPECT(sandbox_daemon_enter(&settings) == OK);
	EXPECT(bind_to(48122) == 0);
	EXPECT(bind_to(0) == (abi() >= 4 ? EACCES : 0));
	EXPECT(bind_to(48123) == (abi() >= 4 ? EACCES : 0));
	return 0;
}

static int any_port_when_one_is_free(void)
{
	listen_at[0] = "127.0.0.1:0";
	EXPECT(sandbox_daemon_enter(&settings) == OK && bind_to(48123) == 0);
	return 0;
}

static void configured_ports_alone_can_be_bound(void **state)
{
	child_must_be_content(other_ports_are_refused);
	child_must_be_content(any_port_when_one_is_free);
}

static int parent_gets_no_signal(void)
{
	EXPECT(sandbox_daemon_enter(&settings) == OK);
	EXPECT(kill(getppid(), 0) != 0 && errno == EPERM);
	EXPECT(kill(getpid(), 0) == 0);
	return 0;
}

static void signals_stay_inside(void **state)
{
	if (abi() < 6)
		skip();
	child_must_be_content(parent_gets_no_signal);
}

#ifndef SYMBOLON_SANITIZE

static void *wait_for_ever(void *arg)
{
	pause();
	return arg;
}

static int second_thread_is_noticed(void)
{
	pthread_t thread;

	EXPECT(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
	EXPECT(sandbox_daemon_enter(&settings) == E_CONFLICT);
	return 0;
}

static void second_thread_is_a_mistake(void **state)
{
	child_must_be_content(second_thread_is_noticed);
}

static atomic_int listened = -1;
static atomic_bool go;

static void *listen_when_told(void *arg)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	while (!go) {
		/* made before the filter */
	}
	listened = listen(fd, 1) != 0 ? errno : 0;
	return arg;
}

static int nothing_new_is_listened_to(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pthread_t thread;

	EXPECT(sandbox_daemon_enter(&settings) == OK && listen(fd, 1) == 0);
	EXPECT(pthread_create(&thread, NULL, listen_when_told, NULL) == 0);
	EXPECT(sandbox_daemon_listening(&settings) == OK);
	go = true;
	EXPECT(pthread_join(thread, NULL) == 0 && listened == EPERM);
	EXPECT(listen(fd, 1) != 0 && errno == EPERM);
	EXPECT(fork() < 0 && errno == EPERM);
	return 0;
}

static void listening_ends_on_all_threads(void **state)
{
	child_must_be_content(nothing_new_is_listened_to);
}

/* ---- a kernel that cannot ---- */

static void kernel_loses(int call)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0), 0);
	assert_int_equal(seccomp_load(filter), 0);
	seccomp_release(filter);
}

static int without_landlock(void)
{
	kernel_loses(SCMP_SYS(landlock_create_ruleset));
	settings.sandbox_required = false;
	EXPECT(sandbox_daemon_enter(&settings) == OK && strstr(logged, "\"sandbox.incomplete\"") &&
	       strstr(logged, "Landlock"));
	settings.sandbox_required = true;
	EXPECT(sandbox_daemon_enter(&settings) == E_REFUSED && strstr(logged, "\"sandbox.refused\""));
	return 0;
}

/* A taken prctl(PR_GET_SECCOMP) is how a kernel without it answers. */
static int without_seccomp(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
					  SCMP_A0(SCMP_CMP_EQ, PR_GET_SECCOMP)),
			 0);
	assert_int_equal(seccomp_load(filter), 0);
	EXPECT(sandbox_keyholder(false) == OK && strstr(logged, "\"sandbox.incomplete\""));
	EXPECT(sandbox_keyholder(true) == E_REFUSED);
	settings.sandbox_required = true;
	EXPECT(sandbox_daemon_listening(&settings) == E_REFUSED);
	return 0;
}

static void lacking_kernel_is_a_warning_or_the_end(void **state)
{
	child_must_be_content(without_landlock);
	child_must_be_content(without_seccomp);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(daemon_reaches_its_files_and_not_the_key, setup, teardown),
		cmocka_unit_test_setup_teardown(replaced_configuration_is_read_unless_the_key_is_below, setup,
						teardown),
		cmocka_unit_test_setup_teardown(database_beside_the_key_is_a_warning_or_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(configured_ports_alone_can_be_bound, setup, teardown),
		cmocka_unit_test_setup_teardown(signals_stay_inside, setup, teardown),
#ifndef SYMBOLON_SANITIZE
		cmocka_unit_test_setup_teardown(second_thread_is_a_mistake, setup, teardown),
		cmocka_unit_test_setup_teardown(listening_ends_on_all_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(lacking_kernel_is_a_warning_or_the_end, setup, teardown),
#endif
	};

	if (abi() == 0) {
		printf("Landlock is not here: nothing of it can be tested\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
