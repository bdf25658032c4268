/* The part of the configuration that says where messages may go. */
#include "core/settings_read.h"

#include <string.h>

#include "base/text.h"
#include "core/push_endpoint.h"

static const struct name endpoints_name = {"push", "endpoints"};

/*= RFC8292#2.1 a contact URI: a "mailto:" or an "https:" URI */
static bool is_subject(const char *subject)
{
	const bool has_scheme =
		(text_has_prefix(subject, "mailto:") && strchr(subject, '@')) || text_has_prefix(subject, "https://");

	return has_scheme && text_is_displayable(subject) && !strpbrk(subject, " \"\\<>");
}

static void subject_read(struct reader *reader, struct settings *settings)
{
	static const struct name name = {"push", "subject"};

	settings->push.subject = reader_text(reader, &name);
	if (settings->push.subject && !is_subject(settings->push.subject))
		reader_mistake(reader, &name, "must be mailto: and an address, or an https address");
}

static void connect_read(struct reader *reader, const json_t *entry, struct push_host *host)
{
	const char *connect = json_get_string(entry, "connect");

	if (!connect)
		return;
	host->connect = reader_format(reader, "%s", connect);
	if (endpoint_problem(connect))
		reader_mistake(reader, &endpoints_name, "connect \"%s\" %s", connect, endpoint_problem(connect));
}

static void host_read(struct reader *reader, const json_t *entry, struct push_host *host)
{
	const char *text = json_get_string(entry, "host");
	enum status status = push_host_parse(reader->arena, text ? text : "", host);

	reader->no_memory = reader->no_memory || status == E_NOMEM;
	if (status == E_INVALID)
		reader_mistake(reader, &endpoints_name,
			       "\"%s\" must be a host in lower case, such as push.example.org, *.example.org or "
			       "push.example.org:8443",
			       text ? text : "");
	host->is_private = json_get_bool(entry, "private", false);
	connect_read(reader, entry, host);
}

void push_read(struct reader *reader, struct settings *settings)
{
	const json_t *list = reader_find(reader, &endpoints_name);
	const size_t count = json_is_array(list) ? json_array_size(list) : 0;
	struct push_host *hosts = arena_calloc(reader->arena, count + 1, sizeof(*hosts));

	subject_read(reader, settings);
	settings->push.ca_file = reader_path(reader, &(struct name){"push", "ca_file"});
	reader->no_memory = reader->no_memory || !hosts;
	for (size_t i = 0; hosts && i < count; i++)
		host_read(reader, json_array_get(list, i), &hosts[i]);
	settings->push.hosts = hosts;
	settings->push.host_count = hosts ? count : 0;
}
