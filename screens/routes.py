"""What the process serves beside the screens, and the headers of everything it serves."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from screens import assets, tiles

# Streamlit's own page and the map's frame build code from text and set styles in place; nothing else is open.
SOURCES = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "frame-src": "'self'",
    "frame-ancestors": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{kind} {allowed}" for kind, allowed in SOURCES.items()),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
}

# Else the page asks for the server below its own address first, and a link to a screen begins with errors.
SERVER = b'<script>window.__streamlit = { BACKEND_BASE_URL: window.location.origin + "/" };</script>'


def routes() -> list[BaseRoute]:
    """
    Routes beside Streamlit's own.

    Returns
    -------
    routes
        ``/tiles`` and ``/vendor``. The latter answers 404 while the map assets are not installed.
    """
    vendor = StaticFiles(directory=assets.FOLDER, check_dir=False)
    return [tiles.route(), Mount("/vendor", vendor, name="vendor")]


def middleware() -> Sequence[Middleware]:
    """
    What every request passes.

    Returns
    -------
    middleware
        The check of the host asked for, then the headers and the page's language.
    """
    hosts = list(st.get_option("server.allowedHosts") or ["*"])
    return [Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False), Middleware(Hardened)]


class Hardened:
    """
    Adds the security headers, and names the language of Streamlit's page.

    Parameters
    ----------
    app
        Application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _is_page(scope):
            await self.app(_uncompressed(scope), receive, _Page(send, language=_language(scope)))
        else:
            await self.app(scope, receive, _with_headers(send))


class _Page:
    """Streamlit's page on its way out: held back until it is whole, language and server put in."""

    def __init__(self, send: Send, *, language: str) -> None:
        self.send = _with_headers(send)
        self.language = language
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            is_html = Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")
            if not is_html:
                await self.send(message)
                return
            self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self.start)

    async def _finish(self, start: Message) -> None:
        page = self.body.replace(b'<html lang="en"', f'<html lang="{self.language}"'.encode(), 1)
        page = page.replace(b"<head>", b"<head>" + SERVER, 1)
        if self.body:
            MutableHeaders(raw=start["headers"])["content-length"] = str(len(page))
        await self.send(start)
        await self.send({"type": "http.response.body", "body": page})


def _is_page(scope: Scope) -> bool:
    """Streamlit answers its page for every address that is not one of its own folders or ours."""
    first = scope["path"].lstrip("/").split("/", 1)[0]
    return scope["method"] in {"GET", "HEAD"} and first not in {
        "_stcore",
        "component",
        "media",
        "static",
        "tiles",
        "vendor",
    }


def _language(scope: Scope) -> str:
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("lang", ["vi"])
    return "en" if asked[-1] == "en" else "vi"


def _uncompressed(scope: Scope) -> Scope:
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": headers}


def _with_headers(send: Send) -> Send:
    async def outer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return outer
