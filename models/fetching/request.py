"""One HTTP request for the rest of a file, from a given byte on."""

import http.client
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import urlsplit

from models.errors import ModelError, one_line

BUSY = (408, 425, 429)
"""Answers that may be better a moment later, beside all from 500 on."""

REFUSED_RANGE = 416
CHUNK = 1 << 16  # bytes that are read at once
ELSEWHERE = "get the file in another way and show it with: ventral --model FILE"


class InterruptedTransferError(Exception):
    """The transfer ended early, for a reason that may pass by itself."""


class UnreachableError(InterruptedTransferError):
    """No server could be reached."""


class _WebOnly(urllib.request.HTTPRedirectHandler):
    """Follow redirects to http and https only, and never from https to http; `address` is the present one."""

    def __init__(self, address: str) -> None:
        self.address = address

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        allowed = ("https",) if req.type == "https" else ("http", "https")
        if (scheme := urlsplit(newurl).scheme) not in allowed:
            fp.close()
            raise ModelError(
                f"{req.full_url} redirects to {scheme or 'no'} address; expected {' or '.join(allowed)}; {ELSEWHERE}"
            )
        self.address = newurl
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def open_at(address: str, start: int, timeout: float) -> Iterator[http.client.HTTPResponse]:
    """The answer to a request for the file at `address` from the byte `start` on.

    A server may answer with the whole file. Proxies are those of the environment: http_proxy, https_proxy, no_proxy.
    Raises InterruptedTransferError after `timeout` seconds without a byte and for other faults that may pass,
    UnreachableError without a connection, and ModelError for faults that do not pass.
    """
    if urlsplit(address).scheme not in ("http", "https"):
        raise ModelError(f"'{address}' is not an address; expected one that starts with https:// or http://")
    redirects, headers = _WebOnly(address), {"User-Agent": "ventral", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        request = urllib.request.Request(address, headers=headers)
        response = urllib.request.build_opener(redirects).open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        raise _refusal(address, error) from error
    except urllib.error.URLError as error:
        raise _no_connection(redirects.address, error.reason) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise InterruptedTransferError(_words(error)) from error
    with response:
        yield response


def chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """The content of `response` as it comes; InterruptedTransferError when the connection breaks or falls silent."""
    while True:
        try:
            chunk = response.read1(CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise InterruptedTransferError(_words(error)) from error
        if not chunk:
            return
        yield chunk


def _refusal(address: str, error: urllib.error.HTTPError) -> Exception:
    """What an answer other than the file means."""
    with error:
        if error.code in BUSY or error.code >= 500:
            return InterruptedTransferError(f"it answers {error.code} {error.reason}")
        if error.code == REFUSED_RANGE:
            return ModelError(f"{address} is another file: it is shorter than expected; {ELSEWHERE}")
        if 300 <= error.code < 400:
            return ModelError(f"{address} redirects in a loop, or to what is no web address; {ELSEWHERE}")
        return ModelError(f"{address} answers {error.code} {error.reason}; {ELSEWHERE}")


def _no_connection(address: str, reason: object) -> InterruptedTransferError:
    words = _words(reason)
    if isinstance(reason, TimeoutError | ConnectionResetError):
        return InterruptedTransferError(words)
    kind = "cannot find" if isinstance(reason, socket.gaierror) else "cannot connect to"
    return UnreachableError(f"{kind} {urlsplit(address).hostname} ({words}); check the connection, or {ELSEWHERE}")


def _words(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return "nothing came in time"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return one_line(reason if isinstance(reason, Exception) else Exception(reason))
