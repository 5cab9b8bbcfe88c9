#!/bin/sh
# Installs Node.js where it is missing, and the packages of npm that a folder has locked: tests/node_packages.sh FOLDER
set -eu
cd "$1"
if ! command -v npm >/dev/null; then
  root=
  [ "$(id -u)" -eq 0 ] || root=sudo
  $root apt-get update -qq
  $root apt-get install -qq --yes --no-install-recommends nodejs npm
fi
npm ci --no-audit --no-fund --loglevel=error
