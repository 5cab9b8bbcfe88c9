#!/bin/sh
# What the browser tests need: Debian's Chromium with a font for Japanese, and two packages of npm.
set -eu
cd "$(dirname "$0")"
if ! command -v chromium >/dev/null || ! fc-list :lang=ja | grep -q .; then
  apt-get update -qq
  apt-get install -qq --yes --no-install-recommends chromium fontconfig fonts-noto-cjk fonts-dejavu-core
fi
npm ci --no-audit --no-fund --loglevel=error
