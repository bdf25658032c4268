/* The configuration that `symbolon init` writes. */
#include "core/settings.h"

#include "base/text.h"

#define TEMPLATE_MAX 16384

static const char before_policy[] =
	"\n"
	"# Where to listen: plain HTTP for a proxy on this machine, or TLS here with the two files below.\n"
	"listen: [\"127.0.0.1:8080\"]\n"
	"#tls:\n"
	"#  certificate: tls/fullchain.pem\n"
	"#  key: tls/privkey.pem\n"
	"\n"
	"# The proxies in front, if any: only their X-Forwarded-For counts.\n"
	"#trusted_proxies: [\"127.0.0.1\"]\n"
	"\n"
	"# Paths count from this file's folder. The database and the key-encryption key have folders of their own, so\n"
	"# that the process with the database can be kept from the key.\n"
	"database: sqlite:data/symbolon.db\n"
	"keys:\n"
	"  kek: keys/kek\n"
	"\n"
	"# What a sign-in must prove. The first rule that matches decides, then the default.\n"
	"# Each step is one factor, or several with | between them:\n"
	"# password, push:confirm, push:choose, push:enter, totp, recovery; push:enter:8 asks for 8 digits.\n"
	"# `symbolon explain USER CLIENT` tells what a person would be asked, and why.\n"
	"policy:\n"
	"  default:\n"
	"    ask: [password, \"push:enter | totp | recovery\"]\n"
	"  rules: []\n"
	"  # rules:\n"
	"  #   - name: The wiki is quick in a known browser\n"
	"  #     when: { client: wiki, known_browser: true }\n"
	"  #     ask: [\"push:confirm | totp\"]\n"
	"  #   - name: Payroll always asks for a long number\n"
	"  #     when: { client: payroll }\n"
	"  #     ask: [password, \"push:enter:6 | totp\"]\n"
	"  #   - name: Only operators reach the vault\n"
	"  #     when: { client: vault, group: operators }\n"
	"  #     ask: [password, \"push:enter:8\"]\n"
	"  #   - name: Nobody else does\n"
	"  #     when: { client: vault }\n"
	"  #     deny: true\n"
	"\n"
	"# Everything else has a default: see docs/configuration.md.\n"
	"#session: { idle: 1h, absolute: 12h }\n"
	"#metrics: \"127.0.0.1:9464\"\n"
	"#log: { level: info }\n";

char *settings_template(struct arena *arena, const char *issuer, const char *organisation)
{
	struct text out;
	char *copy;

	text_init(&out, TEMPLATE_MAX);
	text_add(&out,
		 "# Symbolon's configuration. A change of policy, lives, budgets or names holds within a second;\n"
		 "# for the rest the service must be restarted, and its log says so.\n"
		 "\n"
		 "# The address that people and services reach this service at.\n"
		 "issuer: ");
	text_add_json_string(&out, issuer);
	if (!text_is_empty(organisation)) {
		text_add(&out, "\n\n# What people read on the sign-in page.\norganisation:\n  name: ");
		text_add_json_string(&out, organisation);
	}
	text_add(&out, "\n");
	text_add(&out, before_policy);
	copy = out.failed ? NULL : arena_strdup(arena, out.data);
	text_done(&out);
	return copy;
}
