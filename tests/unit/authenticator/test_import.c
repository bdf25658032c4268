#include <stdio.h>
#include <string.h>

#include "cmocka_all.h"

#include "base/encode.h"
#include "exchange.h"
#include "import.h"

#define URI "otpauth://totp/Example:demo?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

struct reading {
	struct arena *arena;
	struct imported imported;
	const char *problem;
	enum status status;
	const char *passphrase; /* NULL: nobody to ask */
	int asked;
};

static enum status passphrase_say(void *ctx, const char *prompt, char *ret_passphrase)
{
	struct reading *reading = ctx;

	reading->asked++;
	if (!reading->passphrase)
		return E_NOT_FOUND;
	snprintf(ret_passphrase, PASSPHRASE_MAX + 1, "%s", reading->passphrase);
	return OK;
}

static void reading_run(struct reading *reading, const char *bytes, size_t size)
{
	const struct import_source source = {.bytes = bytes,
					     .size = size,
					     .passphrase = passphrase_say,
					     .ctx = reading};

	reading->arena = arena_new(4 * 1024 * 1024);
	assert_int_equal(imported_init(reading->arena, &reading->imported), OK);
	reading->status = import_read(&source, &reading->imported, &reading->problem);
}

static void reading_done(struct reading *reading)
{
	imported_done(&reading->imported);
	arena_free(reading->arena);
}

static void reading_file(struct reading *reading, const char *name)
{
	static char bytes[128 * 1024];
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", IMPORT_DATA, name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t size = fread(bytes, 1, sizeof(bytes), file);
	assert_true(size < sizeof(bytes));
	fclose(file);
	reading_run(reading, bytes, size);
}

/* ---- the files that the web authenticator reads too ---- */

static json_t *expected_load(void)
{
	json_t *expected = json_load_file(IMPORT_DATA "/expected.json", 0, NULL);

	assert_non_null(expected);
	return expected;
}

static void file_check(const char *name, const json_t *wanted)
{
	struct reading reading = {.passphrase = json_get_string(wanted, "passphrase")};

	reading_file(&reading, name);
	assert_int_equal(reading.status, OK);
	assert_int_equal(reading.asked, reading.passphrase != NULL);
	const json_t *codes = json_object_get(wanted, "codes");
	const json_t *passed = json_object_get(wanted, "passed"), *entry;
	size_t i;
	assert_int_equal(json_array_size(reading.imported.entries), json_array_size(codes));
	json_array_foreach (reading.imported.entries, i, entry) {
		json_object_del((json_t *)entry, "added_at");
		if (!json_equal(entry, json_array_get(codes, i)))
			fail_msg("%s: code %zu differs: %s", name, i, json_get_string(entry, "uri"));
	}
	assert_int_equal(json_array_size(reading.imported.problems), json_array_size(passed));
	reading_done(&reading);
}

static void every_file_gives_what_is_expected(void **state)
{
	scoped_json *expected = expected_load();
	const char *name;
	json_t *wanted;
	size_t checked = 0;

	json_object_foreach (expected, name, wanted) {
		if (!json_is_array(json_object_get(wanted, "codes")))
			continue;
		file_check(name, wanted);
		checked++;
	}
	assert_true(checked >= 10);
}

static void sealed_files_want_the_right_passphrase(void **state)
{
	static const char *const names[] = {"aegis-sealed.json", "twofas-sealed.2fas", "ente-sealed.json",
					    "symbolon-sealed.json"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		struct reading wrong = {.passphrase = "correct horse battery stable"}, none = {0};

		reading_file(&wrong, names[i]);
		assert_int_equal(wrong.status, E_REFUSED);
		assert_non_null(strstr(wrong.problem, "wrong"));
		assert_int_equal(json_array_size(wrong.imported.entries), 0);
		reading_done(&wrong);
		reading_file(&none, names[i]);
		assert_int_equal(none.status, E_NOT_FOUND);
		assert_non_null(strstr(none.problem, "no passphrase"));
		reading_done(&none);
	}
}

static void what_cannot_be_read_says_what_to_do(void **state)
{
	struct reading reading = {0};

	reading_file(&reading, "bitwarden-sealed.json");
	assert_int_equal(reading.status, E_INVALID);
	assert_non_null(strstr(reading.problem, "without encryption"));
	assert_int_equal(reading.asked, 0);
	reading_done(&reading);
}

/* ---- small files, good and hostile ---- */

#define AEGIS(entries)                                                                                                 \
	"{\"version\":1,\"header\":{\"slots\":null,\"params\":null},\"db\":{\"version\":3,\"entries\":[" entries "]}}"
