"""The HTML report: complete, self-contained, and closed to whatever data holds."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from flyball.cli.report import render
from flyball.run.report import ModelReport, Report
from flyball.watch.scorecard import Scorecard
from tests.unit.cli.report_sample import clicks, sample

HOSTILE = [
    "<script>alert(1)</script>",
    "</title></style><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "&lt;script&gt;",
    "]]><!-- --><script>",
]


class Page(HTMLParser):
    """What a browser would see: elements, attributes, text, and whether every element was closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends: the last that began."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text."""
        self.words.append(data)


@pytest.fixture(scope="module")
def page() -> Page:
    """The sample, rendered."""
    return Page(render(sample()))


def test_page_closes_every_element_in_order(page: Page) -> None:
    """The writer of elements cannot leave one open."""
    assert page.open == []


def test_page_has_every_part_of_the_report(page: Page) -> None:
    """Each heading stands there once for each model that needs it."""
    text = " ".join(page.words)

    for part in (
        "Normalised entropy",
        "Log loss over time",
        "Error over time",
        "Beside others",
        "Calibration over time",
        "What became of the predictions",
        "Refused rows",
        "6 signals",
        "flyball replay ads.py clicks.csv.gz --score-column score",
        "3f7a1c0e9b5d8f2246c1a7e0d4b39f58",
        "time is not a moment",
        "country & hour",
        "(missing)",
        "always answering the base rate",
        "the world's own entropy",
    ):
        assert part in text


def test_page_asks_nobody_for_anything(page: Page) -> None:
    """No element and no style loads a thing, and the policy forbids it besides."""
    loading = [
        (tag, attributes)
        for tag, attributes in page.elements
        if tag in {"link", "img", "iframe", "object", "embed", "base", "form"} or {"src", "srcset"} & attributes.keys()
    ]
    policy = next(a["content"] for t, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    links = [a["href"] for tag, a in page.elements if "href" in a]

    assert loading == []
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline'; script-src 'sha256-" in policy
    assert all(link is not None and link.startswith("#") for link in links)
    assert not re.search(r"url\(|@import|https?://", "".join(page.words))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_values_become_text_wherever_they_stand(hostile: str) -> None:
    """As system, file, command, slice value or example: no element and no attribute comes of them."""
    tame, wild = Page(render(sample(count=3_000, hostile="X"))), Page(render(sample(count=3_000, hostile=hostile)))

    assert hostile in "".join(wild.words)
    assert [tag for tag, _ in tame.elements] == [tag for tag, _ in wild.elements]
    assert [sorted(a) for _, a in tame.elements] == [sorted(a) for _, a in wild.elements]
    assert wild.open == []


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_of_models_signals_and_baselines_become_text(hostile: str) -> None:
    """Names from the definition are escaped like data."""
    model = clicks(2_000)
    baseline = model.baselines["logged score"]
    renamed = replace(
        model,
        name=hostile,
        learner=hostile,
        outcome=hostile,
        signals=(replace(model.signals[0], name=hostile, kind=hostile, note=hostile),),
        baselines={hostile: baseline},
        slices={hostile: model.slices["hour"]},
    )
    scripts = [
        tag for tag, _ in Page(render(replace(sample(count=3_000), models=(renamed,)))).elements if tag == "script"
    ]

    assert scripts == ["script"]


def test_page_stays_below_a_megabyte_with_many_slices(page: Page) -> None:
    """Aggregates only: rows of data never reach the page."""
    assert len(render(sample(count=60_000))) < 1_000_000


def test_a_report_of_nothing_is_a_page_all_the_same() -> None:
    """An empty file has no model, no rows and no time."""
    page = Page(render(Report(system="ads", digest="", source="", command="", seconds=0.0, rows=0)))

    assert "All 0 rows were accepted." in "".join(page.words)


@pytest.mark.parametrize("kind", ["binary", "number"])
def test_a_model_that_met_no_example_says_so(kind: str) -> None:
    """There is nothing to draw, and no traceback."""
    card = Scorecard(kind=kind, examples=0, weight=0.0)  # type: ignore[arg-type]  # parametrised by name
    model = ModelReport(name="ctr", version=1, scorecard=card, tally={"predictions": 3, "pending": 3})
    words = "".join(Page(render(replace(sample(count=3_000), models=(model,)))).words)

    assert "No example yet" in words
    assert "3 predictions, each counted once: nothing vanished." in words


def test_a_count_that_does_not_add_up_is_shown_as_wrong(page: Page) -> None:
    """The sample's second model has lost one prediction."""
    assert "6,000 predictions, but the parts add up to 5,999: 1 missing." in "".join(page.words)


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_few_examples_make_a_page_without_nan(count: int) -> None:
    """Single examples, one class alone, a single bucket: dashes, not NaN."""
    text = render(replace(sample(count=3_000), models=(clicks(count),)))

    assert Page(text).open == []
    assert not re.search(r"\b(nan|inf|None)\b", text.split("<body>")[1].split("<script>")[0])


def test_rendering_twice_gives_the_same_bytes() -> None:
    """No clock, no chance."""
    assert render(sample(count=3_000)) == render(sample(count=3_000))
