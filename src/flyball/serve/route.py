"""Routes: which paths there are, what each is for, and who may use it."""

from __future__ import annotations

from dataclasses import dataclass

from flyball.serve.problem import not_found, wrong_method
from flyball.system.excerpt import excerpt


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked for.

    Args:
        name: its name in metrics.
        method: GET or POST.
        before: the path up to the name of a model or an event; the whole path where there is none.
        after: the path after that name; `None` where there is none.
        scope: what a token must allow; an empty text where none is needed.

    >>> PREDICT.argument("/v1/models/ctr/predict"), PREDICT.argument("/v1/models")
    ('ctr', None)
    """

    name: str
    method: str
    before: str
    after: str | None = None
    scope: str = ""

    @property
    def allowed(self) -> str:
        """The methods, as the header `Allow` lists them."""
        return "POST, OPTIONS" if self.method == "POST" else "GET, HEAD, OPTIONS"

    def argument(self, path: str) -> str | None:
        """The name in a path, empty where the route has none; `None` where the path is another's."""
        if self.after is None:
            return "" if path == self.before else None
        if not path.startswith(self.before) or not path.endswith(self.after):
            return None
        name = path[len(self.before) : len(path) - len(self.after)]
        return name if name and "/" not in name else None


PREDICT = Route("predict", "POST", "/v1/models/", "/predict", "predict")
ELSEWHERE = Route("elsewhere", "POST", "/v1/models/", "/predictions", "predict")
OUTCOMES = Route("outcomes", "POST", "/v1/outcomes", None, "outcome")
EVENTS = Route("events", "POST", "/v1/events/", "", "outcome")
MODELS = Route("models", "GET", "/v1/models", None, "read")
MODEL = Route("model", "GET", "/v1/models/", "", "read")
LIVE = Route("livez", "GET", "/livez")
READY = Route("readyz", "GET", "/readyz")
METRICS = Route("metrics", "GET", "/metrics", None, "read")
OPENAPI = Route("openapi", "GET", "/openapi.json", None, "read")

ROUTES = (PREDICT, OUTCOMES, EVENTS, ELSEWHERE, MODELS, MODEL, LIVE, READY, METRICS, OPENAPI)
NOWHERE = Route("none", "GET", "")
"""In metrics: paths that are none of these."""


def find(method: str, path: str) -> tuple[Route, str]:
    """The route of a request, and the name in its path.

    Args:
        method: such as POST; HEAD is GET without the body, OPTIONS goes everywhere.
        path: with its percent signs decoded.

    Raises:
        Refused: there is no such path (404), or not for this method (405).

    >>> find("POST", "/v1/models/ctr/predict") == (PREDICT, "ctr")
    True
    """
    wanted = "GET" if method == "HEAD" else method
    there: Route | None = None
    for route in ROUTES:
        name = route.argument(path)
        if name is not None:
            if wanted in {route.method, "OPTIONS"}:
                return route, name
            there = there or route
    if there is not None:
        raise wrong_method(method, there.allowed)
    raise not_found(f"there is nothing at {excerpt(path)}; GET /openapi.json lists what there is")
