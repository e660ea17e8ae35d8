#!/bin/sh
# Makes onrecord/look/static/onrecord.css again. For maintainers: needs npm; nobody else does.
# Usage: tools/build_css.sh
# Raise a version here, run, read the difference, run the browser tests, and say the version in NOTICE.txt.
set -eu

GOVUK_FRONTEND=6.6.0
SASS=1.108.2

here=$(cd "$(dirname "$0")" && pwd)
target="$here/../onrecord/look/static/onrecord.css"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
npm init --yes >/dev/null 2>&1
npm install --silent --no-audit --no-fund "govuk-frontend@$GOVUK_FRONTEND" "sass@$SASS"
npx sass --no-source-map --no-charset --style=compressed \
    --load-path=node_modules/govuk-frontend/dist \
    "$here/onrecord.scss" "$work/onrecord.css"

for word in 'GDS Transport' 'url(' 'crest' '@import' '</'; do
    if grep -qiF "$word" "$work/onrecord.css"; then
        echo "The style sheet must not contain: $word" >&2
        exit 1
    fi
done
cp "$work/onrecord.css" "$target"
echo "onrecord.css: $(wc -c <"$target") bytes"
