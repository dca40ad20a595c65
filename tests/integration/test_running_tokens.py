"""A running system that asks for tokens, at both of its doors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.cli.control_api import ControlApi, ControlRefused
from flyball.serve.tokens import make_token
from tests.integration.running_system import RunningSystem, bearer, until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ASK = {"inputs": {"hour": 7, "origin": "JFK"}}
SHOP, SHOP_TOKEN = make_token("shop", ["predict"], entropy=b"s" * 32)
OPS, OPS_TOKEN = make_token("ops", ["read", "admin"], entropy=b"o" * 32)


def looked(running: RunningSystem, secret: str) -> str:
    """What a look at the control API tells."""
    try:
        return ControlApi(running.running, secret).status().system.name
    except ControlRefused as error:
        return str(error)


def test_tokens_are_asked_for_at_both_doors_and_withdrawn_while_it_runs(tmp_path: Path) -> None:
    """Who has none, a wrong one, or one for something else is refused; nobody is let in after the line has gone."""
    file = tmp_path / "tokens"
    file.touch(mode=0o600)
    file.write_text(f"{SHOP_TOKEN}\n{OPS_TOKEN}\n")
    (tmp_path / "flyball.toml").write_text(f'[default]\nhost = "0.0.0.0"\ntokens_file = "{file}"\n')
    with RunningSystem(tmp_path) as running:

        def asked(headers: dict[str, str]) -> int:
            return running.call("POST", "/v1/models/late/predict", ASK, headers)[0]

        assert [asked(each) for each in ({}, bearer("flyball_guess"), bearer(OPS), bearer(SHOP))] == [
            401,
            401,
            403,
            200,
        ]
        assert running.call("POST", "/v1/outcomes", {"id": "r1", "value": True}, bearer(SHOP))[0] == 403
        assert "is not known" in looked(running, "flyball_guess")
        assert "has the scopes predict; this needs read" in looked(running, SHOP)
        assert looked(running, OPS) == "flights"

        file.write_text(f"{OPS_TOKEN}\n")
        until(lambda: asked(bearer(SHOP)) == 401, "the withdrawn token is refused")
        assert looked(running, OPS) == "flights"
        file.write_text(f"{SHOP_TOKEN}\n")
        until(lambda: "is not known" in looked(running, OPS), "so it is by the other door")
        until(lambda: asked(bearer(SHOP)) == 200, "and the one that came back is not")
        assert running.stop() == 0, running.said[-5:]
    assert not [line for line in running.said if SHOP in line or OPS in line], "a token was logged"