#define INFO "\"info\":{\"secret\":\"GEZDGNBV\",\"algo\":\"SHA1\",\"digits\":6,\"period\":30}"
#define SLOT(n)                                                                                                        \
	"{\"version\":1,\"header\":{\"slots\":[{\"type\":1,\"key\":"                                                   \
	"\"0000000000000000000000000000000000000000000000000000000000000000\",\"key_params\":{\"nonce\":"              \
	"\"000000000000000000000000\",\"tag\":\"00000000000000000000000000000000\"},\"n\":" n                          \
	",\"r\":8,\"p\":1,\"salt\":\"0000000000000000\"}],\"params\":{\"nonce\":\"000000000000000000000000\","         \
	"\"tag\":\"00000000000000000000000000000000\"}},\"db\":\"AAAA\"}"

static const struct {
	const char *what, *bytes;
	enum status status;
	size_t good, bad;
} rows[] = {
	{"an empty file", "", OK, 0, 0},
	{"only words", "\n\n# only words\n", OK, 0, 0},
	{"one address without an end", URI, OK, 1, 0},
	{"a byte order mark", "\xef\xbb\xbf" URI "\r\n", OK, 1, 0},
	{"spaces", "  " URI "\t\r\n#\n" URI "\n", OK, 2, 0},
	{"nonsense between", "nonsense\n" URI "\n", OK, 1, 1},
	{"two on a line", URI " " URI "\n", OK, 0, 1},
	{"hotp", "otpauth://hotp/x?secret=GEZDGNBV&counter=1\n", OK, 0, 1},
	{"a code in Ente's bin", URI "&codeDisplay=%7B%22trashed%22%3Atrue%7D\n", OK, 0, 0},
	{"what Ente adds, damaged", URI "&codeDisplay=%7B%2\n", OK, 1, 0},
	{"JSON of nobody", "{\"a\":1}", E_INVALID, 0, 0},
	{"JSON cut short", "{\"db\":", E_INVALID, 0, 0},
	{"JSON with a key twice", "{\"db\":{},\"db\":{}}", E_INVALID, 0, 0},
	{"Aegis without entries", "{\"version\":1,\"header\":{},\"db\":{}}", E_INVALID, 0, 0},
	{"Aegis, an entry that is a number", AEGIS("7"), OK, 0, 1},
	{"Aegis, no info", AEGIS("{\"type\":\"totp\",\"name\":\"x\"}"), OK, 0, 1},
	{"Aegis, one good", AEGIS("{\"type\":\"totp\",\"name\":\"x\"," INFO "}"), OK, 1, 0},
	{"Aegis, a name that turns the line", AEGIS("{\"type\":\"totp\",\"name\":\"x\\u202ey\"," INFO "}"), OK, 0, 1},
	{"Aegis, a name of four bytes each", AEGIS("{\"type\":\"totp\",\"name\":\"\xf0\x9f\x97\x9d\"," INFO "}"), OK, 1,
	 0},
	{"Aegis, scrypt that costs a terabyte", SLOT("1099511627776"), E_INVALID, 0, 0},
	{"Aegis, scrypt with a negative cost", SLOT("-1"), E_INVALID, 0, 0},
	{"Aegis, a password that does not fit", SLOT("2"), E_REFUSED, 0, 0},
	{"2FAS, damaged box", "{\"services\":[],\"schemaVersion\":4,\"servicesEncrypted\":\"AA:BB\"}", E_INVALID, 0, 0},
	{"2FAS, services are no list", "{\"services\":{},\"schemaVersion\":4}", E_INVALID, 0, 0},
	{"2FAS, steam",
	 "{\"services\":[{\"name\":\"x\",\"secret\":\"GEZDGNBV\",\"otp\":{\"tokenType\":\"STEAM\"}}],\"schemaVersion\":"
	 "4}",
	 OK, 0, 1},
	{"2FAS of the first schema", "{\"services\":[{\"name\":\"x\",\"secret\":\"GEZDGNBV\"}],\"schemaVersion\":1}",
	 OK, 1, 0},
	{"Ente, wrong sizes",
	 "{\"version\":1,\"kdfParams\":{\"memLimit\":8192,\"opsLimit\":1,\"salt\":\"AAAA\"},\"encryptedData\":\"AAAA\","
	 "\"encryptionNonce\":\"AAAA\"}",
	 E_INVALID, 0, 0},
	{"Ente that costs a terabyte",
	 "{\"version\":1,\"kdfParams\":{\"memLimit\":1099511627776,\"opsLimit\":1,\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA=="
	 "\"},"
	 "\"encryptedData\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"encryptionNonce\":"
	 "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
	 E_INVALID, 0, 0},
	{"Bitwarden without codes",
	 "{\"encrypted\":false,\"items\":[{\"type\":1,\"name\":\"x\",\"login\":{\"totp\":null}}]}", OK, 0, 0},
	{"Bitwarden, items are no list", "{\"encrypted\":false,\"items\":{}}", E_INVALID, 0, 0},
	{"CSV, a quote that is not closed", "name,login_totp\n\"x,GEZDGNBV\n", E_INVALID, 0, 0},
	{"CSV, text behind a quote", "name,login_totp\n\"x\"y,GEZDGNBV\n", E_INVALID, 0, 0},
	{"CSV, a short row", "name,login_totp\nx\ny,GEZDGNBV\r\n", OK, 1, 0},
	{"CSV, a quoted quote", "name,login_totp\n\"a \"\"b\"\"\",GEZDGNBV", OK, 1, 0},
	{"migration without data", "otpauth-migration://offline?x=1\n", OK, 0, 1},
	{"migration, no base64", "otpauth-migration://offline?data=%%%\n", OK, 0, 1},
	{"migration, a length beyond the end", "otpauth-migration://offline?data=CgU%3D\n", OK, 0, 1},
	{"migration, a length of 2^63", "otpauth-migration://offline?data=Cv%2F%2F%2F%2F%2F%2F%2F%2F%2FfwE%3D\n", OK, 0,
	 1},
	{"migration, one of two parts", "otpauth-migration://offline?data=ChMKBTEyMzQ1EgR0ZXN0IAEoATACEAEYAiAAKAc%3D\n",
	 OK, 1, 1},
	{"our export of a later version", "{\"format\":\"symbolon-authenticator-export\",\"version\":2,\"codes\":[]}",
	 E_INVALID, 0, 0},
	{"our export, an entry without an address",
	 "{\"format\":\"symbolon-authenticator-export\",\"version\":1,\"codes\":[{},{\"uri\":\"" URI "\"},7]}", OK, 1,
	 2},
	{"our export, a box of nothing",
	 "{\"format\":\"symbolon-authenticator-export\",\"version\":1,\"sealed\":{\"kdf\":\"argon2id-64MiB-3\"}}",
	 E_INVALID, 0, 0},
};

