"""The files of deploy/ are what their programs take, and name what exists. What they do is shown
by `drills/many.py` and `drills/container.py`."""

import os
import pwd
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from prometheus_client import generate_latest

from aidapi import lanes, primary, replicas, requests  # noqa: F401 (they declare the metrics)
from drills.proxies import proxy

DEPLOY = Path(settings.BASE_DIR) / "deploy"
DRILLED = {
    *(
        "common.env",
        "curators.env",
        "readers.env",
        "postgresql.conf",
        "postgresql-roles.sql",
        "failover.sh",
    ),
    *("haproxy.cfg", "nginx.conf", "pgbouncer.ini", "redis.conf"),
    "systemd/postgresql-standby.conf",
    "Containerfile",
}
"""Files that `drills/many.py` and `drills/container.py` run."""
PROMETHEUS = {"up"}
"""Metrics of Prometheus itself."""


def rules() -> list[dict]:
    groups = yaml.safe_load((DEPLOY / "prometheus-rules.yaml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_nothing_is_there_that_nothing_runs() -> None:
    found = {str(path.relative_to(DEPLOY)) for path in DEPLOY.rglob("*") if path.is_file()}
    units = {name for name in found if name.endswith((".service", ".timer"))}

    assert found == DRILLED | units | {"prometheus-rules.yaml"}
    parts = ("many.py", "clusters.py", "pooling.py", "proxies.py", "container.py")
    drill = "".join((DEPLOY.parent / "drills" / name).read_text("utf-8") for name in parts)
    assert [name for name in DRILLED if f'"{Path(name).name}"' not in drill] == []


def test_every_alert_has_a_runbook_and_metrics_that_exist() -> None:
    known = set(re.findall(r"^# TYPE (\w+)", generate_latest().decode(), re.MULTILINE))
    known |= {f"{name}{part}" for name in known for part in ("_total", "_bucket")} | PROMETHEUS

    for rule in rules():
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert rule["annotations"].keys() == {"summary", "runbook"}, rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")
        named = set(re.findall(r"\b(aidapi_\w+|up)\b", rule["expr"]))
        assert named, rule["alert"]
        assert named <= known, rule["alert"]
    assert len({rule["alert"] for rule in rules()}) == len(rules()) > 8


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_takes_the_rules() -> None:
    subprocess.run(
        ["promtool", "check", "rules", str(DEPLOY / "prometheus-rules.yaml")], check=True
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """With paths and a user that exist here."""
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text("utf-8").replace("/srv/aidapi/.venv/bin/python", sys.executable)
        text = text.replace("/srv/aidapi", str(settings.BASE_DIR))
        text = text.replace("User=aidapi", f"User={pwd.getpwuid(os.getuid()).pw_name}")
        (tmp_path / path.name).write_text(text)
    server = tmp_path / "postgresql@.service"
    server.write_text("[Service]\nExecStart=/bin/true\n")
    drop_in = tmp_path / "postgresql@.service.d"
    drop_in.mkdir()
    (tmp_path / "postgresql-standby.conf").rename(drop_in / "standby.conf")
    units = [
        path.name.replace("@.", "@8001.")
        for path in tmp_path.iterdir()
        if path.suffix in (".service", ".timer")
    ]

    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit) for unit in units)],
        text=True,
        capture_output=True,
    )

    said = "\n".join(line for line in found.stderr.splitlines() if str(tmp_path) in line)
    assert (found.returncode, said) == (0, ""), found.stderr


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="HAProxy is not installed")
def test_haproxy_takes_its_file() -> None:
    subprocess.run(["haproxy", "-c", "-q", "-f", str(DEPLOY / "haproxy.cfg")], check=True)


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_takes_its_file(tmp_path: Path) -> None:
    command = proxy("nginx", tmp_path, 8080, range(8000, 8004))

    subprocess.run([*command, "-t", "-q"], check=True)
