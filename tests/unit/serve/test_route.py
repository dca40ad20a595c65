"""Routes: which paths there are."""

from __future__ import annotations

import pytest

from flyball.serve import route as at
from flyball.serve.problem import Refused
from flyball.serve.route import ROUTES, Route, find


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/v1/models/ctr/predict", (at.PREDICT, "ctr")),
        ("POST", "/v1/models/ctr/predictions", (at.ELSEWHERE, "ctr")),
        ("POST", "/v1/models/predict/predict", (at.PREDICT, "predict")),
        ("POST", "/v1/models/café/predict", (at.PREDICT, "café")),
        ("POST", "/v1/outcomes", (at.OUTCOMES, "")),
        ("POST", "/v1/events/shown", (at.EVENTS, "shown")),
        ("GET", "/v1/models", (at.MODELS, "")),
        ("HEAD", "/v1/models/ctr", (at.MODEL, "ctr")),
        ("GET", "/livez", (at.LIVE, "")),
        ("GET", "/readyz", (at.READY, "")),
        ("GET", "/metrics", (at.METRICS, "")),
        ("GET", "/openapi.json", (at.OPENAPI, "")),
    ],
)
def test_every_path_leads_to_what_it_is_for(method: str, path: str, expected: tuple[Route, str]) -> None:
    """With the name in it."""
    assert find(method, path) == expected


@pytest.mark.parametrize(
    "path", ["/", "", "/v1", "/v1/models/", "/v1/models//predict", "/v1/models/a/b/predict", "/livez/", "/v1/events/"]
)
def test_other_paths_lead_nowhere(path: str) -> None:
    """404, with where to look."""
    with pytest.raises(Refused, match="there is nothing at") as refused:
        find("GET", path)

    assert refused.value.problem.status == 404


@pytest.mark.parametrize("route", ROUTES)
def test_a_path_for_another_method_says_which(route: Route) -> None:
    """405, with the header that HTTP asks for."""
    path = route.before if route.after is None else f"{route.before}a{route.after}"
    with pytest.raises(Refused, match="DELETE is not done here") as refused:
        find("DELETE", path)

    assert refused.value.problem.status == 405
    assert refused.value.headers == ((b"allow", route.allowed.encode()),)
