"""The configurations of docs/gateway.md, run as they stand there: nginx and Caddy in front of the real server.

Only ports and the certificate are others. What must hold is the same for both.
"""

from __future__ import annotations

import datetime
import http.client
import io
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from PIL import Image
from urllib3.filepost import encode_multipart_formdata

from postways.db import db
from postways.local.processes import die_with_parent, kill_sessions
from postways.models import Post, Session
from tests.api.client import Client
from tests.cast import make_post, make_user
from tests.oauth.flow import Prints
from tests.servers import PATIENCE, ROOT, Site, Stream, Visitor, empty_database, free_port, until

pytestmark = pytest.mark.slow
DOCS = (ROOT / "docs" / "gateway.md").read_text("utf-8")
HOST = "photos.example.org"
ORIGIN = f"https://{HOST}"
OURS = (
    "Strict-Transport-Security",
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Permissions-Policy",
    "Cross-Origin-Opener-Policy",
)
UNSAID = ("Server", "Via", "X-Powered-By")
HEADERS_MORE = "libnginx-mod-http-headers-more-filter"


def block(name: str) -> str:
    """The one configuration of this kind in the document."""
    (found,) = re.findall(rf"^```{name}\n(.*?)^```", DOCS, re.M | re.S)
    return found


def put(text: str, **others: str) -> str:
    """`text` with something else in the place of each of these, every one of which must be there."""
    for word, other in others.items():
        assert word in text, f"{word} is not in the configuration any more"
        text = text.replace(word, other)
    return text


# --- the two servers


