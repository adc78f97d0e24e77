"""An app of somebody else, in a process of its own: Authlib's client and a web server for the way back.

    another_app.py SITE PORT CLIENT_ID CLIENT_SECRET

Prints the address to which it sends people, waits for one to come back, does what it came for, and prints what it saw.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

site, port, client_id, client_secret = sys.argv[1:]
back = f"http://127.0.0.1:{port}/back"


class Back(BaseHTTPRequestHandler):
    """Where people come back."""

    def do_GET(self) -> None:
        """Note how, and thank them."""
        if self.path.startswith("/back"):
            self.server.came = f"http://127.0.0.1:{port}{self.path}"  # type: ignore[attr-defined]
        page = b"<!doctype html><html lang=en><title>Prints</title><h1>Thank you</h1></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


def wait_for(server: HTTPServer) -> str:
    """The address with which somebody came back."""
    server.came = ""  # type: ignore[attr-defined]
    while not server.came:  # type: ignore[attr-defined]
        server.handle_request()
    return server.came  # type: ignore[attr-defined]


server = HTTPServer(("127.0.0.1", int(port)), Back)
knows = requests.get(f"{site}/.well-known/oauth-authorization-server", timeout=60).json()
session = OAuth2Session(
    client_id,
    client_secret,
    scope="read create",
    redirect_uri=back,
    code_challenge_method="S256",
    token_endpoint_auth_method="client_secret_basic",
)
verifier = generate_token(48)
address, state = session.create_authorization_url(knows["authorization_endpoint"], code_verifier=verifier)
print(address, flush=True)
refusal = wait_for(server)  # the person cancels first
print(address, flush=True)
came = wait_for(server)
token = session.fetch_token(
    knows["token_endpoint"], authorization_response=came, state=state, code_verifier=verifier, timeout=60
)
me = session.get(f"{site}/api/v1/users/me/", timeout=60).json()
made = session.post(f"{site}/api/v1/posts/", json={"title": "Sent by another app"}, timeout=60)
changed = session.patch(f"{site}/api/v1/posts/{made.json()['id']}/", json={"title": "No"}, timeout=60)
following = session.refresh_token(knows["token_endpoint"], timeout=60)
asked = session.introspect_token(knows["introspection_endpoint"], token=following["access_token"]).json()
let_go = session.revoke_token(knows["revocation_endpoint"], token=following["refresh_token"])
after = requests.get(
    f"{site}/api/v1/users/me/", headers={"Authorization": f"Bearer {following['access_token']}"}, timeout=60
)
print(
    json.dumps(
        {
            "refusal": refusal,
            "came": came,
            "issuer": knows["issuer"],
            "scope": token["scope"],
            "me": me["username"],
            "made": made.status_code,
            "changed": changed.status_code,
            "new": following["refresh_token"] != token["refresh_token"],
            "asked": asked,
            "let_go": let_go.status_code,
            "after": after.status_code,
        }
    ),
    flush=True,
)
