# shellcheck shell=bash
# A PostgreSQL server for one soak test, durable, kept running: whoever kills it finds it started again. Sourced by tests/soak/run.

postgres_keep() {
	while [[ ! -e $1/over ]]; do
		SYMBOLON_POSTGRES_FSYNC=on tests/postgres run "$1" || true
		sleep 0.05 # its orphans need a moment to let go of the shared memory
	done
}

# postgres_begin: starts one and tells the tests where it is.
postgres_begin() {
	postgres_folder=$(mktemp -d /tmp/symbolon-soak.XXXXXX)
	chmod 755 "$postgres_folder"
	tests/postgres prepare "$postgres_folder"
	postgres_keep "$postgres_folder" &
	postgres_keeper=$!
	tests/postgres ready "$postgres_folder"
	export SOAK_DATABASE="postgresql://postgres@/postgres?host=$postgres_folder"
	export SOAK_PG_PIDFILE=$postgres_folder/data/postmaster.pid
	export SOAK_PG_START="tests/postgres ready $postgres_folder"
}

postgres_end() {
	touch "$postgres_folder/over"
	kill -QUIT "$(head -n 1 "$SOAK_PG_PIDFILE")" || true
	wait "$postgres_keeper" || true
	rm -rf "$postgres_folder"
	SOAK_DATABASE=postgresql
}
