#!/bin/sh
# What the browser tests need: Node.js, a Chromium without windows (CHROMIUM names another one), a font for Japanese,
# two packages of npm.
set -eu
cd "$(dirname "$0")"
missing=
command -v "${CHROMIUM:-chromium-headless-shell}" >/dev/null || missing="$missing chromium-headless-shell"
command -v npm >/dev/null || missing="$missing nodejs npm"
command -v fc-list >/dev/null && fc-list :lang=ja | grep -q . ||
  missing="$missing fontconfig fonts-noto-cjk fonts-dejavu-core"
if [ -n "$missing" ]; then
  root=
  [ "$(id -u)" -eq 0 ] || root=sudo
  $root apt-get update -qq
  # shellcheck disable=SC2086 # several names
  $root apt-get install -qq --yes --no-install-recommends $missing
fi
npm ci --no-audit --no-fund --loglevel=error
