#!/usr/bin/env bash
# Executes the notebook by Jupyter with Deno's kernel, and checks what came out: 1 to 3 minutes.
#
#   notebooks/execute.sh            writes the outputs into the notebook
#   notebooks/execute.sh --check    leaves the notebook as it is
#
# EXPERIMENTS names another folder of runs; Hopper-v4__seed_3 must be among them. Needs Python 3.11 or newer with venv, and Node.js or
# Deno 2.9.6. Jupyter, its settings and Deno's kernel are installed into a temporary folder, so nothing of the user's is touched;
# kernel and client talk over 127.0.0.1.
set -euo pipefail

version=2.9.6
name=soft_actor_critic.ipynb
case "$#:${1-}" in
  0:) check=false ;;
  1:--check) check=true ;;
  *)
    echo "Cannot use \"$*\": expected --check or nothing" >&2
    exit 2
    ;;
esac
if [ -n "${EXPERIMENTS-}" ]; then
  EXPERIMENTS=$(cd "$EXPERIMENTS" && pwd)
  export EXPERIMENTS
fi
cd "$(dirname "$0")"

# The program itself, not the script that npx starts: the kernel has to be of the same version.
export NO_COLOR=1
path="console.log(Deno.execPath())"
if deno --version 2>/dev/null | grep -q "^deno $version "; then deno=$(deno eval "$path")
else deno=$(npx --yes "deno@$version" eval "$path"); fi

folder=$(mktemp -d)
copy=$(mktemp .executed.XXXXXX.ipynb) # here, because the kernel's imports are relative to the notebook
code=$(mktemp .executed.XXXXXX.ts)
trap 'rm -rf "$folder" "$copy" "$code"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The kernel leaves types out of account.
"$deno" eval "
  const { cells } = JSON.parse(Deno.readTextFileSync('$name'));
  for (const { cell_type, source } of cells) if (cell_type === 'code') console.log([source].flat().join(''));
" >"$code"
"$deno" check --quiet "$code"
"$deno" lint --quiet "$code"
"$deno" fmt --quiet --check "$code"

python3 -m venv "$folder/venv" || {
  echo "Cannot make a Python environment: install Python 3 with venv, as in apt-get install python3-venv" >&2
  exit 2
}
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt

# `deno jupyter --install` writes to the user's data folder, wherever the system has it: let that be ours. And it takes the first
# deno of the PATH, so ours comes first.
HOME=$folder XDG_DATA_HOME=$folder/share PATH="$(dirname "$deno"):$PATH" "$deno" jupyter --install >/dev/null 2>&1
kernel=$(find "$folder" -path "*/kernels/deno/kernel.json" -not -path "$folder/venv/*")
JUPYTER_PATH=$(dirname "$(dirname "$(dirname "$kernel")")")
export JUPYTER_PATH JUPYTER_CONFIG_DIR=$folder/config JUPYTER_DATA_DIR=$folder/data JUPYTER_RUNTIME_DIR=$folder/runtime
grep -qF "\"$deno\"" "$kernel" || {
  echo "The kernel in $kernel is not $deno" >&2
  exit 1
}

cp "$name" "$copy"
DENO_V8_FLAGS=--no-wasm-bounds-checks,--experimental-wasm-revectorize \
  "$folder/venv/bin/jupyter-execute" --inplace --kernel_name=deno --timeout=600 "$copy"

if $check; then "$deno" run --no-prompt --allow-read check_outputs.ts "$copy"
else "$deno" run --no-prompt --allow-read "--allow-write=$name,$name.partial" check_outputs.ts "$copy" "$name"; fi
