/*
 * Runs a fuzz target over its seeds without libFuzzer, so that the ordinary tests do it with any compiler:
 * the empty input, each seed, and each seed cut short at every length (at most 64 cuts a seed, evenly spread).
 *
 *   replay-NAME FOLDER    exits 0 when every input came back; 1 when there is no seed or one cannot be read
 *
 * Each input lies in a heap block of exactly its size: AddressSanitizer sees the first byte read beyond it.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED_MAX = 1 << 20, CUTS_MAX = 64, PATH_SIZE = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs the first `size` bytes; false when memory is out. The empty input points behind a block of one byte. */
static bool input_run(const uint8_t *bytes, size_t size)
{
	uint8_t *block = malloc(size ? size : 1);
	if (!block)
		return false;

	if (size)
		memcpy(block, bytes, size);
	LLVMFuzzerTestOneInput(size ? block : block + 1, size);
	free(block);
	return true;
}

/* Reads a whole file of at most SEED_MAX bytes; NULL when it cannot. The caller frees. */
static uint8_t *seed_read(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return NULL;

	uint8_t *bytes = malloc(SEED_MAX + 1);
	size_t size = bytes ? fread(bytes, 1, SEED_MAX + 1, file) : 0;
	bool whole = bytes && !ferror(file) && size <= SEED_MAX;
	fclose(file);
	if (!whole) {
		free(bytes);
		return NULL;
	}
	*ret_size = size;
	return bytes;
}

/* Runs one seed whole and cut; the number of inputs run, 0 when the seed cannot be read. */
static size_t seed_replay(const char *path)
{
	size_t size = 0, count = 0;
	uint8_t *bytes = seed_read(path, &size);
	if (!bytes)
		return 0;

	size_t step = size > CUTS_MAX ? size / CUTS_MAX : 1;
	bool ran = input_run(bytes, size);
	for (size_t cut = 1; ran && cut < size; cut += step, count++)
		ran = input_run(bytes, cut);
	free(bytes);
	return ran ? count + 1 : 0;
}

static int is_seed(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **seeds = NULL;
	size_t inputs = 1;
	int failures = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	int count = scandir(argv[1], &seeds, is_seed, alphasort);
	if (count <= 0) {
		fprintf(stderr, "%s: no seeds in %s\n", argv[0], argv[1]);
		return 1;
	}
	if (!input_run((const uint8_t *)"", 0))
		return 1;
	for (int i = 0; i < count; i++) {
		char path[PATH_SIZE];
		snprintf(path, sizeof(path), "%s/%s", argv[1], seeds[i]->d_name);
		size_t ran = seed_replay(path);
		if (!ran) {
			fprintf(stderr, "%s: cannot be replayed\n", path);
			failures++;
		}
		inputs += ran;
		free(seeds[i]);
	}
	free(seeds);
	printf("%d seeds, %zu inputs\n", count, inputs);
	return failures ? 1 : 0;
}
