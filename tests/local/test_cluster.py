"""The private Postgres that `make test` starts."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg2
import pytest

from postways.local import cluster

pytestmark = pytest.mark.skipif(cluster.programs() is None, reason="no Postgres server is installed")


def test_it_is_there_and_then_it_is_gone():
    with cluster.running(cluster.programs()) as url:
        folder = Path(parse_qs(urlsplit(url).query)["host"][0])
        connection = psycopg2.connect(url)
        with connection.cursor() as cursor:
            cursor.execute("select current_setting('listen_addresses'), current_setting('server_encoding')")
            assert cursor.fetchone() == ("", "UTF8")

    assert not folder.exists()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(url)


def test_it_is_gone_after_ctrl_c_too():
    with pytest.raises(KeyboardInterrupt), cluster.running(cluster.programs()) as url:
        raise KeyboardInterrupt

    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(url)
