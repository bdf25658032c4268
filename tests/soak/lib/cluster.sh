# shellcheck shell=bash
# Sets up a cluster and runs a part of symbolon-soak on it. Sourced by the soak tests in the root of the tree.
#
#   SOAK_BUILD     the build folder; by default build/testing when it is for the test clock, else build/release
#   SOAK_NODES     how many daemons; 3
#   SOAK_DATABASE  "sqlite" (the default: one file for all), or a PostgreSQL address, of an empty database
#   SOAK_COUNT     how much; each test says of what
#   SOAK_KEEP      yes: the folder with logs and database stays

readonly nodes=${SOAK_NODES:-3}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A run of free ports below those that connections are given.
ports_find() {
	local port i
	for _ in {1..100}; do
		port=$((15000 + RANDOM % 12000))
		for ((i = 0; i < 2 * nodes; i++)); do port_is_free $((port + i)) || continue 2; done
		break
	done
	printf '%s\n' "$port"
}

database_name() {
	case ${SOAK_DATABASE:-sqlite} in
	sqlite) printf 'sqlite:%s/data/symbolon.db\n' "$folder" ;;
	*) printf '%s\n' "$SOAK_DATABASE" ;;
	esac
}

# node_write INDEX: what all nodes share, and this one's ports. `extra` is more of the configuration.
node_write() {
	local at=$((port + 2 * $1))
	cat >"$folder/node$1.yaml" <<-END
		issuer: "http://127.0.0.1:$port"
		listen: ["127.0.0.1:$at"]
		metrics: "127.0.0.1:$((at + 1))"
		database: "$(database_name)"
		keys: { kek: "$folder/keys/kek" }
		web: "$PWD/web/dist"
		trusted_proxies: [127.0.0.1]
		password: { memory_kib: 7168, passes: 1 }
		log: { level: warn }
		${extra:-}
		policy:
		  default: { ask: [password, "push:enter:6 | totp"] }
		  rules:
		    - { name: a number of two digits, when: { client: bench-push }, ask: ["push:enter:2"] }
		    - { name: a code alone, when: { client: bench-code }, ask: [totp] }
		    - { name: five letters, when: { client: bench-confirm }, ask: ["push:confirm"] }
		    - { name: one of three, when: { client: bench-choose }, ask: ["push:choose:2"] }
		    - { name: a number of six digits, when: { client: bench-six }, ask: ["push:enter:6"] }
		    - { name: recovery alone, when: { client: bench-recovery }, ask: ["recovery | pass"] }
		    - { name: known, when: { client: bench-known, known_browser: true }, ask: [password] }
		    - { name: unknown, when: { client: bench-known }, ask: [password, totp] }
	END
}

# Where the daemons' data is: on the disk of the tree, because writes are durable there as they are in service.
cluster_write() {
	local i
	folder=$(mktemp -d "$PWD/build/soak.XXXXXX")
	trap cluster_remove EXIT
	port=$(ports_find)
	local database=()
	[[ ${SOAK_DATABASE:-sqlite} == sqlite ]] || database=(--database "$SOAK_DATABASE")
	"$build/src/cli/symbolon" init --dir "$folder" --issuer "http://127.0.0.1:$port" "${database[@]}" >/dev/null
	for ((i = 0; i < nodes; i++)); do node_write "$i"; done
	head -c 8 /dev/zero >"$folder/clock"
}

cluster_remove() {
	local status=$?
	if [[ $status -ne 0 || ${SOAK_KEEP:-} == yes ]]; then
		printf 'kept for a look: %s\n' "${folder#"$PWD"/}" >&2
		tail -n 3 "$folder"/node*.log >&2 || true
	else
		rm -rf "$folder"
	fi
}

# soak VARIANT PART COUNT: runs it, bounded in time.
soak() {
	build=${SOAK_BUILD:-$PWD/build/$1}
	[[ -x $build/tests/soak/symbolon-soak ]] || {
		printf '%s is not built: ./run build %s\n' "${build#"$PWD"/}" "$1" >&2
		exit 1
	}
	cluster_write
	[[ $1 != testing ]] || export SYMBOLON_TEST_CLOCK=$folder/clock
	timeout -k 10 "${SOAK_SECONDS:-7200}" "$build/tests/soak/symbolon-soak" --program "$build/src/cli/symbolon" \
		--folder "$folder" --port "$port" --nodes "$nodes" --part "$2" --count "$3"
}
