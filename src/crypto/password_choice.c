#include <string.h>

#include "base/text.h"
#include "crypto/password.h"

enum { TAIL_MAX = 4 };

/*
 * What guessers try first and is long enough to be chosen here, in lower case: the top of every published list of
 * leaked passwords, rows and columns of keyboards, and this product's name.
 */
static const char *const common_passwords[] = {
	"00000000",     "0123456789",   "0987654321",    "1111111111",   "11111111",     "111222333",  "11223344",
	"1122334455",   "112233445566", "12121212",      "123123123",    "1234512345",   "12341234",   "12344321",
	"1234554321",   "12345678",     "123456789",     "1234567890",   "1234567891",   "1234567abc", "123456abc",
	"123456qwerty", "12345qwert",   "123654789",     "123qweasd",    "123qweasdzxc", "147258369",  "1q2w3e4r",
	"1q2w3e4r5t",   "1q2w3e4r5t6y", "1qaz2wsx",      "1qaz2wsx3edc", "1qazxsw2",     "22222222",   "55555555",
	"66666666",     "77777777",     "789456123",     "87654321",     "88888888",     "987654321",  "9876543210",
	"99999999",     "a1b2c3d4",     "a1s2d3f4",      "aa123456",     "aaaaaaaa",     "abc123456",  "abcd1234",
	"abcdefgh",     "abcdefghi",    "administrator", "admin123",     "admin1234",    "adminadmin", "alexander",
	"asdfasdf",     "asdfghjk",     "asdfghjkl",     "asdf1234",     "barcelona",    "baseball",   "basketball",
	"blink182",     "butterfly",    "cambiami",      "changeme",     "charlie1",     "chocolate",  "christmas",
	"computer",     "corvette",     "cowboys1",      "danielle",     "dragon123",    "einstein",   "elephant",
	"football",     "football1",    "garfield",      "hallo123",     "hello123",     "helloworld", "iloveyou",
	"iloveyou1",    "internet",     "jennifer",      "jonathan",     "jordan23",     "letmein1",   "letmeinnow",
	"liverpool",    "manchester",   "master123",     "maverick",     "mercedes",     "metallica",  "michelle",
	"midnight",     "minecraft",    "monkey123",     "mustang1",     "mypassword",   "ncc1701d",   "newpassword",
	"nicholas",     "p@ssw0rd",     "p@ssword",      "passpass",     "passport",     "passw0rd",   "password",
	"password1",    "password123",  "passwort",      "pakistan",     "pokemon1",     "princess",   "princess1",
	"qazwsxedc",    "q1w2e3r4",     "q1w2e3r4t5",    "qwer1234",     "qwertyui",     "qwertyuiop", "qwerty12",
	"qwerty123",    "qwerty1234",   "qwerty12345",   "qwertyqwerty", "qwertz123",    "qwertzuiop", "rainbow1",
	"samantha",     "samsung1",     "scorpion",      "secret123",    "security",     "september",  "starwars",
	"steelers",     "summer2024",   "sunshine",      "sunshine1",    "superman",     "superman1",  "superuser",
	"swordfish",    "symbolon",     "test1234",      "testtest",     "timberland",   "tinkerbell", "trustno1",
	"victoria",     "wachtwoord",   "warcraft",      "welcome1",     "welcome123",   "whatever",   "willkommen",
	"zaq12wsx",     "zaq1zaq1",     "zxcvbnm1",      "zxcvbnm123",   "zxcvbnmasdf",
};

/* Stems that are too short alone, but not with digits and marks behind: "Summer2024!". */
static const char *const common_stems[] = {
	"admin",  "autumn", "dragon",   "hello",  "letmein", "login",   "master",
	"monkey", "pass",   "password", "qwerty", "root",    "secret",  "shadow",
	"spring", "summer", "symbolon", "test",   "user",    "welcome", "winter",
};

static bool is_letter_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Whether text[0..size) is the word, in any case of ASCII letters. */
static bool is_word(const char *text, size_t size, const char *word)
{
	return strlen(word) == size && strncasecmp(text, word, size) == 0;
}

static bool is_among(const char *text, size_t size, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_word(text, size, words[i]))
			return true;
	}
	return false;
}

/* The password without its last digits and marks, at most TAIL_MAX of them. */
static size_t stem_size(const char *password, size_t size)
{
	size_t stem = size;

	while (stem > 0 && size - stem < TAIL_MAX && !is_letter_byte(password[stem - 1]))
		stem--;
	return stem;
}

static bool is_common(const char *password, size_t size)
{
	size_t stem = stem_size(password, size);

	return is_among(password, size, common_passwords, ARRAY_COUNT(common_passwords)) ||
	       is_among(password, stem, common_passwords, ARRAY_COUNT(common_passwords)) ||
	       is_among(password, stem, common_stems, ARRAY_COUNT(common_stems));
}

/* The first character again and again: what follows is what was, one character on. */
static bool is_one_character(const char *password, size_t size)
{
	size_t first = 1;

	while (first < size && ((unsigned char)password[first] & 0xc0) == 0x80)
		first++;
	return memcmp(password, password + first, size - first) == 0;
}

bool password_is_acceptable(const char *password, const char *username, const char **ret_problem)
{
	size_t size = strnlen(password, PASSWORD_SIZE_MAX + 1);
	const char *problem = NULL;

	if (size < PASSWORD_SIZE_MIN)
		problem = "It is too short: 8 characters at least, better a few words.";
	else if (size > PASSWORD_SIZE_MAX)
		problem = "It is too long: 512 bytes at most.";
	else if (!utf8_is_valid(password, size))
		problem = "It is not valid text (UTF-8).";
	else if (is_one_character(password, size))
		problem = "It is one character repeated.";
	else if (username && *username &&
		 (is_word(password, size, username) || is_word(password, stem_size(password, size), username)))
		problem = "It is the user name: that is what guessers try first.";
	else if (is_common(password, size))
		problem = "It is among the passwords that guessers try first.";
	if (!problem)
		return true;
	*ret_problem = problem;
	return false;
}