@dataclass
class Gate:
    """A gateway that runs: where it listens, and whose certificate to trust."""

    name: str
    tls: int
    plain: int
    site: Site
    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    def certify(self) -> None:
        """A certificate for HOST, signed by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
        moment = datetime.datetime.now(datetime.UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(moment - datetime.timedelta(days=1))
        made = made.not_valid_after(moment + datetime.timedelta(days=1))
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.key.write_bytes(key.private_bytes(*pem))

    def nginx(self) -> list[str]:
        """Command of an nginx that is told nothing but the document's block, where its files are, and its modules."""
        places = {
            "listen 443 ssl": f"listen 127.0.0.1:{self.tls} ssl",
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            f"/etc/letsencrypt/live/{HOST}/fullchain.pem": str(self.certificate),
            f"/etc/letsencrypt/live/{HOST}/privkey.pem": str(self.key),
            "http://127.0.0.1:8000": f"http://127.0.0.1:{self.site.port}",
        }
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"    {kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
        (self.folder / "nginx.conf").write_text(
            ("user root;\n" if os.geteuid() == 0 else "")
            + f"daemon off;\npid {self.folder}/pid;\nerror_log stderr;\ninclude /etc/nginx/modules-enabled/*.conf;\n"
            + f"events {{ }}\nhttp {{\n    access_log off;\n{temporary}{put(block('nginx'), **places)}}}\n"
        )
        return ["nginx", "-c", str(self.folder / "nginx.conf")]

    def cache(self) -> list[str]:
        """Command of an nginx that keeps all that it may, and tells what it had kept: somebody else's shared cache."""
        names = ("Host", "X-Forwarded-Host", "X-Forwarded-Proto https", "X-Forwarded-For $remote_addr")
        told = "".join(f"proxy_set_header {name if ' ' in name else f'{name} {HOST}'};\n" for name in names)
        (self.folder / "nginx.conf").write_text(
            ("user root;\n" if os.geteuid() == 0 else "")
            + f"daemon off;\npid {self.folder}/pid;\nerror_log stderr;\nevents {{ }}\nhttp {{\naccess_log off;\n"
            + f"proxy_cache_path {self.folder}/kept keys_zone=kept:1m;\nproxy_temp_path {self.folder}/proxy;\n"
            + f"client_body_temp_path {self.folder}/body;\nserver {{\nlisten 127.0.0.1:{self.plain};\nlocation / {{\n"
            + f"proxy_pass http://127.0.0.1:{self.site.port};\nproxy_cache kept;\nproxy_cache_key $request_uri;\n{told}"
            + "add_header X-Cache $upstream_cache_status always;\n}\n}\n}\n"
        )
        return ["nginx", "-c", str(self.folder / "nginx.conf")]

    def caddy(self) -> list[str]:
        """Command of a Caddy that is told nothing but the document's block, its ports and its certificate."""
        places = {
            "{\n\tservers {": f"{{\n\tadmin off\n\thttp_port {self.plain}\n\thttps_port {self.tls}\n\tservers {{",
            f"{HOST} {{\n\theader {{": f"{HOST} {{\n\ttls {self.certificate} {self.key}\n\theader {{",
            "127.0.0.1:8000": f"127.0.0.1:{self.site.port}",
        }
        (self.folder / "Caddyfile").write_text(put(block("caddy"), **places))
        return ["caddy", "run", "--adapter", "caddyfile", "--config", str(self.folder / "Caddyfile")]

    @contextmanager
    def running(self):
        """Until the end of the block."""
        log = self.folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                getattr(self, self.name)(),
                env={
                    **os.environ,
                    "HOME": str(self.folder),
                    "XDG_DATA_HOME": str(self.folder),
                    "XDG_CONFIG_HOME": str(self.folder),
                },
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - it makes one system call and touches no lock
            )
        try:
            until(lambda: self.listens() or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield self
        finally:
            kill_sessions([process.pid])
            process.wait()

    def listens(self) -> bool:
        try:
            for port in (self.tls, self.plain):
                socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True


def there(name: str) -> bool:
    """Whether this machine has the server with everything that its configuration asks for."""
    if shutil.which(name) is None:
        return False
    return name != "nginx" or bool(list(Path("/etc/nginx/modules-enabled").glob("*headers-more*")))


# --- the site behind them, and who asks


@pytest.fixture(scope="module")
def site(tmp_path_factory, worker_id, redis_url) -> Site:
    folder = tmp_path_factory.mktemp("gateway-site")
    site = Site(folder, empty_database(folder, f"postways_gateway_{worker_id}"), redis_url)
    site.environ |= {
        "ENV": "production",
        "SECRET_KEY": "a key that only these tests know and long enough",
        "MAIL_URL": "smtp://127.0.0.1:9",
        "BASE_URL": ORIGIN,
        "HOST": "127.0.0.1",
        "TRUSTED_PROXIES": "1",
    }
    return site


@pytest.fixture(scope="module")
def seen(site) -> Flask:
    with site.seen() as app:
        yield app


@pytest.fixture(scope="module")
def ada(seen):
    return make_user(seen, "ada")


@pytest.fixture(scope="module")
def post(seen, ada) -> Post:
    make_user(seen, "ben")
    return make_post(seen, ada, title="Boats", pictures=1)


@pytest.fixture(scope="module")
def web(site, post):
    with site.web():
        yield site


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def gate(request, web, tmp_path_factory) -> Gate:
    if not there(request.param):
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(f"{request.param} is not installed (for nginx with {HEADERS_MORE})")
        pytest.skip(f"{request.param} is not installed here")
    gate = Gate(request.param, free_port(), free_port(), web, tmp_path_factory.mktemp(request.param))
    gate.certify()
    with gate.running():
        yield gate


class Line(http.client.HTTPSConnection):
    """A connection to the gateway by its public name; `source` is where it comes from."""

    def __init__(self, gate: Gate, source: str = "127.0.0.1") -> None:
        trust = ssl.create_default_context(cafile=str(gate.certificate))
        super().__init__(HOST, gate.tls, timeout=PATIENCE, context=trust, source_address=(source, 0))

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout, self.source_address)
        self.sock = self._context.wrap_socket(plain, server_hostname=HOST)


