#!/bin/sh
# Makes sure that the browser tests have a Chromium: the one named in CHROMIUM, one on the PATH, or Debian's.
set -eu
if [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium for the browser tests"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null
  exit 0
fi
echo "The browser tests need Chromium and it is not here. Install it (Debian or Ubuntu: sudo apt-get install chromium" >&2
echo "fonts-liberation), or name one: make test CHROMIUM=/path/to/chromium" >&2
exit 1