static void each_code_is_judged_by_itself(void **state)
{
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct reading reading = {.passphrase = "a passphrase"};

		reading_run(&reading, rows[i].bytes, strlen(rows[i].bytes));
		if (reading.status != rows[i].status || json_array_size(reading.imported.entries) != rows[i].good ||
		    json_array_size(reading.imported.problems) != rows[i].bad)
			fail_msg("%s: %s, %zu good, %zu bad (%s)", rows[i].what, status_name(reading.status),
				 json_array_size(reading.imported.entries), json_array_size(reading.imported.problems),
				 reading.problem);
		reading_done(&reading);
	}
}

static void binary_and_endless_files_are_refused(void **state)
{
	static char lines[2002 * sizeof(URI)];
	struct reading nul = {0}, most = {0}, more = {0};

	reading_run(&nul, URI "\0\n", sizeof(URI "\0\n") - 1);
	assert_int_equal(nul.status, E_INVALID);
	reading_done(&nul);
	for (size_t i = 0; i < 2001; i++)
		memcpy(lines + i * sizeof(URI), URI "\n", sizeof(URI));
	reading_run(&most, lines, 2000 * sizeof(URI));
	assert_int_equal(most.status, OK);
	assert_int_equal(json_array_size(most.imported.entries), 2000);
	reading_done(&most);
	reading_run(&more, lines, 2001 * sizeof(URI));
	assert_int_equal(more.status, E_INVALID);
	assert_non_null(strstr(more.problem, "2,000"));
	reading_done(&more);
}

/* ---- our own ---- */

static void an_export_comes_back_whole(void **state)
{
	scoped_json *codes = json_pack("[{s:s, s:i, s:s, s:b, s:{s:i}}]", "uri",
				       URI "&issuer=Example&algorithm=SHA512&digits=8&period=45", "added_at",
				       1790000000, "group", "Work", "pinned", 1, "later", "version", 2);
	scoped_json *document = exchange_new(codes, 1790000001), *sealed = NULL;
	struct reading reading = {.passphrase = "a passphrase"};

	assert_int_equal(exchange_seal(document, reading.passphrase, 1790000001, &sealed), OK);
	char *text = json_dumps(sealed, 0);
	assert_null(strstr(text, "Example"));
	reading_run(&reading, text, strlen(text));
	assert_int_equal(reading.status, OK);
	assert_int_equal(json_array_size(reading.imported.entries), 1);
	const json_t *entry = json_array_get(reading.imported.entries, 0);
	assert_int_equal(json_object_size(entry), 5);
	assert_string_equal(json_get_string(entry, "group"), "Work");
	assert_non_null(strstr(json_get_string(entry, "uri"), "algorithm=SHA512&digits=8&period=45"));
	free(text);
	reading_done(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_gives_what_is_expected),
		cmocka_unit_test(sealed_files_want_the_right_passphrase),
		cmocka_unit_test(what_cannot_be_read_says_what_to_do),
		cmocka_unit_test(each_code_is_judged_by_itself),
		cmocka_unit_test(binary_and_endless_files_are_refused),
		cmocka_unit_test(an_export_comes_back_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
