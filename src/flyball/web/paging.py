"""The routes of the page itself: the page, its files, signing in and out.

>>> [path for handler in (page, asset, login, logout) for path in handler.paths]
['/', '/static/{digest:str}/{name:str}', '/login', '/logout']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import MediaType, Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from markupsafe import Markup

from flyball.serve.problem import Refused
from flyball.serve.problem import problem as make
from flyball.web.sessions import HOURS

if TYPE_CHECKING:
    from flyball.web.desk import Desk

Asked = Request[Any, Any, Any]
Name = FromPath[str]
Form = URLEncodedBody[dict[str, str]]
FOR_EVER = "public, max-age=31536000, immutable"


@get("/", media_type=MediaType.HTML, include_in_schema=False)
async def page(request: Asked) -> Response[str]:
    """The dashboard; whoever may not look is asked to sign in."""
    desk: Desk = request.app.state.desk
    try:
        actor = desk.admit(request, "read")
    except Refused as refused:
        return _page(
            desk, "login.html", status=refused.problem.status, name="sign in", wrong="wrong" in request.query_params
        )
    return _page(
        desk,
        "dashboard.html",
        name=desk.running.status().system.name or "flyball",
        actor=actor,
        may_act=desk.may(request, "admin"),
        signed_in=desk.secret(request) is not None,
    )


@get("/static/{digest:str}/{name:str}", include_in_schema=False)
async def asset(request: Asked, digest: Name, name: Name) -> Response[bytes]:
    """A file of the page; its address changes with its content."""
    desk: Desk = request.app.state.desk
    found = desk.assets.get(name)
    if found is None:
        raise Refused(make("not-found", "the page has no such file; open the page again"))
    kept = FOR_EVER if digest == desk.assets.digest else "no-store"
    headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, media_type=found.media, headers=headers | {"Content-Encoding": "gzip"})
    return Response(found.data, media_type=found.media, headers=headers)


@post("/login", include_in_schema=False)
async def login(request: Asked, data: Form) -> Response[None]:
    """Begins a session of a browser with a token."""
    desk: Desk = request.app.state.desk
    authorization = f"Bearer {data.get('token', '').strip()}".encode()
    try:
        desk.keeper.admit(authorization, "read")
    except Refused:
        return Response(None, status_code=303, headers={"Location": "./?wrong"})
    answer: Response[None] = Response(None, status_code=303, headers={"Location": "./"})
    answer.set_cookie(
        desk.cookie(request),
        desk.sessions.begin(authorization),
        max_age=HOURS * 3600,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@post("/logout", include_in_schema=False)
async def logout(request: Asked) -> Response[None]:
    """Ends the session."""
    desk: Desk = request.app.state.desk
    desk.sessions.end(desk.secret(request))
    answer: Response[None] = Response(None, status_code=204)
    answer.delete_cookie(desk.cookie(request))
    return answer


def _page(desk: Desk, template: str, *, status: int = 200, **values: object) -> Response[str]:
    governor = desk.assets.get("governor.svg")
    picture = Markup("" if governor is None else governor.data.decode())  # noqa: S704  # our own file
    text = desk.pages.get_template(template).render(
        digest=desk.assets.digest, token=desk.token, governor=picture, **values
    )
    return Response(text, status_code=status, media_type=MediaType.HTML, headers={"Cache-Control": "no-store"})


PAGING = (page, asset, login, logout)
