#!/bin/sh
# embed.sh OUTPUT FILE...   writes one C file with the text of each migration and the SHA-256 of its bytes.
# Files come in order; NNNN_name.sql has version NNNN.
set -eu

out=$1
shift

migration() {
	name=$(basename "$1" .sql)
	version=$(printf '%s' "${name%%_*}" | sed 's/^0*//')
	checksum=$(sha256sum <"$1" | cut -d ' ' -f 1)
	printf '\t{ %s, "%s", "%s",\n' "$version" "$name" "$checksum"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/\t  "/' -e 's/$/\\n"/' "$1"
	printf '\t},\n'
}

{
	printf '#include "store/migrate.h"\n\nconst struct migration store_migrations[] = {\n'
	for file; do
		migration "$file"
	done
	printf '};\nconst size_t store_migration_count = %s;\n' "$#"
} >"$out"
