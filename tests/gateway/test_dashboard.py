"""The dashboard and the alerts ask for figures that the gateway serves."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from desk.settings import ROOT
from gateway.metrics import DANGERS, DELIVERIES, REQUESTS, TURNS

TOKEN: Final = "prometheus-only"
_SELECTED: Final = re.compile(r"\b(frontdesk_[a-z_]+)(?:\{([^}]*)\})?")
_GROUPED: Final = re.compile(r"\bby \(([^)]*)\)")


def expressions() -> dict[str, str]:
    """What dashboard and alerts ask, by the name of panel or alert."""
    dashboard = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text("utf-8"))
    alerts = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text("utf-8"))
    asked = {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in dashboard["panels"]
        for target in panel["targets"]
    }
    asked |= {rule["alert"]: rule["expr"] for group in alerts["groups"] for rule in group["rules"]}
    return asked


@pytest.fixture
def changes() -> dict[str, Any]:
    return {"metrics_token": SecretStr(TOKEN)}


def test_each_figure_asked_for_is_served_with_its_labels(http: httpx.Client) -> None:
    REQUESTS.labels("GET", "/chat", 200).observe(0.1)  # a figure is served from its first use on
    TURNS.labels("answered").observe(0.1)
    DANGERS.labels("emergency").inc(0)
    DELIVERIES.labels("sms", "sent").inc(0)
    answer = http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    served: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            served.setdefault(sample.name, set()).update(sample.labels)
    asked = 0
    for name, expression in expressions().items():
        grouped = {
            one.strip() for found in _GROUPED.findall(expression) for one in found.split(",")
        }
        for figure, selected in _SELECTED.findall(expression):
            labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selected)) | grouped
            assert figure in served, f"{name} asks for {figure}"
            assert labels <= served[figure], f"{name} asks {figure} for {labels}"
            asked += 1
    assert asked > 15


def test_every_panel_has_a_place_of_its_own() -> None:
    dashboard = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text("utf-8"))
    places = [(one["gridPos"]["x"], one["gridPos"]["y"]) for one in dashboard["panels"]]
    assert len(set(places)) == len(places)
    assert len({one["id"] for one in dashboard["panels"]}) == len(places)
