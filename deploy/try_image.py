"""Builds the image without a container engine, and serves from it: `python -m deploy.try_image` as root, on Debian 12.

Each stage is a copy-on-write root above this machine's (overlayfs), in which the steps of deploy/Dockerfile are done as
they stand there. So this machine is the base image, and its Python has to be of the same version. At the end the last
root is read-only, but for the volume and /tmp; `reelc doctor` and `reelc serve` run in it as the image's user, and the
image's health check has to succeed.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deploy.dockerfile import FILE, Stage, stages

TREE = FILE.parents[1]
PATIENCE = 60
DEVICES = ("null", "zero", "full", "random", "urandom")


class Root:
    """One stage's root folder, mounted in the mount namespace of this process."""

    def __init__(self, folder: Path) -> None:
        self.path, self.workdir, self.environment = folder / "root", "/", dict[str, str]()
        for name in ("upper", "work", "root"):
            (folder / name).mkdir(parents=True)
        layers = f"lowerdir=/,upperdir={folder / 'upper'},workdir={folder / 'work'}"
        run("mount", "-t", "overlay", "overlay", "-o", layers, str(self.path))
        self._mount_system()
        # the name that the base image has for its Python
        python = self.path / "usr/local/bin/python"
        python.unlink(missing_ok=True)
        python.symlink_to("/usr/bin/python3")

    def _mount_system(self) -> None:
        """What programs need of the system, of which nothing can be changed."""
        run("mount", "-t", "proc", "proc", str(self.path / "proc"))
        run("mount", "--bind", "/sys", str(self.path / "sys"))
        run("mount", "-o", "remount,bind,ro", str(self.path / "sys"))
        run("mount", "-t", "tmpfs", "tmpfs", str(self.path / "dev"))
        for name in DEVICES:
            (self.path / "dev" / name).touch()
            run("mount", "--bind", f"/dev/{name}", str(self.path / "dev" / name))

    def inside(self, path: str) -> Path:
        """A path of the image on this machine."""
        return self.path / os.path.join(self.workdir, path).lstrip("/")

    def command(self, words: list[str], user: str = "") -> list[str]:
        """The command that runs words in the root; `user` is uid:gid."""
        uid, _, gid = user.partition(":")
        become = (
            ["/usr/bin/setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs"] if user else []
        )
        return ["/usr/sbin/chroot", str(self.path), *become, "env", "-C", self.workdir, *words]

    def variables(self) -> dict[str, str]:
        """The environment of its programs: the base image's, and that of ENV."""
        ours = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
        return {"PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/bin", **ours, **self.environment}


def run(*words: str, **options: object) -> None:
    """Run a command that has to succeed."""
    subprocess.run(words, check=True, **options)  # type: ignore[call-overload]


def build(stage: Stage, root: Root, others: dict[str, Root]) -> None:
    """Do a stage's steps."""
    for instruction, words in stage.steps:
        print(f"{instruction} {words}", flush=True)
        if instruction == "RUN":
            run(*root.command(["sh", "-ec", words]), env=root.variables())
        elif instruction == "COPY":
            copy(words, root, others)
        elif instruction == "WORKDIR":
            root.workdir = words
            root.inside(".").mkdir(parents=True, exist_ok=True)
        elif instruction == "ENV":
            root.environment.update(stage.environment())


def copy(words: str, root: Root, others: dict[str, Root]) -> None:
    """COPY from the tree, or from another stage."""
    source, *paths = words.split()
    if source.startswith("--from="):
        before = others[source.removeprefix("--from=")]
        places = [before.inside(path) for path in paths[:-1]]
    else:
        places = [TREE / path for path in (source, *paths[:-1])]
    target = root.inside(paths[-1])
    for place in places:
        if place.is_dir():
            shutil.copytree(place, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(place, target)


def seal(stage: Stage, root: Root) -> None:
    """Make the root read-only; /tmp is empty, the volume is the user's."""
    user, volume = stage.last("USER"), root.inside(stage.last("VOLUME"))
    run("mount", "-t", "tmpfs", "tmpfs", str(root.path / "tmp"))
    kept = tempfile.mkdtemp(dir=root.path.parent)
    run("chown", user, kept)
    run("mount", "--bind", kept, str(volume))
    run("mount", "-o", "remount,ro", str(root.path))


def doctor(stage: Stage, root: Root) -> None:
    """`reelc doctor` as the image's user."""
    run(*root.command(["reelc", "doctor"], stage.last("USER")), env=root.variables())


def serve(stage: Stage, root: Root) -> None:
    """The image's own command as its user, until its health check succeeds, and SIGTERM, after which it ends with 0."""
    user, words = stage.last("USER"), [*stage.command("ENTRYPOINT"), *stage.command("CMD")]
    server = subprocess.Popen(root.command(words, user), env=root.variables())
    try:
        for _ in range(PATIENCE):
            time.sleep(1)
            check = root.command(stage.command("HEALTHCHECK"), user)
            if (
                server.poll() is not None
                or not subprocess.run(check, env=root.variables(), stderr=subprocess.DEVNULL).returncode
            ):
                break
        else:
            sys.exit("the image's health check failed")
    finally:
        server.terminate()
    if code := server.wait(PATIENCE):
        sys.exit(f"{shlex.join(words)} ended with {code}")
    print(f"healthy: {shlex.join(stage.command('HEALTHCHECK'))}")


def attempt(folder: Path) -> None:
    """Build and try the image in a folder."""
    roots: dict[str, Root] = {}
    for number, stage in enumerate(stages(FILE.read_text())):
        root = roots[stage.name] = Root(folder / str(number))
        build(stage, root, roots)
    seal(stage, root)
    doctor(stage, root)
    serve(stage, root)


def main() -> None:
    """Try in a mount namespace of its own: what is mounted ends with it, before the folder is removed."""
    if os.geteuid():
        sys.exit("try_image.py mounts and changes roots: run it as root")
    if len(sys.argv) == 2:
        attempt(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory(prefix="reelc-image-") as folder:
        unshared = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        tried = subprocess.run([*unshared, sys.executable, "-m", "deploy.try_image", folder], cwd=TREE, check=False)
    sys.exit(tried.returncode)


if __name__ == "__main__":
    main()
