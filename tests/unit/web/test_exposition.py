"""The page for Prometheus: what stands on it, what is left out, and that the documents name nothing else."""

from __future__ import annotations

import math
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from flyball.run.report import ENDINGS, ODDITIES
from flyball.serve.metric import Layout
from flyball.watch.alarm import Alarm
from flyball.web.exposition import MEASURES, exposition
from flyball.web.status import Alert, Card, Detail, LogStatus, ModelStatus, ProcessStatus, Status

SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND
DOCS = Path(__file__).parents[3] / "docs"
COUNTS = {name: place for place, name in enumerate(("predictions", *ENDINGS, *ODDITIES), start=10)}
SCORES = {name: 0.5 for name, _, _ in MEASURES} | {"examples": 4.0}
LATE = ModelStatus(
    card=Card(
        alarms=[Alarm(kind="beyond", signal="price", on=True, times=2, first_ts=5, last_ts=9)],
        version=3,
        state="paused",
        held=5,
        features=7,
        table_bytes=224,
        measures=SCORES,
        lately=SCORES | {"examples": 2.0},
    ),
    detail=Detail(
        counts=COUNTS,
        versions={"3": COUNTS, "-7": {"predictions": 2, "pending": 2}, "0": {"late": 1}},
        measures={"3": {"log_loss": 0.25, "examples": 4.0}, "-7": {"log_loss": 0.75, "examples": 9.0}},
    ),
)
FULL = Status(
    tick=9,
    now_us=NOW,
    heard_us=NOW,
    log=LogStatus(
        seq=50,
        log_ts=NOW - SECOND,
        learned_through=40,
        learned_ts=NOW - 3 * SECOND,
        log_bytes=1000,
        checkpoint_seq=30,
        checkpoint_ts=NOW - 60 * SECOND,
        disk_free=25,
        disk_total=100,
    ),
    models={"late": LATE},
    processes={
        "loop": ProcessStatus(name="loop", kind="loop", pid=5, resident_bytes=64, restarts=2, started_us=NOW),
        "worker 0": ProcessStatus(name="worker 0", kind="worker", pid=0, up=False, ring_fill=0.25),
    },
    alerts=[
        Alert(code="restarted", severity="warning", since_us=NOW, what="", todo="", where=where) for where in ("a", "b")
    ],
)

Key = tuple[str, frozenset[tuple[str, str]]]
Measures = dict[str, float]


def told(status: Status) -> dict[Key, float]:
    """The samples of the page, each of which stands there once."""
    found: dict[Key, float] = {}
    for family in text_string_to_metric_families(exposition(status).decode()):
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found, f"{key} stands there twice"
            found[key] = sample.value
    return found


def names(status: Status) -> set[str]:
    """The metrics of the page."""
    return {name for name, _ in told(status)}


def at(name: str, **labels: str) -> Key:
    """A sample's name and labels."""
    return name, frozenset(labels.items())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (at("flyball_learning"), 1.0),
        (at("flyball_loop_heard_timestamp_seconds"), 1.7e9),
        (at("flyball_log_last_seq"), 50.0),
        (at("flyball_learned_through_seq"), 40.0),
        (at("flyball_learning_lag_seconds"), 2.0),
        (at("flyball_checkpoint_seq"), 30.0),
        (at("flyball_checkpoint_timestamp_seconds"), 1.7e9 - 60.0),
        (at("flyball_log_size_bytes"), 1000.0),
        (at("flyball_disk_free_bytes"), 25.0),
        (at("flyball_disk_size_bytes"), 100.0),
        (at("flyball_alerts", severity="warning", kind="restarted"), 2.0),
        (at("flyball_process_up", process="loop"), 1.0),
        (at("flyball_process_up", process="worker-0"), 0.0),
        (at("flyball_process_restarts_total", process="loop"), 2.0),
        (at("flyball_process_resident_memory_bytes", process="loop"), 64.0),
        (at("flyball_process_start_time_seconds", process="loop"), 1.7e9),
        (at("flyball_channel_fill_ratio", process="worker-0"), 0.25),
        (at("flyball_stream_alarms", model="late", kind="beyond"), 1.0),
        (at("flyball_stream_alarmed_total", model="late", kind="beyond"), 2.0),
        (at("flyball_model_state", model="late", state="paused"), 1.0),
        (at("flyball_model_state", model="late", state="learning"), 0.0),
        (at("flyball_coefficients", model="late"), 7.0),
        (at("flyball_coefficients_size_bytes", model="late"), 224.0),
        (at("flyball_held_examples", model="late"), 5.0),
        (at("flyball_counts_balanced", model="late"), 1.0),
        (at("flyball_counted_predictions_total", model="late", version="v3"), 10.0),
        (at("flyball_prediction_fates", model="late", version="elsewhere v7", fate="pending"), 2.0),
        (at("flyball_oddities_total", model="late", version="none", kind="late"), 1.0),
        (at("flyball_orphans", model="late"), float(COUNTS["orphans"])),
        (at("flyball_examples", model="late", version="v3", over="all"), 4.0),
        (at("flyball_examples", model="late", version="v3", over="10m"), 2.0),
        (at("flyball_log_loss_nats", model="late", version="elsewhere v7", over="all"), 0.75),
        (at("flyball_calibration_ratio", model="late", version="v3", over="all"), 0.5),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else "",
)
def test_what_the_status_has_is_told_in_base_units(key: Key, value: float) -> None:
    """One sample of each metric, and of each kind of version."""
    assert told(FULL)[key] == value


