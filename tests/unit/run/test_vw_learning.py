"""What is learned from Vowpal Wabbit's text costs what `vw --ftrl` says."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.run.files.byte_stream import FileUnreadable
from flyball.run.vw_learning import learn_vw
from flyball.system.learner import FTRL

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    Written = Callable[..., str]

ROWS, FIELDS, NAMES = 20_000, 30, 2_000


def _vw(path: str, *options: str) -> float:
    """The average loss of `vw --ftrl`."""
    command = [sys.executable, "-m", "vowpalwabbit", "-d", path, "--ftrl", "--holdout_off", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"average loss = (\S+)", done.stdout + done.stderr)
    assert found is not None, done.stderr
    return float(found[1])


def _options(learner: FTRL, bits: int = 18) -> list[str]:
    settings = {
        "--ftrl_alpha": learner.alpha,
        "--ftrl_beta": learner.beta,
        "--l1": learner.l1,
        "--l2": learner.l2,
        "-b": bits,
    }
    return ["--loss_function", "logistic", *(f"{part}" for pair in settings.items() for part in pair)]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20,000 rows of 30 ids with a long tail, every time the same."""
    rng = np.random.default_rng(7)
    w = rng.normal(0, 0.5, (FIELDS, NAMES))
    names = rng.zipf(1.3, (ROWS, FIELDS)) % NAMES
    margins = w[np.arange(FIELDS), names].sum(1) * 0.6 - 2
    yes = rng.random(ROWS) < 1 / (1 + np.exp(-margins))
    assert round(float(yes.mean()), 4) == 0.1833, "the generator makes other rows than it did"
    lines = [
        f"{1 if label else -1} | {' '.join(map(str, ids))}"
        for label, ids in zip(yes, names + np.arange(FIELDS) * NAMES, strict=True)
    ]
    path = tmp_path_factory.mktemp("generated") / "rows.vw"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("l1", "l2", "loss"), [(0.0, 0.0, 0.420674), (1.0, 0.0, 0.422517), (0.0, 1.0, 0.420826)])
def test_the_published_losses_are_met(generated: Path, l1: float, l2: float, loss: float) -> None:
    """Those of Vowpal Wabbit and of twenty lines of NumPy, which are the same."""
    learned = learn_vw(generated, FTRL(alpha=0.1, beta=1.0, l1=l1, l2=l2), bits=20)

    assert (learned.rows, learned.learned, learned.rejections) == (ROWS, ROWS, ())
    assert learned.loss == pytest.approx(loss, abs=2e-6)


@pytest.mark.parametrize("name", ["train", "test"])
@pytest.mark.parametrize(
    "learner",
    [FTRL(alpha=0.1), FTRL(alpha=0.5, beta=0.1), FTRL(alpha=0.5, l1=0.1), FTRL(alpha=2.0, l2=0.5)],
    ids=["slow", "fast", "l1", "l2"],
)
def test_the_loss_on_real_text_is_that_of_vowpal_wabbit(
    real: Callable[[str], str], tmp_path: Path, name: str, learner: FTRL
) -> None:
    """Reuters news, words with weights, gzipped."""
    path = real(f"rcv1_vw/rcv1_small_{name}.vw.gz")
    plain = tmp_path / "plain.vw"
    plain.write_bytes(gzip.decompress(Path(path).read_bytes()))

    assert learn_vw(path, learner).loss == pytest.approx(_vw(str(plain), *_options(learner)), abs=2e-5)


@pytest.mark.parametrize("bits", [6, 18])
def test_importances_names_and_lines_without_a_label_are_taken_as_vowpal_wabbit_takes_them(
    written: Written, dice: Random, bits: int
) -> None:
    """With so few bits that many names share an index."""
    lines = []
    for _ in range(600):
        names = f"user=u{dice.randrange(40)} {dice.randrange(9)}:{dice.random():.3f}"
        yes = dice.random() < 0.3
        lines += [
            f"{1 if yes else -1} {dice.choice([0.5, 1, 3])} |who {names} |what:0.5 é{int(yes)}{dice.randrange(5)}"
        ]
    lines.insert(100, "|who user=u1")
    path, learner = written("a.vw", "\n".join(lines) + "\n"), FTRL(alpha=0.3)

    learned = learn_vw(path, learner, bits=bits)

    assert (learned.rows, learned.learned) == (601, 600)
    assert learned.loss == pytest.approx(_vw(path, *_options(learner, bits)), abs=2e-5 if bits == 18 else 5e-3)
    assert len(learned.table) <= 1 << bits


def test_the_squared_loss_is_made_small_too(written: Written, dice: Random) -> None:
    """Any number is a label then."""
    rows = [(dice.randrange(5), dice.random()) for _ in range(2_000)]
    path = written("a.vw", "\n".join(f"{0.5 * name + 0.1 * noise:.4f} |f n{name}" for name, noise in rows))

    learned = learn_vw(path, FTRL(alpha=1.0), loss="squared")

    assert learned.rejections == ()
    assert learned.loss < 0.02, "the mean of each name was not found"


def test_without_settings_the_learner_finds_its_own(generated: Path) -> None:
    """And is at most half a percent behind the best of the published losses."""
    assert learn_vw(generated, FTRL(), bits=20).loss < 1.005 * 0.420674


def test_lines_that_cannot_be_learned_from_are_counted_with_their_numbers(written: Written) -> None:
    """And leave no trace."""
    lines = ["1 |f a", "2 |f a", "no bar", "-1 -2 |f a", "-1 |f a:x", "", "0 |f b", "-1 |f b"]

    learned = learn_vw(written("a.vw", "\n".join(lines)), FTRL(alpha=0.1))

    assert (learned.rows, learned.learned, len(learned.table)) == (2, 2, 3)
    assert [str(rejection) for rejection in learned.rejections] == [
        "2 rows: not_a_label, first at row 2: the label 2; accepted: -1 and 1",
        "1 row: no_bar, first at row 3: 'no bar' has no '|' before its features",
        "1 row: out_of_range, first at row 4: the importance -2; accepted: 0 or more",
        "1 row: unparsable, first at row 5: 'a:x' has no number behind its colon",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 1 0.5 |f a\n", "has the base 0.5 in line 1; leave bases out"),
        ("7 |f a\n", "has no example of Vowpal Wabbit's text .*the label 7; accepted: -1 and 1"),
        ("\n\n", "has no example of Vowpal Wabbit's text; give one with examples"),
    ],
)
def test_files_that_cannot_be_learned_from_are_refused(written: Written, text: str, message: str) -> None:
    """With what to do."""
    with pytest.raises(FileUnreadable, match=message):
        learn_vw(written("a.vw", text), FTRL(alpha=0.1))
