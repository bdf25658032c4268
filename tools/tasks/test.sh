# shellcheck shell=bash
#: test                     every test: at most 15 minutes on 2 cores; closes with "N passed, N failed"

# Each part builds what it needs, runs, and tallies its test cases. A part that fails to build, or that ran no test,
# counts as one failure; the others still run. Everything a part prints is in build/logs/PART.log.

[[ $# -eq 0 ]] || usage test

logs=build/logs
total_passed=0
total_failed=0
report=()

# tally PASSED FAILED SKIPPED: adds to the part that runs.
tally() { printf '%s %s %s\n' "$@" >>"$tally_file"; }

# tally_log KIND LOG: adds the test cases that a log shows.
tally_log() {
	local counted
	counted=$(node tools/count-tests.mjs "$1" "$2")
	printf '%s\n' "$counted"
	# shellcheck disable=SC2046 # three numbers
	tally $(head -n 1 <<<"$counted")
}

# check COMMAND…: a test that is a command; it passes when the command does.
check() {
	say "check: $*"
	if "$@"; then tally 1 0 0; else
		say "not ok: $*"
		tally 0 1 0
	fi
}

# part NAME TITLE: runs part_NAME and adds up.
part() {
	local name=$1 title=$2 begun=$SECONDS status passed failed skipped
	tally_file=$logs/$name.tally
	: >"$tally_file"
	printf '%-52s' "$title"
	set +e # not `|| status=$?`: behind || the part itself would no longer stop at an error
	(
		set -e
		"part_$name"
	) >"$logs/$name.log" 2>&1
	status=$?
	set -e
	read -r passed failed skipped < <(awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }' "$tally_file")
	if [[ $failed -eq 0 && ($status -ne 0 || $passed -eq 0) ]]; then failed=1; fi
	total_passed=$((total_passed + passed))
	total_failed=$((total_failed + failed))
	printf '%5d passed %4d failed %4d skipped %5d s\n' "$passed" "$failed" "$skipped" $((SECONDS - begun))
	[[ $failed -eq 0 ]] || part_failed "$name"
}

part_failed() {
	local name=$1
	report+=("$logs/$name.log")
	say "  --- $logs/$name.log:"
	grep -E '^not ok: ' "$logs/$name.log" | head -n 40 | sed 's/^/  /' || true
	say '  ---'
	tail -n 30 "$logs/$name.log" | sed 's/^/  | /'
}

# meson_suites VARIANT LOGBASE SUITE…: runs what is built. Programs share two cores with sanitizers on: be patient.
meson_suites() {
	local variant=$1 logbase=$2 status=0 options=() suite names
	shift 2
	[[ -f build/$variant/build.ninja ]] || {
		say "not ok: build/$variant could not be set up"
		return 1
	}
	mapfile -t names < <(meson introspect --tests "build/$variant" | node tools/built-tests.mjs "$@")
	[[ ${#names[@]} -gt 0 ]] || {
		say "not ok: no test of $* was built"
		return 1
	}
	[[ $variant != tsan ]] || mapfile -t options < <(tsan_wrapper)
	for suite in "$@"; do options+=(--suite "$suite"); done
	rm -f "build/$variant/meson-logs/$logbase.json"
	meson test -C "build/$variant" --no-rebuild --logbase "$logbase" --timeout-multiplier 4 --print-errorlogs \
		"${options[@]}" "${names[@]}" || status=$?
	tally_log meson "build/$variant/meson-logs/$logbase.json"
	return "$status"
}

# gcc 12's ThreadSanitizer cannot place its shadow under a kernel that randomises addresses widely.
tsan_wrapper() {
	local probe=build/tsan/probe
	printf 'int main(void) { return 0; }\n' | gcc -fsanitize=thread -x c - -o "$probe" || return 0
	if ! "$probe" >/dev/null 2>&1 && setarch -R "$probe" >/dev/null 2>&1; then
		printf '%s\n' --wrapper 'setarch -R'
	fi
}

part_layers() {
	check tools/check-layers --self-test
	check tools/check-layers
}

part_release() { check run_task build release; }

part_unit() {
	run_task build asan || tally 0 1 0
	meson_suites asan unit unit store confined
}

# What confines the processes works without a sanitizer only.
part_confined() {
	local status=0
	run_task build testing || tally 0 1 0
	meson_suites testing confined confined
	SYMBOLON_BIN=$ROOT/build/testing/bin timeout -k 10 300 node --test \
		--test-reporter=spec --test-reporter-destination=stdout \
		--test-reporter=tap --test-reporter-destination="$logs/confined.tap" tests/e2e/sandbox.test.mjs || status=$?
	tally_log node "$logs/confined.tap"
	return "$status"
}

# Each flow with a few faults of each kind, elsewhere each time; ./run soak faults has them all.
part_faults() { meson_suites asan faults faults; }

part_seeds() {
	check no_target_left_out
	meson_suites asan seeds fuzz-seeds
}

no_target_left_out() {
	local log=build/asan/meson-logs/meson-log.txt
	[[ -f build/asan/build.ninja && -f $log ]] && ! grep 'fuzz target .* is left out' "$log"
}

part_threads() {
	run_task build tsan || tally 0 1 0
	meson_suites tsan threads unit store
}

part_web() {
	check npm --prefix web run --silent check
	web_test
}

web_test() {
	local status=0
	timeout -k 10 300 npm --prefix web run --silent test >"$logs/web-test.log" 2>&1 || status=$?
	cat "$logs/web-test.log"
	tally_log node "$logs/web-test.log"
	return "$status"
}

part_e2e() {
	local status=0 files
	mapfile -t files < <(find tests/e2e -name node_modules -prune -o -name '*.test.mjs' -print | sort)
	[[ ${#files[@]} -gt 0 ]] || {
		say 'not ok: no tests in tests/e2e'
		return 1
	}
	# SYMBOLON_BIN is the folder of the two commands under test.
	# Two files at a time: each waits more than it works. A file that hangs is one that failed, not the end of the run.
	SYMBOLON_BIN=$ROOT/build/asan/bin timeout -k 10 900 node --test --test-concurrency=2 --test-timeout=400000 \
		--test-reporter=spec --test-reporter-destination=stdout \
		--test-reporter=tap --test-reporter-destination="$logs/e2e.tap" "${files[@]}" || status=$?
	tally_log node "$logs/e2e.tap"
	return "$status"
}

say 'Installing what is missing'
run_task setup
rm -rf "$logs"
mkdir -p "$logs"
say "Running the tests on $CORES cores; the whole logs are in $logs"
say
part layers 'layers: who may include whom'
part release 'release build: both commands and the web bundle'
part unit 'unit and store, AddressSanitizer and UBSan'
part faults 'faults of disk, power and memory, a sample'
part confined 'confinement of the processes, optimised build'
part seeds 'fuzz seeds, AddressSanitizer and UBSan'
part threads 'unit and store, ThreadSanitizer'
part web 'web: types, components'
part e2e 'end to end, daemon under AddressSanitizer'
say
say "took $SECONDS s"
[[ ${#report[@]} -eq 0 ]] || printf 'failed: see %s\n' "${report[@]}"
say
say "$total_passed passed, $total_failed failed"
[[ $total_failed -eq 0 ]]
