# shellcheck shell=bash
#: fuzz [TARGET] [SECONDS]  fuzzes one target or all, 120 seconds each; the corpus grows in build/fuzz-corpus

target=
seconds=120
for argument in "$@"; do
	if [[ $argument =~ ^[0-9]+$ ]]; then seconds=$argument; elif [[ -z $target ]]; then target=$argument; else usage 'fuzz [TARGET] [SECONDS]'; fi
done

run_task build fuzz

mapfile -t targets < <(find build/fuzz/tests/fuzz -maxdepth 1 -type f -executable -name 'fuzz-*' -printf '%f\n' | sed 's/^fuzz-//' | sort)
[[ ${#targets[@]} -gt 0 ]] || die 'no fuzz target was built: see tests/fuzz/meson.build'
if [[ -n $target ]]; then
	[[ " ${targets[*]} " == *" $target "* ]] || die "no fuzz target \"$target\"; there are: ${targets[*]}"
	targets=("$target")
fi

artifacts=build/fuzz-artifacts
mkdir -p build/fuzz-logs "$artifacts"

# fuzz_one NAME: new inputs go to the first folder, the corpus; the seeds in the tree are only read.
fuzz_one() {
	local name=$1 corpus=build/fuzz-corpus/$1 log=build/fuzz-logs/$1.log status=0 found
	mkdir -p "$corpus"
	"build/fuzz/tests/fuzz/fuzz-$name" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 -artifact_prefix="$artifacts/$name-" "$corpus" "tests/fuzz/seeds/$name" >"$log" 2>&1 || status=$?
	found=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	if [[ $status -eq 0 ]]; then
		printf '%-24s %12s inputs, nothing found\n' "$name" "${found:-?}"
	else
		printf '%-24s FOUND SOMETHING: see %s and %s/%s-*\n' "$name" "$log" "$artifacts" "$name"
	fi
	return "$status"
}

say "fuzzing ${#targets[@]} targets for $seconds s each, two at a time"
failed=0
running=()
for name in "${targets[@]}"; do
	if [[ ${#running[@]} -ge 2 ]]; then
		wait "${running[0]}" || failed=$((failed + 1))
		running=("${running[@]:1}")
	fi
	fuzz_one "$name" &
	running+=($!)
done
for pid in "${running[@]}"; do
	wait "$pid" || failed=$((failed + 1))
done
[[ $failed -eq 0 ]] || die "$failed of ${#targets[@]} targets found something"
