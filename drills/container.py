"""A container of deploy/Containerfile: built, migrated, served, stopped, and started anew.

Buildah builds it on a Debian that debootstrap makes, so that no registry of images is needed;
Podman runs it with a root that cannot be written to, as `docs/operating.md` says. Needs root, and
access to Debian's packages and those of Python. Exit status 1 if anything is otherwise.
"""

import contextlib
import http.client
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from drills.faults import wait_for  # noqa: E402 (scripts beside this one)
from drills.restore import Report  # noqa: E402

FILE = ROOT / "deploy" / "Containerfile"
BASE, IMAGE, NAME = "localhost/aidapi-drill-base", "localhost/aidapi-drill", "aidapi-drill"
CERTIFICATES = "/etc/ssl/certs:/etc/ssl/certs:O"
"""Those of this machine, for the build: its packages may come through a mirror of its own. What
Debian's package writes there lies over them, and is thrown away."""
PIP = "/etc/pip.conf"
DRAIN = 5
SETTINGS = {
    "SECRET_KEY": "a-secret-key-for-drills-of-which-nothing-else-knows-anything",
    "CURSOR_KEYS": "drills",
    "ALLOWED_HOSTS": "127.0.0.1",
    "SECURE_SSL_REDIRECT": "false",
    "DRAIN_SECONDS": str(DRAIN),
}
LONGEST = 300
"""Seconds until it is ready; how long that takes is the machine's affair."""
PROGRAMS = ("buildah", "debootstrap", "podman", "runc")
PATHS = ["/livez", "/readyz", "/api/v1/statements/", "/", "/admin/login/", "/docs/"]


def main() -> None:
    if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
        sys.exit(f"Not installed: {', '.join(missing)}.")
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            began = time.monotonic()
            make_base(folder / "debian")
            build()
            report.row("built, with its Debian, in", f"{time.monotonic() - began:.0f} s", True)
            drill(folder, report)
        finally:
            for image in (IMAGE, BASE):
                subprocess.run(["buildah", "rmi", "--force", image], stdout=subprocess.DEVNULL)
    if report.failures:
        sys.exit(f"Failed: {'; '.join(report.failures)}.")


def run(*command: str) -> str:
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


def make_base(root: Path) -> None:
    """Make an image of Debian's minimal system."""
    run("debootstrap", "--variant=minbase", "bookworm", str(root))
    container = run("buildah", "from", "scratch")
    try:
        run("buildah", "copy", "--quiet", container, str(root), "/")
        run("buildah", "commit", "--quiet", container, BASE)
    finally:
        run("buildah", "rm", container)


def build() -> None:
    run(
        *("buildah", "build", "--quiet", "--runtime=runc", "--network=host"),
        f"--volume={CERTIFICATES}",
        *([f"--volume={PIP}:{PIP}:ro"] if Path(PIP).exists() else []),
        *(f"--build-arg=BASE={BASE}", f"--file={FILE}"),
        *(f"--tag={IMAGE}", str(ROOT)),
    )


@contextlib.contextmanager
def running(data: Path) -> Iterator[int]:
    """Run the server in a container in the background; yield its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    place = ("--env=GRANIAN_HOST=127.0.0.1", f"--env=GRANIAN_PORT={port}")
    podman("run", "--detach", "--name", NAME, *options(data), *place, IMAGE)
    try:
        yield port
    finally:
        podman("rm", "--force", "--time=0", NAME)


def podman(*command: str) -> str:
    """Run a command of Podman, with the engine that needs no systemd."""
    return run("podman", "--runtime=runc", *command)


def options(data: Path) -> list[str]:
    """Return what `podman run` is given: the network of this machine, and a folder to write to."""
    # Not more than this process may have itself, which not every machine permits.
    limits = {
        "nofile": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "nproc": min(4_096, resource.getrlimit(resource.RLIMIT_NPROC)[1]),
    }
    return [
        *("--pull=never", "--read-only", "--network=host", f"--volume={data}:/data"),
        *(f"--ulimit={name}={limit}:{limit}" for name, limit in limits.items()),
        *(f"--env={name}={value}" for name, value in SETTINGS.items()),
    ]


def drill(folder: Path, report: Report) -> None:
    data = folder / "data"
    data.mkdir()
    once = ("run", "--rm", *options(data), IMAGE)
    owner = int(podman(*once, "id", "-u"))
    report.row("its user", owner, owner != 0)
    os.chown(data, owner, owner)
    podman(*once, "python", "manage.py", "migrate", "--verbosity", "0")
    with running(data) as port:
        took = wait_for(lambda: status(port, "/readyz") == 200, LONGEST)
        report.row("ready after", f"{took:.1f} s", took < LONGEST)
        for path in PATHS:
            report.row(path, found := status(port, path), found == 200)
        touch = ["podman", "exec", NAME, "touch", "/srv/aidapi/new"]
        writes = subprocess.run(touch, stderr=subprocess.DEVNULL)
        report.row("its root can be written to", not writes.returncode, writes.returncode != 0)
        began = time.monotonic()
        podman("stop", f"--time={DRAIN + 25}", NAME)
        took = time.monotonic() - began
        report.row("stopped on SIGTERM within", f"{took:.1f} s", took < DRAIN + 20)
        (state,) = json.loads(podman("inspect", NAME))
        code = state["State"]["ExitCode"]
        report.row("its exit status", code, code == 0)
    with running(data) as port:
        took = wait_for(lambda: status(port, "/readyz") == 200, LONGEST)
        report.row(
            "another one with the same data is ready after", f"{took:.1f} s", took < LONGEST
        )


def status(port: int, path: str) -> int:
    """Return the status of a response; 0 if there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        return connection.getresponse().status
    return 0


if __name__ == "__main__":
    main()