class Answer:
    """What came back."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.data = answer.status, answer.headers, answer.read()

    @property
    def text(self) -> str:
        return self.data.decode(errors="replace")


class Person(Visitor):
    """A browser on the other side of the gateway."""

    def __init__(self, gate: Gate, source: str = "127.0.0.1") -> None:
        self.gate, self.cookies, self.connection = gate, {}, Line(gate, source)
        self.headers: dict[str, str] = {}

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """One request; the answer may come before all of it was sent."""
        names = {name.replace("_", "-"): words for name, words in headers.items()}
        whole = {"Host": HOST, "Cookie": self._cookie(), **self.headers, **names}
        with suppress(BrokenPipeError, ConnectionResetError):
            self.connection.request(method, path, body, whole)
        return Answer(self.connection.getresponse())

    def listen(self, path: str, **headers: str) -> Stream:
        """Open an event stream."""
        line = Line(self.gate)
        line.request("GET", path, None, {"Host": HOST, "Cookie": self._cookie(), **headers})
        stream = Stream.__new__(Stream)
        stream.socket, stream.text = line.sock, ""
        stream.answer = line.getresponse()
        stream.status = stream.answer.status
        return stream

    def _ask(self, method, path, body, headers):
        return super()._ask(method, path, body, {"Host": HOST, "Origin": ORIGIN, **self.headers, **headers})


class Neighbour(Person):
    """Somebody on the other side of a shared cache."""

    def __init__(self, gate: Gate) -> None:
        self.gate, self.cookies, self.headers = gate, {}, {}
        self.connection = http.client.HTTPConnection("127.0.0.1", gate.plain, timeout=PATIENCE)


@pytest.fixture
def cache(web, tmp_path) -> Gate:
    if not there("nginx"):
        pytest.skip("nginx is not installed here")
    port = free_port()
    gate = Gate("cache", port, port, web, tmp_path)
    with gate.running():
        yield gate


@pytest.fixture
def guest(gate) -> Person:
    return Person(gate)


@pytest.fixture
def as_ada(gate) -> Person:
    return Person(gate).log_in("ada")


@pytest.fixture
def program(gate, seen, ada) -> Person:
    """An app of ada's."""
    person = Person(gate)
    person.headers = {"Authorization": Client.token(seen, ada).authorization}
    return person


def curled(gate: Gate, path: str, *options: str) -> tuple[str, Answer]:
    """Version and status, and what else came back, when curl asks."""
    told = subprocess.run(
        ["curl", "--silent", "--include", "--cacert", gate.certificate, "--resolve", f"{HOST}:{gate.tls}:127.0.0.1"]
        + ["--header", "Expect:", *options, f"{ORIGIN}:{gate.tls}{path}"],
        capture_output=True,
    )
    head, _, body = told.stdout.partition(b"\r\n\r\n")
    line, _, headers = head.partition(b"\r\n")
    answer = Answer.__new__(Answer)
    answer.headers, answer.data = http.client.parse_headers(io.BytesIO(headers + b"\r\n\r\n")), body
    return " ".join(line.decode().split()[:2]), answer


def large() -> bytes:
    """A picture of more than three million bytes."""
    file = io.BytesIO()
    Image.effect_noise((1900, 1700), 80).convert("L").save(file, "PNG", compress_level=0)
    return file.getvalue()


def once(answer: Answer, *names: str) -> bool:
    """Whether each of these headers stands there exactly once, and none that says what serves."""
    count = Counter(name.title() for name in answer.headers)
    assert {name: count[name.title()] for name in names} == dict.fromkeys(names, 1), answer.headers
    assert not any(name in answer.headers for name in UNSAID), answer.headers
    return True


# --- what holds


def test_everything_is_there_with_each_security_header_once(gate, guest, post):
    picture = f"/media/{post.photos[0].key}/{post.photos[0].widths[0]}.webp"
    for path in ("/", f"/posts/{post.id}/", "/static/app.css", picture, "/api/v1/posts/", "/login/", "/healthz"):
        answer = guest.ask("GET", path)
        assert answer.status == 200 and answer.data, path
        assert once(answer, *OURS[:3]), path
        assert path != "/api/v1/posts/" or once(answer, "Access-Control-Allow-Origin")
    for path in ("/nowhere/", "/api/v1/nowhere/"):
        answer = guest.ask("GET", path)
        assert answer.status == 404 and once(answer, *OURS)
        assert not re.search("nginx|caddy|gunicorn|python", f"{answer.headers}{answer.text}", re.I)