def test_every_count_of_a_version_is_told_once() -> None:
    """The fates, what is odd, and the predictions; orphans stand apart, as they fall."""
    families = {"flyball_counted_predictions_total", "flyball_prediction_fates", "flyball_oddities_total"}
    counted = [
        value for (name, labels), value in told(FULL).items() if name in families and ("version", "v3") in labels
    ]

    assert sorted(counted) == sorted(value for name, value in COUNTS.items() if name != "orphans")


def test_what_may_fall_is_no_counter() -> None:
    """Prometheus takes a counter that falls for one that began anew, and adds all of it once more."""
    kinds = {family.name: family.type for family in text_string_to_metric_families(exposition(FULL).decode())}

    assert {name for name, kind in kinds.items() if kind == "counter"} == {
        "flyball_process_restarts",
        "flyball_counted_predictions",
        "flyball_oddities",
        "flyball_stream_alarmed",
    }
    assert set(kinds.values()) == {"counter", "gauge"}


def test_what_is_not_known_is_left_out() -> None:
    """Before the loop was heard: whether it learns, and the room on the disk; nothing before the first look."""
    unheard = Status(tick=1, now_us=NOW, heard_us=NOW, learning=False, log=LogStatus(disk_free=5))

    assert told(unheard) == {at("flyball_learning"): 0.0, at("flyball_disk_free_bytes"): 5.0}
    assert exposition(Status(tick=0, now_us=0)) == b""


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"checkpoint_seq": 0, "checkpoint_ts": 0}, {"flyball_checkpoint_seq", "flyball_checkpoint_timestamp_seconds"}),
        ({"learned_ts": 0}, {"flyball_learning_lag_seconds"}),
        ({"disk_total": -1}, {"flyball_disk_size_bytes"}),
    ],
)
def test_a_part_that_is_not_known_is_left_out_alone(changes: dict[str, int], missing: set[str]) -> None:
    """All else stays."""
    changed = msgspec.structs.replace(FULL, log=msgspec.structs.replace(FULL.log, **changes))

    assert names(FULL) - names(changed) == missing


def test_a_process_that_is_down_has_neither_memory_nor_a_start() -> None:
    """But it is told that it is down."""
    down = {name for name, labels in told(FULL) if ("process", "worker-0") in labels}

    assert down == {"flyball_process_up", "flyball_process_restarts_total", "flyball_channel_fill_ratio"}


Numbers = st.floats() | st.integers(-(10**18), 10**18).map(float)
Scores = st.dictionaries(st.sampled_from([*(name for name, _, _ in MEASURES), "examples", "other"]), Numbers)
Versions = st.dictionaries(st.integers(-(10**9), 10**9).map(str), Scores, max_size=3)
Names = st.text(min_size=1, max_size=5)


@given(Names, Names, Scores, Scores, Versions, st.integers(0, 10**9))
def test_whatever_the_measures_no_line_is_no_number(
    name: str, other: str, measures: Measures, lately: Measures, versions: dict[str, Measures], version: int
) -> None:
    """Every page can be read, each sample stands there once, none is NaN or infinite, names keep their letters."""
    card = Card(version=version, state="learning", measures=measures, lately=lately)
    model = ModelStatus(card=card, detail=Detail(measures=versions))
    found = told(msgspec.structs.replace(FULL, models={name: model, other: model}))

    assert all(math.isfinite(value) for value in found.values())
    assert {dict(labels)["model"] for _, labels in found if "model" in dict(labels)} == {name, other}


def test_names_and_labels_keep_to_the_conventions() -> None:
    """The prefix, and no label but model, version and one that is bounded; alerts have two of those."""
    allowed = {"process", "state", "fate", "kind", "over", "severity"}
    for name, labels in told(FULL):
        others = {label for label, _ in labels} - {"model", "version"}
        assert re.fullmatch(r"flyball_[a-z0-9_]+", name), name
        assert others <= allowed, name
        assert len(others) <= (2 if name == "flyball_alerts" else 1), name


def of_workers() -> set[str]:
    """The metrics of the API's port."""
    ends = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}
    return {metric.name + end for metric in Layout(["late"]).metrics for end in ends[metric.kind]}


def test_no_name_stands_on_both_ports() -> None:
    """A sum over both jobs would count twice."""
    assert names(FULL).isdisjoint(of_workers())


def section(page: str, title: str) -> str:
    """A section of a document."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert found, f"{page} has no section {title!r}"
    return found


@pytest.mark.parametrize(("page", "title"), [("operations.md", "What to watch"), ("dashboard.md", "Prometheus")])
def test_the_documents_name_only_metrics_that_there_are(page: str, title: str) -> None:
    """On one port or the other; a rule with a name that is nowhere would never fire."""
    named = set(re.findall(r"\bflyball_[a-z0-9_]+", section(page, title)))

    assert named - names(FULL) - of_workers() == set()
    assert named & names(FULL), "the section names metrics"


def test_every_metric_is_explained() -> None:
    """In the table, with the labels that it has."""
    table = section("dashboard.md", "Prometheus").partition("| metric |")[2]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `flyball_")]
    explained = {name: set(re.findall(r"`(\w+)`", row[2])) for row in rows for name in re.findall(r"`(\w+)`", row[1])}

    assert explained == {name: {label for label, _ in labels} for name, labels in told(FULL)}


def test_the_rules_ask_for_labels_that_there_are() -> None:
    """Five rules; each selector matches a sample of the full page, or asks for what Prometheus itself adds."""
    rules = re.findall(r"^ +expr: (.*)$", section("operations.md", "What to watch"), re.MULTILINE)
    selectors = [found for rule in rules for found in re.findall(r"\b(flyball_\w+)\{(\w+)=\"([^\"]+)\"\}", rule)]

    assert len(rules) == 5
    assert selectors, "at least one rule selects by a label"
    for name, label, value in selectors:
        assert any(name == known and (label, value) in labels for known, labels in told(FULL)), (name, label, value)
