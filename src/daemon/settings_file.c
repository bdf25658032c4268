#include "daemon/settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "base/config.h"

/* One place for the process, as there is one control socket. One at a time asks (live.c holds a lock). */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	bool has_answer;
	int fd;
} answer = {.lock = PTHREAD_MUTEX_INITIALIZER, .arrived = PTHREAD_COND_INITIALIZER, .fd = -1};

void settings_file_arrived(const struct control_message *message)
{
	pthread_mutex_lock(&answer.lock);
	if (answer.fd >= 0)
		close(answer.fd); /* one that came too late for who had asked */
	answer.fd = message->fd_count == 1 ? message->fds[0] : -1;
	answer.has_answer = true;
	pthread_cond_signal(&answer.arrived);
	pthread_mutex_unlock(&answer.lock);
}

static int answer_wait(void)
{
	struct timespec until;
	int fd, expired = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += SETTINGS_FILE_WAIT_S;
	pthread_mutex_lock(&answer.lock);
	while (!answer.has_answer && !expired)
		expired = pthread_cond_timedwait(&answer.arrived, &answer.lock, &until);
	fd = answer.fd;
	answer.fd = -1;
	pthread_mutex_unlock(&answer.lock);
	return fd;
}

static int ask(void)
{
	pthread_mutex_lock(&answer.lock);
	answer.has_answer = false;
	pthread_mutex_unlock(&answer.lock);
	if (control_send(PROCESS_CONTROL, &(struct control_message){.word = CONTROL_SETTINGS}) != OK)
		return -1;
	return answer_wait();
}

static enum status all_read(struct arena *arena, int fd, const char **ret_bytes, size_t *ret_size)
{
	char *bytes = arena_alloc(arena, CONFIG_MAX_SIZE + 1);
	size_t size = 0;
	ssize_t got = 1;

	if (!bytes)
		return E_NOMEM;
	while (got > 0 && size <= CONFIG_MAX_SIZE) {
		got = read(fd, bytes + size, CONFIG_MAX_SIZE + 1 - size);
		size += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		return E_IO;
	if (size > CONFIG_MAX_SIZE)
		return E_INVALID;
	*ret_bytes = bytes;
	*ret_size = size;
	return OK;
}

/* A lease for reading is given only while nobody has the file open for writing. SIGIO, which ends it, is ignored. */
static bool is_being_written(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		return errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

enum status settings_file_read(struct arena *arena, const char *path, const char **ret_bytes, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum status status;

	if (fd < 0 && errno == EACCES)
		fd = ask();
	if (fd < 0)
		return E_NOT_FOUND;
	status = is_being_written(fd) ? E_BUSY : all_read(arena, fd, ret_bytes, ret_size);
	close(fd);
	return status;
}