def test_plain_http_leads_to_tls(gate):
    for method in ("GET", "POST"):
        line = http.client.HTTPConnection("127.0.0.1", gate.plain, timeout=PATIENCE)
        line.request(method, "/posts/1/?a=b&c=%2F", headers={"Host": HOST})
        answer = Answer(line.getresponse())
        line.close()
        assert (answer.status, answer.headers["Location"]) == (308, f"{ORIGIN}/posts/1/?a=b&c=%2F")
        assert not any(name in answer.headers for name in UNSAID)


def test_it_speaks_http_2(gate):
    told = subprocess.run(
        ["curl", "--silent", "--http2", "--cacert", gate.certificate, "--resolve", f"{HOST}:{gate.tls}:127.0.0.1"]
        + ["--output", "/dev/null", "--write-out", "%{http_version} %{http_code}", f"{ORIGIN}:{gate.tls}/"],
        capture_output=True,
        text=True,
    )

    assert told.stdout == "2 200", told


def test_large_pictures_come_in_where_pictures_are_taken(gate, as_ada, program):
    picture = ("noise.png", large(), "image/png")

    def send(path: str, field: str, **more: str) -> tuple[int, str]:
        form = {field: picture, "csrf_token": as_ada.token(), **more}
        body, kind = encode_multipart_formdata(form)
        return as_ada._ask("POST", path, body, {"Content-Type": kind})

    assert as_ada.upload(picture[1])
    assert send("/posts/add/", "images", title="Noise", published="1")[0] == 303
    assert send("/messages/ben/", "images", content="Look")[0] == 303
    body, kind = encode_multipart_formdata({"image": picture, "title": "Noise", "receiver": "ben", "content": "Look"})
    for method, path, status in (
        ("POST", "/api/v1/posts/", 201),
        ("POST", "/posts/", 201),
        ("POST", "/api/v1/posts", 308),
        ("POST", "/api/v1/messages/", 201),
        ("POST", "/api/message", 201),
        ("PUT", "/api/v1/users/me/avatar/", 200),
    ):
        answer = program.ask(method, path, body, Content_Type=kind, Accept="application/json")
        assert answer.status == status, (path, answer.text)


def test_what_is_too_large_is_413(gate, program):
    tried = [("/api/v1/likes/toggle/", 3_000_000), ("/theme/", 3_000_000), ("/posts/add/", 400_000_000)]
    if gate.name == "caddy":
        tried.pop()  # which answers who keeps it waiting for the rest when the rest has come
    for path, length in tried:
        asking = Person(gate)
        body = b" " * min(length, 3_000_000)
        answer = asking.ask("POST", path, iter([body]), Content_Length=str(length), Content_Type="text/plain")
        assert answer.status == 413, (path, answer.text)
        assert once(answer, "Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options")
        assert path.startswith("/api/") is answer.headers["Content-Type"].startswith("application/json")
        if path.startswith("/api/"):
            assert list(json.loads(answer.text)) == ["detail"]
    assert program.ask("GET", "/api/v1/users/me/").status == 200


