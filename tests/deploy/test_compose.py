"""What a clinic that deploys Limber may take for granted about its containers."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from schemas.settings import Settings
from worker.tuning import Tuning

Services = dict[str, dict[str, Any]]

_JOBS = {"migrate", "temporal-schema", "temporal-namespace"}
_SECRET_WORD = re.compile(r"PASSWORD|PWD|TOKEN|SECRET|KEYS?$|DATABASE_URL")
_LOOPBACK_PAGES = {"temporal-ui", "grafana"}


def test_every_container_runs_without_privileges_on_a_file_system_it_cannot_write(services: Services) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"].split(":")[0] != "0", name
        assert not service.get("privileged"), name


def test_every_container_has_a_limit_and_comes_back_after_a_fault(services: Services) -> None:
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert {"cpus", "memory", "pids"} <= limits.keys(), name
        restart = service["restart"]
        assert restart == "unless-stopped" or name in _JOBS, (name, restart)


def test_only_the_api_and_two_pages_are_published_and_only_on_this_machine(services: Services) -> None:
    published = {name for name, service in services.items() if service.get("ports")}
    assert published == {"api"} | _LOOPBACK_PAGES
    for name in published:
        assert all(port["host_ip"] == "127.0.0.1" for port in services[name]["ports"]), name


def test_databases_and_temporal_have_no_way_out(deployment: dict[str, Any], services: Services) -> None:
    assert deployment["networks"]["inside"]["internal"] is True
    for name in ("database", "temporal-database", "temporal", "migrate", "prometheus"):
        assert set(services[name]["networks"]) == {"inside"}, name


def test_no_secret_is_in_the_environment(services: Services) -> None:
    for name, service in services.items():
        for variable, value in (service.get("environment") or {}).items():
            if _SECRET_WORD.search(variable.removesuffix("__FILE").removesuffix("_FILE")):
                assert variable.endswith("_FILE"), f"{name}: {variable}"
                secret = Path(value).name
                assert secret in {mounted["source"] for mounted in service["secrets"]}, f"{name}: {variable}"


_ITS_SERVER_S_OWN = {"FORWARDED_ALLOW_IPS"}
"""Read by uvicorn."""


def test_every_variable_given_to_limber_is_one_it_reads(services: Services) -> None:
    known = {str(info.validation_alias.choices[0]) for info in Settings.model_fields.values()}  # type: ignore[union-attr]
    for name in ("api", "worker", "migrate"):
        given = {variable.removesuffix("_FILE") for variable in services[name]["environment"]}
        assert given <= known | _ITS_SERVER_S_OWN, name


def test_every_image_is_pinned_and_both_postgresql_servers_are_17(services: Services) -> None:
    for name, service in services.items():
        tag = service["image"].partition(":")[2]
        assert re.match(r"v?\d+\.\d+", tag), f"{name}: {service['image']}"
    assert {services[name]["image"].split(":")[1][:3] for name in ("database", "temporal-database")} == {
        "17."
    }


def test_temporal_is_the_version_that_the_tests_run_against(services: Services) -> None:
    binary = Path(sys.executable).with_name("temporal")
    told = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    server, page = re.findall(r"(?:Server|UI) ([\d.]+)", told)
    assert services["temporal"]["image"] == f"temporalio/server:{server}"
    assert services["temporal-schema"]["image"] == f"temporalio/admin-tools:{server}"
    assert services["temporal-ui"]["image"] == f"temporalio/ui:{page}"


def test_whatever_stays_up_says_whether_it_is_well(services: Services) -> None:
    for name, service in services.items():
        if name not in _JOBS | {"api"}:  # the image itself says it for the API
            assert service["healthcheck"]["test"], name


def test_limber_starts_after_its_schema_and_stops_before_its_texts_are_cut_off(services: Services) -> None:
    for name in ("api", "worker"):
        waits_for = services[name]["depends_on"]
        assert waits_for["migrate"]["condition"] == "service_completed_successfully"
        assert waits_for["temporal-namespace"]["condition"] == "service_completed_successfully"
    grace = re.fullmatch(r"(\d+)s", services["worker"]["stop_grace_period"])
    assert grace is not None
    assert timedelta(seconds=int(grace[1])) > Tuning().grace


def test_every_file_the_deployment_mounts_is_there(deployment: dict[str, Any]) -> None:
    for config in deployment["configs"].values():
        assert Path(config["file"]).is_file(), config["file"]
