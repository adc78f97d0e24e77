"""What the description says of headers: those that a request may carry, and those of the answers."""

from __future__ import annotations

from typing import Any

from postways.api.door import Door

AGAIN = "The same key with the same body within 24 hours does nothing again and is answered the same."
KNOWN = "An `ETag` that was answered here before: while it holds, the answer is 304 without a body."
READ = "The `ETag` that was read: if it was edited since, the answer is 412 and nothing is changed."
TIME_ZONE = "Time-Zone"
REFERENCE = "#/components/headers/{name}"
ANSWERED: dict[str, tuple[str, str]] = {  # name: what it says, an example
    "ETag": ("Version of what is answered.", '"5f2c.9d1e"'),
    "Idempotent-Replayed": ("`true` when the same key was answered before.", "true"),
    "RateLimit": (
        "What is left of each limit (`r`), and the seconds until there is more (`t`).",
        '"requests";r=599;t=42',
    ),
    "RateLimit-Policy": ("Each limit: how many (`q`) in how many seconds (`w`).", '"requests";q=600;w=60'),
    "Retry-After": ("Seconds after which another try makes sense.", "12"),
    TIME_ZONE: ("Where the days of the list are counted: what `tz` says, else UTC.", "Europe/Berlin"),
    "WWW-Authenticate": ("Which credentials are wanted.", 'Bearer realm="Postways", error="invalid_token"'),
    "X-Request-ID": ("What to name when you ask the people who run the site.", "0f3a9c1be2d47786"),
}
ALWAYS = ("X-Request-ID", "RateLimit-Policy", "RateLimit")
OF_STATUS = {401: ("WWW-Authenticate",), 409: ("Retry-After",), 429: ("Retry-After",), 503: ("Retry-After",)}


def components() -> dict[str, Any]:
    """Every header of an answer, to be referred to."""
    return {
        name: {"description": words, "schema": {"type": "string"}, "example": example}
        for name, (words, example) in ANSWERED.items()
    }


def of_request(method: str, told: Door) -> list[dict[str, Any]]:
    """The headers that an operation heeds."""
    found = []
    if method == "get":
        found.append(_parameter("If-None-Match", KNOWN))
    if method in ("put", "patch") and _editable(told):
        found.append(_parameter("If-Match", READ))
    if takes_key(method, told):
        found.append(_parameter("Idempotency-Key", AGAIN, minLength=1, maxLength=255))
    return found


def of_answer(status: int, method: str, told: Door) -> dict[str, Any]:
    """The headers of an answer."""
    names = [*ALWAYS, *OF_STATUS.get(status, ())]
    if status == 403 and told.scope is not None:  # noqa: PLR2004 which says the scope that the token lacks
        names.append("WWW-Authenticate")
    if status in (200, 304) and (method == "get" or (method in ("put", "patch") and _editable(told))):
        names.append("ETag")
    if status in (200, 304) and told.query is not None and "tz" in told.query.model_fields:
        names.append(TIME_ZONE)
    if takes_key(method, told) and status not in OF_STATUS:
        names.append("Idempotent-Replayed")
    return {name: {"$ref": REFERENCE.format(name=name)} for name in names}


def takes_key(method: str, told: Door) -> bool:
    """Whether an `Idempotency-Key` counts at this door."""
    return method != "get" and told.tag != "auth" and told.scope is not None


def _editable(told: Door) -> bool:
    return any(getattr(shape, "EDITED", None) for shape in told.answers.values())


def _parameter(name: str, words: str, **limits: int) -> dict[str, Any]:
    schema = {"type": "string", **limits}
    return {"name": name, "in": "header", "required": False, "description": words, "schema": schema}
