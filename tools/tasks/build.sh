# shellcheck shell=bash
#: build [VARIANT]          release (default), testing, asan, tsan or fuzz, in build/VARIANT; release also in build/bin

# What each variant is for:
#   release   what is shipped: optimised across files, hardened; beside it the load generator of ./run bench
#   testing   release with the switches that tests may turn (the clock, the size of budgets)
#   asan      testing under AddressSanitizer and UBSan, with the unit tests
#   tsan      testing under ThreadSanitizer, with the unit tests
#   fuzz      the fuzz targets, by clang

[[ $# -le 1 ]] || usage 'build [release|testing|asan|tsan|fuzz]'
variant=${1:-release}

optimised=(--buildtype=release -Db_pie=true -Db_lto=true -Dtests=false -Dbench=true)
case $variant in
release) options=("${optimised[@]}") ;;
testing) options=("${optimised[@]}" -Dtesting=true) ;;
asan) options=(--buildtype=debugoptimized -Dtests=true -Dtesting=true "-Db_sanitize=address,undefined") ;;
tsan) options=(--buildtype=debugoptimized -Dtests=true -Dtesting=true -Db_sanitize=thread) ;;
fuzz) options=(--buildtype=debugoptimized -Dtests=false -Dfuzz=true "-Db_sanitize=address,undefined" -Db_lundef=false) ;;
*) usage 'build [release|testing|asan|tsan|fuzz]' ;;
esac
compiler=gcc
[[ $variant != fuzz ]] || compiler=clang

run_task setup
mkdir -p build

# Two builds of one variant at a time would write into each other's files.
exec 9>"build/$variant.lock"
flock 9

# A folder that was set up with other options is set up anew.
stamp=build/setup/$variant.options
if [[ ! -f build/$variant/build.ninja || ! -f $stamp || $(<"$stamp") != "$compiler ${options[*]}" ]]; then
	rm -rf "build/$variant"
	CC=$compiler meson setup "build/$variant" "${options[@]}"
	mkdir -p build/setup
	printf '%s\n' "$compiler ${options[*]}" >"$stamp"
fi
status=0
ninja -C "build/$variant" -k 0 || status=$?

# bin/ holds the two commands under their own names, wherever meson left them.
mkdir -p "build/$variant/bin"
for command in src/cli/symbolon authenticator/symbolon-authenticator; do
	ln -sfn "../$command" "build/$variant/bin/${command##*/}"
done
if [[ $variant == release ]]; then
	[[ -L build/bin ]] || rm -rf build/bin
	ln -sfn release/bin build/bin
fi

if [[ $variant != fuzz && $variant != tsan ]]; then
	(cd web && flock ../build/web.lock npm run --silent build) || status=$?
fi
[[ $status -eq 0 ]] || die "the $variant build failed"
