#!/bin/sh
# Checks what is in deploy/ by the linters of each format; `make deploy-check` runs it. The linters of
# requirements/deploy.txt are required; of other tools each that is missing is named.
set -eu
cd "$(dirname "$0")/.."
bin=$1
missing=""

has() { command -v "$1" > /dev/null || { missing="$missing $1"; return 1; }; }

"$bin/hadolint" --strict-labels deploy/Dockerfile
"$bin/yamllint" --strict --config-file deploy/yamllint.yaml deploy
"$bin/check-jsonschema" --builtin-schema vendor.compose-spec deploy/compose.yaml
for manifest in deploy/kubernetes/*.yaml; do
    # kustomize's own file is no object of Kubernetes
    [ "$manifest" = deploy/kubernetes/kustomization.yaml ] || "$bin/kubernetes-validate" --strict --quiet "$manifest"
done

if has kubectl; then kubectl kustomize deploy/kubernetes > /dev/null; fi
if has promtool; then promtool check rules deploy/alerts.yaml; fi
if has systemd-analyze; then
    units=$(mktemp -d)
    trap 'rm -r "$units"' EXIT
    for unit in deploy/systemd/*.service; do
        # the programs are not installed here
        sed 's#^ExecStart=/opt/reelc/bin/[a-z]*#ExecStart=/bin/true#' "$unit" > "$units/$(basename "$unit")"
    done
    mkdir "$units/reelc-serve.service.d"
    cp deploy/systemd/*.conf "$units/reelc-serve.service.d"
    # what it does not know it only warns of
    systemd-analyze verify "$units"/*.service > "$units/warnings" 2>&1 && [ ! -s "$units/warnings" ] ||
        { cat "$units/warnings"; exit 1; }
    systemd-analyze security --offline=yes --threshold=35 --no-pager "$units"/*.service > "$units/exposure" ||
        { cat "$units/exposure"; exit 1; }
    grep Overall "$units/exposure"
fi
echo "deploy/ is as its formats want it${missing:+; not checked, as these programs are missing:$missing}"
