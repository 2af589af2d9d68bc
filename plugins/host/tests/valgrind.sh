#!/bin/sh
# Runs the tests of the host and of the kit under valgrind, which fails them where memory is lost for good, or used
# that is not theirs or was never written: `plugins/host/tests/valgrind.sh [what cargo test takes]`.
#
# First the host's side alone, with workers as they are, which may crash as they like;
# then those tests in which no worker dies, with the workers under valgrind too.
# It needs valgrind (`apt-get install valgrind libc6-dbg`) and three minutes of processor time.
set -eu
cd "$(dirname "$0")/../../.."

logs=$(mktemp -d)
trap 'rm -r "$logs"' EXIT
triple=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')

# Says of the tests behind `--` what valgrind has found: `watched HOW CARGO-TEST-ARGUMENTS`.
watched() {
    how=$1
    shift
    export "CARGO_TARGET_${triple}_RUNNER=valgrind --quiet --error-exitcode=9 --leak-check=full \
--errors-for-leak-kinds=definite --show-leak-kinds=definite --child-silent-after-fork=yes $how \
--suppressions=$PWD/plugins/host/tests/valgrind.supp --log-file=$logs/%p.log"
    status=0
    cargo test "$@" || status=$?
    # A worker is ended by its host, so that its exit code says nothing: what counts is what was written of it.
    find "$logs" -name '*.log' -size +0 -exec cat {} +
    if [ "$status" != 0 ] || [ -n "$(find "$logs" -name '*.log' -size +0)" ]; then
        echo "valgrind: something is wrong" >&2
        exit 1
    fi
}

watched --trace-children=no -p smalto-host -p smalto-sdk "$@"
watched "--trace-children=yes --trace-children-skip=*/cc,*/cargo,*/kill" -p smalto-host --test host "$@" -- \
    --skip crashes:: --skip what_crashes --skip what_kills --skip never_answers --skip is_cancelled \
    --skip outlives_the_process --skip writing:: --skip what_the_header_allows_is_taken
echo "valgrind: nothing is wrong"
