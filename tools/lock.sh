#!/bin/sh
# Makes the lock files anew (maintainers; needs uv). Every package is pinned with its hashes, for all
# platforms and for Python 3.11 to 3.14, and no file names a package index. Extras stay in the file: where one package asks
# for another with an extra, older versions of pip overlook a pin that lacks it, and take the newest release, which has no hash.
set -eu
cd "$(dirname "$0")/.."
lock() { uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-strip-extras --no-header --python-version 3.11 "$@"; }
lock --extra build pyproject.toml -o requirements.lock
lock --extra build --extra test pyproject.toml -o requirements-test.lock
