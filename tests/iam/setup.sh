#!/bin/sh
# What the test of permissions needs: Node.js and an evaluator of IAM's policies from npm.
set -eu
cd "$(dirname "$0")"
if ! command -v npm >/dev/null; then
  root=
  [ "$(id -u)" -eq 0 ] || root=sudo
  $root apt-get update -qq
  $root apt-get install -qq --yes --no-install-recommends nodejs npm
fi
npm ci --no-audit --no-fund --loglevel=error