@pytest.mark.parametrize("version", ["2", "1.1"])
def test_what_is_too_large_is_413_in_every_version_of_http(gate, version, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(b" " * 3_000_000)
    for path in ("/api/v1/likes/toggle/", "/api/v1/auth/login/", "/o/token/", "/theme/", "/login/"):
        status, answer = curled(gate, path, f"--http{version}", "--data-binary", f"@{body}")

        known = "400" if (path, gate.name) == ("/o/token/", "caddy") else "413"  # the site itself speaks RFC 6749
        assert status == f"HTTP/{version} {known}", (path, answer.text)
        assert once(answer, "Content-Type", *OURS[:3]), path
        assert path.startswith(("/api/", "/o/")) is (answer.headers["Content-Type"] == "application/json")
        known = "*" if path.startswith(("/api/", "/o/")) else None
        assert answer.headers.get_all("Access-Control-Allow-Origin", [None]) == [known], path
        assert path != "/o/token/" or json.loads(answer.text)["error"] == "invalid_request"
        assert not re.search("nginx|caddy|gunicorn|python", f"{answer.headers}{answer.text}", re.I)


def test_events_arrive_at_once_and_the_stream_stays_open(gate, guest, program, post):
    stream = guest.listen(f"/live/?posts={post.id}")
    try:
        assert stream.status == 200
        stream.read_until(": hello")
        assert once(stream.answer, *OURS)
        for method in ("PUT", "DELETE"):
            stream.text = ""
            assert program.ask(method, f"/api/v1/posts/{post.id}/like/").status == 200
            stream.read_until(f"#like-count-{post.id}")
    finally:
        stream.close()


def test_programs_are_told_the_public_address(gate, guest):
    told = json.loads(guest.ask("GET", "/.well-known/oauth-authorization-server", X_Forwarded_Host="evil.example").text)

    assert told["issuer"] == ORIGIN
    assert all(words.startswith(f"{ORIGIN}/") for name, words in told.items() if name.endswith("_endpoint"))
    assert json.loads(guest.ask("GET", "/api/v1/").text)["posts"]["list"] == f"{ORIGIN}/api/v1/posts/"


def test_who_asks_is_who_connects_whatever_is_written_into_the_headers(gate, seen):
    visitor = Person(gate, source="127.0.0.77")
    forged = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP")
    visitor.headers = dict.fromkeys(forged, "203.0.113.9") | {"X-Forwarded-Host": "evil.example"}
    visitor.log_in("ben")
    with seen.app_context():
        addresses = [row.address for row in db.session.query(Session).order_by(Session.id.desc()).limit(1)]
        db.session.rollback()
    assert addresses == ["127.0.0.77"]

    refused = visitor.ask("POST", "/login/", "", Origin="https://evil.example")
    assert refused.status == 403


def test_guessing_waits(gate):
    wrong = json.dumps({"username": f"nobody-behind-{gate.name}", "password": "wrong"})
    address = {"nginx": "127.0.0.78", "caddy": "127.0.0.79"}[gate.name]
    person = Person(gate, source=address)
    answers = []
    for n in range(11):
        person.headers = {"X-Forwarded-For": f"203.0.113.{n}"}
        answers.append(person.ask("POST", "/api/v1/auth/login/", wrong, Content_Type="application/json"))

    assert [answer.status for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert once(answers[-1], *OURS)


def test_a_flood_is_stopped_before_it_reaches_the_site(gate):
    if gate.name == "caddy":
        return  # which has no such limits
    person = Person(gate, source="127.0.0.80")
    answers = [person.ask("POST", "/api/v1/auth/login/", "") for _ in range(60)]
    stopped = [answer for answer in answers if answer.status == 429]

    assert stopped and {answer.status for answer in answers} <= {400, 429}
    assert once(stopped[-1], "Strict-Transport-Security", "Retry-After")
    assert list(json.loads(stopped[-1].text)) == ["detail"]
    waiting = [person.ask("POST", "/o/token/", "") for _ in range(60)][-1]
    assert waiting.status == 429 and json.loads(waiting.text)["error"] == "temporarily_unavailable"
    assert person.ask("GET", "/login/").status == 200  # who reads the form is not meant


def test_what_apps_ask_may_be_long(gate, seen, ada, as_ada, guest):
    address = Prints(seen, ada).address(state="s" * 4_000)

    status, html = as_ada.get(address)
    assert status == 200 and "Prints" in html, (status, re.sub("<[^>]+>", " ", html)[:3000])
    led = guest.ask("GET", address)
    assert led.status == 303 and len(led.headers["Location"]) > 4_000
    assert guest.ask("GET", led.headers["Location"]).status == 200


def test_a_line_or_headers_without_end_are_refused(gate):
    for path, headers in (
        (f"/?q={'x' * 30_000}", {}),
        ("/", {"X_Long": "x" * 100_000}),
        ("/", {f"X_{n}": "x" * 7_000 for n in range(300)}),
    ):
        with suppress(ConnectionResetError, BrokenPipeError, http.client.BadStatusLine, ssl.SSLError):
            answer = Person(gate).ask("GET", path, **headers)
            assert answer.status in (400, 414, 431, 494), answer.text
            assert not any(name in answer.headers for name in UNSAID)
            assert not re.search("nginx|caddy|gunicorn|python", answer.text, re.I)
    assert Person(gate).ask("GET", "/healthz").status == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
def test_methods_that_nobody_needs_are_off(gate, method):
    answer = Person(gate).ask(method, "/", X_Secret="secret")

    assert answer.status in (400, 405)
    assert "secret" not in answer.text and not any(name in answer.headers for name in UNSAID)


# --- a shared cache


def test_what_a_cache_has_kept_is_dead_soon_after_its_post_is_hidden(cache, seen, ada):
    post = make_post(seen, ada, title="For a while", pictures=1)
    picture = f"/media/{post.photos[0].key}/{post.photos[0].widths[0]}.webp"
    guest, program = Neighbour(cache), Neighbour(cache)
    program.headers = {"Authorization": Client.token(seen, ada).authorization}
    assert [guest.ask("GET", picture).headers["X-Cache"] for _ in range(2)] == ["MISS", "HIT"]

    body = json.dumps({"published": False})
    assert program.ask("PATCH", f"/api/v1/posts/{post.id}/", body, Content_Type="application/json").status == 200
    until(lambda: guest.ask("GET", picture).status == 404, 15)
    own = program.ask("GET", picture)
    assert (own.status, own.headers["Cache-Control"]) == (200, "private, no-store")
    assert guest.ask("GET", picture).status == 404


def test_a_cache_mixes_up_neither_people_nor_pages_and_fragments(cache, post):
    guest, as_ada = Neighbour(cache), Neighbour(cache).log_in("ada")
    for path, own in (
        ("/", "/logout/"),
        (f"/posts/{post.id}/", "/logout/"),
        ("/@ada/", "/logout/"),
        ("/api/v1/posts/", '"has_liked"'),
    ):
        for asking in (as_ada, guest) * 2:
            answer = asking.ask("GET", path)
            assert answer.status == 200 and answer.headers["X-Cache"] != "HIT", path
            assert (own in answer.text) is (asking is as_ada), path
            assert asking is as_ada or "Set-Cookie" not in answer.headers
    for fragment in (True, False) * 2:
        answer = as_ada.ask("GET", "/messages/", **({"HX_Request": "true"} if fragment else {}))
        assert answer.status == 200 and answer.text.lstrip().startswith("<!doctype") is not fragment
        assert guest.ask("GET", "/messages/").status == 303


# --- without a server


def test_every_door_that_takes_pictures_is_one_to_the_gateway(made_app):
    (of_nginx,) = re.findall(r"location ~ (\S+) \{\n\s+client_max_body_size 331m", block("nginx"))
    examples = {"post_id": "7", "username": "ben", "photo_id": "7"}
    doors = {
        re.sub(r"<(?:\w+:)?(\w+)>", lambda found: examples[found[1]], rule.rule)
        for rule in made_app.url_map.iter_rules()
        if getattr(made_app.view_functions[rule.endpoint], "takes_files", False)
    }

    assert "max_size 331MB" in block("caddy")
    assert len(doors) >= 8
    assert [door for door in doors | {"/api/message", "/posts/"} if not re.fullmatch(of_nginx, door)] == []
    assert not re.fullmatch(of_nginx, "/api/v1/likes/toggle/")
