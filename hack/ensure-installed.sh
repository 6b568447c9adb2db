#!/bin/sh
# Installs the development dependencies when they are missing or older than the lock file, so that
# `npm run demo` is one command after `git clone`. Plain sh: nothing else is there yet.
set -eu
cd "$(dirname "$0")/.."
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "installing dependencies (npm ci)"
  npm ci --no-fund --no-audit --loglevel=error
fi
