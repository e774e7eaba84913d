#!/bin/sh
# Builds the wheel and runs the command from it, in an environment and a folder that have never seen the checkout.
# Usage: sh tests/wheel.sh PYTHON   (a Python that has the packages of requirements/dev.txt and build.txt)
set -eu

python=${1:?usage: sh tests/wheel.sh PYTHON}
case $python in
    /*) ;;
    */*) python=$PWD/$python ;;
esac
checkout=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
    echo "wheel: $*" >&2
    exit 1
}

# Built from a copy, so that nothing that an earlier build left in the checkout can slip in.
mkdir "$work/source"
(cd "$checkout" && tar -cf - --exclude=__pycache__ \
    scheduler jobs report mail workbook ledger programme templates tests config pyproject.toml README.md) |
    tar -xf - -C "$work/source"
(cd "$work/source" && "$python" -m build --wheel --no-isolation --outdir "$work/dist" . >"$work/build.log" 2>&1) || {
    cat "$work/build.log" >&2
    fail "it could not be built"
}
wheel=$(ls "$work"/dist/plancycle-*.whl)
"$python" -m zipfile --list "$wheel" | awk 'NR > 1 { print $1 }' >"$work/names"

for source in scheduler jobs report mail workbook ledger programme templates; do
    (cd "$checkout" && find "$source" -type f ! -path '*/__pycache__/*') >>"$work/wanted"
done
while read -r name; do
    grep -qxF "$name" "$work/names" || fail "$name is missing from the wheel; look at [tool.setuptools] in pyproject.toml"
done <"$work/wanted"
for sort in 'templates/.*\.html' 'programme/schemas/.*\.json' 'programme/forms/.*\.yaml' 'ledger/migrations/versions/.*\.py'; do
    grep -qx "$sort" "$work/names" || fail "nothing like $sort is in the wheel"
done
if grep -E '^(tests|config|docs|requirements)/' "$work/names"; then
    fail "these do not belong in the wheel"
fi

"$python" -m venv "$work/venv"
pip="$work/venv/bin/python -m pip --disable-pip-version-check --quiet"
$pip install --require-hashes -r "$checkout/requirements/run.txt"
$pip install --no-deps "$wheel"

mkdir "$work/empty"
cp -R "$checkout/config" "$work/empty/config"
cd "$work/empty"
unset PYTHONPATH PLANCYCLE_CONFIG PLANCYCLE_KEYS PLANCYCLE_KEYS_FILE
run() {
    "$work/venv/bin/plancycle" "$@" >"$work/said" 2>&1 || {
        cat "$work/said" >&2
        fail "plancycle $* ended with an error"
    }
}
run --help
run check --config config
run demo --config config --cycles 1 --out out
grep -q 'returned (6 of 6)' "$work/said" || fail "the demo took no return"
run schema
run status --config out/config
grep -q 'returns complete' "$work/said" || fail "status knows nothing of the demo"

echo "wheel: $(basename "$wheel") holds $(wc -l <"$work/names") files and works from an empty folder"
