#!/usr/bin/env bash
# Makes the environment that every make target runs in: tools/install.sh PYTHON VENV
# Re-run by make whenever pyproject.toml or constraints.txt change; what is installed already is kept.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1 venv=$2
torch=$(grep -E '^torch==' constraints.txt)
cpu_wheels=https://download.pytorch.org/whl/cpu

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Python 3.11 or newer is needed, $python is $("$python" -V 2>&1). Try: make PYTHON=python3.12" >&2
  exit 2
}
echo "Set-up: $("$python" -V) environment in $venv (once; two to five minutes)"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
install() { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; }
reachable() { timeout 5 "$venv/bin/python" -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=4)' "$1" 2>/dev/null; }

# Without a GPU on Linux the CUDA build of torch is 3 GB for nothing: prefer the CPU build, where its index answers.
# A torch that is installed already is kept; elsewhere (macOS, a mirror with its own CPU wheel) the plain one is right.
if ! nvidia-smi >/dev/null 2>&1 && ! "$venv/bin/python" -m pip show --quiet torch 2>/dev/null; then
  extra=()
  if [ "$(uname -s)" = Linux ] && reachable "$cpu_wheels/"; then extra=(--extra-index-url "$cpu_wheels"); fi
  echo "Set-up: no GPU found, $torch from ${extra[1]:-the configured index}"
  install ${extra[@]+"${extra[@]}"} "$torch"  # bash 3.2 has no empty arrays under set -u
fi
install -c constraints.txt -e '.[dev]'
echo "Set-up: done"
