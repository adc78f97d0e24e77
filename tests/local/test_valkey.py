"""The embedded Valkey, the real one."""

import os
import signal
import stat

import pytest
import redis

from postways.local import valkey


@pytest.fixture
def serve():
    started = []

    def start(folder):
        process, url = valkey.start(folder)
        started.append(process)
        return process, redis.Redis.from_url(url)

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_it_keeps_what_it_was_given_through_a_kill(serve, tmp_path):
    process, client = serve(tmp_path)
    client.set("like", 7)
    client.execute_command("WAITAOF", 1, 0, 3000)

    process.send_signal(signal.SIGKILL)
    process.wait()
    _, again = serve(tmp_path)

    assert again.get("like") == b"7"


def test_it_listens_on_no_port(serve, tmp_path):
    _, client = serve(tmp_path)

    assert client.config_get("port") == {"port": "0"}


def test_a_folder_whose_path_is_too_long_gets_a_private_socket_elsewhere(serve, tmp_path):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    _, client = serve(folder)

    path = client.connection_pool.connection_kwargs["path"]
    assert client.ping()
    assert len(os.fsencode(path)) <= 107
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
    assert (folder / "appendonlydir").is_dir()


def test_a_folder_with_a_blank_and_a_percent_sign_works(serve, tmp_path):
    folder = tmp_path / "50% of it"
    folder.mkdir()

    assert serve(folder)[1].ping()
