"""deploy/ and its page: what they name exists, and image, compose file, manifests and units agree with each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from deploy.dockerfile import stages
from server.app import OPERATIONS
from server.settings import PREFIX, Settings
from server.settings_file import FILE_VARIABLE
from server.web.identity import COOKIE
from tests.house.test_pages import anchors, command_of, options_of

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")

BUILD, IMAGE = stages((DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
DISTRIBUTED = Path(str(find_spec("distributed").origin)).parent  # type: ignore[union-attr]
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"].startswith("reelc")}
"""The services that run the image."""


def texts() -> dict[str, str]:
    """The files of deploy/, without those that this machine made, and the page."""
    files = [path for path in DEPLOY.rglob("*") if path.is_file() and not {"secrets", "__pycache__"} & {*path.parts}]
    return {path.relative_to(DEPLOY).as_posix(): path.read_text(encoding="utf-8") for path in files} | {"": PAGE}


def manifests() -> list[dict[str, Any]]:
    """Every object of Kubernetes."""
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    return [each for file in files for each in yaml.safe_load_all(file.read_text(encoding="utf-8")) if each]


def pods() -> list[dict[str, Any]]:
    """The specification of every pod."""
    return [each["spec"]["template"]["spec"] for each in manifests() if each["kind"] in {"Deployment", "StatefulSet"}]


def names(pattern: str) -> set[str]:
    return {name for text in texts().values() for name in re.findall(pattern, text)}


def test_the_files_are_really_looked_at() -> None:
    assert {"Dockerfile", "compose.yaml", "systemd/reelc-serve.service", "kubernetes/server.yaml"} <= texts().keys()


def test_every_variable_is_a_setting() -> None:
    settings = {PREFIX + name.upper() for name in Settings.model_fields} | {FILE_VARIABLE}
    assert {name.removesuffix("_FILE") for name in names(r"\bREELC_[A-Z0-9_]+")} <= settings


COMMAND = re.compile(r"(?:^|[`/|&=] ?|\s{2,})(?:/opt/reelc/bin/)?reelc (?P<words>[a-z][^`\n|]*)", re.MULTILINE)


def commands() -> Iterator[list[str]]:
    """Every command of reelc: in code of the page, in scripts and units, in services and pods."""
    code = "\n".join(block or span for block, span in re.findall(r"^```\n(.*?)^```|(`[^`\n]+`)", PAGE, re.M | re.S))
    scripts = [text for name, text in texts().items() if name.endswith((".sh", ".service"))]
    plain = "\n".join(re.sub(r"^#.*$", "", text, flags=re.MULTILINE) for text in scripts)
    for match in COMMAND.finditer(code + plain):
        yield match["words"].split()
    yield from (service["command"] for service in OURS.values() if "command" in service and "entrypoint" not in service)
    yield from (container["args"] for pod in pods() for container in pod["containers"] if "command" not in container)


def test_every_command_and_option_exists() -> None:
    seen = [*commands()]
    assert len(seen) > 5
    for words in seen:
        command, rest = command_of(words)
        assert not hasattr(command, "commands"), words
        assert {word for word in rest if word.startswith("-")} <= options_of(command), words


METRIC = r"\b(?:reelc|process|dask_scheduler)_[a-z_]+\b"
"""A metric; tests/server/test_gauges.py compares those of the page and of the alerts with what a server has."""


def test_what_the_page_watches_has_an_alert() -> None:
    rules = [
        rule for group in yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
    ]
    watched = PAGE.split("## What to watch", 1)[1]
    assert {*re.findall(METRIC, watched)} <= {name for rule in rules for name in re.findall(METRIC, rule["expr"])}
    assert len({rule["alert"] for rule in rules}) == len(rules)


def test_every_link_and_file_of_the_page_exists() -> None:
    for linked, anchor in re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", PAGE):
        target = (ROOT / "docs" / (linked or "deploy.md")).resolve()
        assert target.exists(), linked
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), anchor
    table = PAGE.split("| file | for |", 1)[1].split("\n\n", 1)[0]
    assert [name for name in re.findall(r"^\| `([^`]+)`", table, re.MULTILINE) if not (DEPLOY / name).exists()] == []


def test_image_services_pods_and_secrets_have_one_user() -> None:
    user = IMAGE.last("USER")
    uid, gid = user.split(":")
    assert f"groupadd --gid {gid} " in IMAGE.last("RUN")
    assert f"useradd --uid {uid} --gid {gid} " in IMAGE.last("RUN")
    assert {service["user"] for service in OURS.values()} == {user}
    assert {(pod["securityContext"]["runAsUser"], pod["securityContext"]["fsGroup"]) for pod in pods()} == {
        (int(uid), int(gid))
    }
    assert f"chown {user} " in texts()["make_secrets.sh"]


def test_image_services_and_pods_have_one_port() -> None:
    port = IMAGE.environment()["REELC_PORT"]
    assert port == IMAGE.last("EXPOSE") == str(Settings.model_fields["port"].default)
    assert f":{port}/healthz" in IMAGE.last("HEALTHCHECK")
    assert [each.split(":")[-1] for each in OURS["server"]["ports"]] == [port]
    named = {
        each["name"]: each["containerPort"] for pod in pods() for c in pod["containers"] for each in c.get("ports", [])
    }
    assert named["http"] == int(port)


def test_image_services_pods_and_units_have_one_folder() -> None:
    folder = IMAGE.last("VOLUME")
    assert folder == IMAGE.environment()["HOME"] == IMAGE.last("WORKDIR")
    assert IMAGE.environment()["REELC_DATA"] == f"{folder}/data"
    assert f"--home-dir {folder} " in IMAGE.last("RUN")
    assert f"--home-dir {folder} " in PAGE
    assert {each.split(":")[1] for service in OURS.values() for each in service.get("volumes", [])} == {folder}
    mounts = [
        each["mountPath"] for pod in pods() for container in pod["containers"] for each in container["volumeMounts"]
    ]
    assert mounts.count(folder) == len(pods())


def test_roots_are_read_only_and_tmp_is_not() -> None:
    assert all(service["read_only"] and service["tmpfs"][0].startswith("/tmp:") for service in OURS.values())
    for pod in pods():
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert "/tmp" in {each["mountPath"] for each in container["volumeMounts"]}


def made_secrets() -> set[str]:
    """The files that make_secrets.sh makes, but the key of the authority."""
    script = texts()["make_secrets.sh"]
    (roles,) = re.findall(r"for name in (.+); do", script)
    certificates = {f"{role}.{kind}" for role in roles.split() for kind in ("pem", "key")}
    return {*re.findall(r"\[ -e (\w+) \]", script), "ca.pem"} | certificates


def secrets_of(node: Any) -> set[str]:
    """Every path of a secret in a service or a pod."""
    return {*re.findall(r"/run/secrets/[\w./]+", yaml.safe_dump(node))}


def test_every_secret_of_a_service_is_made_and_given_to_it() -> None:
    assert {Path(each["file"]).name for each in COMPOSE["secrets"].values()} <= made_secrets()
    for name, service in COMPOSE["services"].items():
        assert secrets_of(service) == {f"/run/secrets/{secret}" for secret in service["secrets"]}, name


def created_secrets() -> dict[str, set[str]]:
    """The secrets of Kubernetes that the page creates, and their files."""
    found: dict[str, set[str]] = {}
    for command in re.findall(r"create secret generic ((?:.+\\\n)*.+)", PAGE):
        files = re.findall(r"--from-file=deploy/secrets/(\S+)", command)
        for role in ("server", "scheduler", "worker") if "$role" in command else ("",):
            found[command.split()[0].replace("$role", role)] = {file.replace("$role", role) for file in files}
    return found


def test_every_secret_of_a_pod_is_created_and_mounted() -> None:
    (settings,) = (each["data"] for each in manifests() if each["kind"] == "ConfigMap")
    created = created_secrets()
    assert set().union(*created.values()) <= made_secrets()
    for pod in pods():
        (container,) = pod["containers"]
        names = {each["name"]: each["secret"]["secretName"] for each in pod["volumes"] if "secret" in each}
        mounts = {each["mountPath"]: names[each["name"]] for each in container["volumeMounts"] if each["name"] in names}
        read = secrets_of(container) | (secrets_of(settings) if "envFrom" in container else set())
        files = {path for path in read if path not in mounts}
        assert {(mounts[str(Path(path).parent)], Path(path).name) for path in files} <= {
            (name, file) for name, kept in created.items() for file in kept
        }


def test_every_secret_of_a_unit_is_loaded() -> None:
    for name, text in texts().items():
        if name.startswith("systemd/"):
            loaded = dict(re.findall(r"^LoadCredential=([\w.]+):/etc/reelc/(\S+)$", text, re.MULTILINE))
            assert {*re.findall(r"%d/([\w.]+)", text)} == loaded.keys(), name
            assert {*loaded.values()} <= made_secrets()


def test_probes_ask_for_what_is_there() -> None:
    """The server's operations, and the scheduler's page of Dask that its routes leave."""
    paths = {operation.path for operation in OPERATIONS}
    for pod in pods():
        (container,) = pod["containers"]
        asked = {container[probe]["httpGet"]["path"] for probe in PROBES if probe in container}
        assert asked <= (paths if container["name"] == "server" else {"/health"})
        assert asked or container["name"] == "worker"
    assert names(r"distributed\.http\.[\w.]+") == {"distributed.http.health", "distributed.http.scheduler.prometheus"}


def test_every_variable_of_dask_is_a_setting_of_its_own() -> None:
    known = yaml.safe_load((DISTRIBUTED / "distributed.yaml").read_text(encoding="utf-8"))
    seen = names(r"\bDASK_[A-Z_]+")
    assert len(seen) > 2
    for name in seen:
        node = known
        for part in name.removeprefix("DASK_").lower().split("__"):
            node = node[part if part in node else part.replace("_", "-")]


def test_every_metric_of_dask_exists() -> None:
    source = (DISTRIBUTED / "http" / "scheduler" / "prometheus" / "core.py").read_text(encoding="utf-8")
    made = re.findall(r'(Counter|Gauge)MetricFamily\(\s*self\.build_name\("(\w+)"\)', source)
    known = {f"dask_scheduler_{name}{'_total' if kind == 'Counter' else ''}" for kind, name in made}
    assert "dask_scheduler_workers" in names(r"\bdask_scheduler_\w+")
    assert names(r"\bdask_scheduler_\w+") <= known


def test_the_workers_follow_a_metric_that_the_page_describes_with_free_slots() -> None:
    (scaler,) = (each["spec"] for each in manifests() if each["kind"] == "HorizontalPodAutoscaler")
    (metric,) = (each["external"] for each in scaler["metrics"])
    (args,) = (each["containers"][0]["args"] for each in pods() if each["containers"][0]["name"] == "worker")
    assert f"`{metric['metric']['name']}`" in PAGE
    assert metric["target"]["averageValue"] == f"{int(1000 * int(args[args.index('--slots') + 1]) / 1.25)}m"


def test_services_pods_and_units_of_the_scheduler_are_started_alike() -> None:
    (pod,) = (each["containers"][0] for each in pods() if each["containers"][0]["name"] == "scheduler")
    unit = texts()["systemd/reelc-scheduler.service"]
    (started,) = re.findall(r"^ExecStart=\S+ (.+ \\\n.+)$", unit, re.MULTILINE)
    ways = [OURS["scheduler"]["command"], pod["args"], started.replace("\\\n", " ").split()]
    assert len({frozenset(word.partition("=")[0] for word in words) for words in ways}) == 1
    options = [{w.partition("=")[0]: w.partition("=")[2] for w in words} for words in ways]
    assert {(each["--protocol"], each["--port"], each["--host"]) for each in options} == {("tls", "8786", "0.0.0.0")}


def test_the_image_is_built_from_what_the_build_is_given() -> None:
    copied = {path for instruction, words in BUILD.steps if instruction == "COPY" for path in words.split()[:-1]}
    assert all((ROOT / path).exists() for path in copied)
    ignored = texts()["Dockerfile.dockerignore"]
    assert {*re.findall(r"^!(.+)$", ignored, re.MULTILINE)} == copied
    assert BUILD.base == IMAGE.base


def test_everything_is_installed_by_hash() -> None:
    installs = [words for stage in (BUILD, IMAGE) for each, words in stage.steps if each == "RUN" and "pip" in words]
    assert len(installs) == 3
    assert all("--require-hashes" in words or "--no-index" in words for words in installs)


def test_every_manifest_is_applied() -> None:
    listed = {*yaml.safe_load(texts()["kubernetes/kustomization.yaml"])["resources"]}
    assert listed | {"kustomization.yaml"} == {path.name for path in (DEPLOY / "kubernetes").iterdir()}


def test_every_selector_selects_something() -> None:
    labels = [each["spec"]["template"]["metadata"]["labels"] for each in manifests() if each["kind"] == "Deployment"]
    for each in manifests():
        selector = each.get("spec", {}).get("selector") or each.get("spec", {}).get("podSelector") or {}
        wanted = selector.get("matchLabels", selector).get("app.kubernetes.io/component")
        assert not wanted or {"app.kubernetes.io/component": wanted} in labels, each["metadata"]["name"]


def test_the_ingress_is_for_the_public_address_and_keeps_a_user_at_one_server() -> None:
    (ingress,) = (each for each in manifests() if each["kind"] == "Ingress")
    (settings,) = (each["data"] for each in manifests() if each["kind"] == "ConfigMap")
    assert settings["REELC_PUBLIC_URL"] == f"https://{ingress['spec']['rules'][0]['host']}"
    assert f"$cookie_{COOKIE}" in ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/upstream-hash-by"]
