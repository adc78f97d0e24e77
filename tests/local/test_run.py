"""What `make run` decides before it starts anything, and its one line at the end."""

import os
from pathlib import Path

import pytest

from postways.config import Config, ConfigError
from postways.local import run
from postways.local.bootstrap import Refusal


def test_a_first_run_is_development_and_reading_its_settings_makes_nothing(tmp_path):
    folder = tmp_path / "var"

    config = run.settings({"DATA_DIR": str(folder)})

    assert config.env == "development"
    assert not folder.exists()


def test_a_folder_that_others_made_stays_production(tmp_path):
    (tmp_path / "postways.db").touch()

    with pytest.raises(ConfigError, match="SECRET_KEY"):
        run.settings({"DATA_DIR": str(tmp_path)})


def test_production_on_a_new_folder_keeps_its_demands(tmp_path):
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        run.settings({"DATA_DIR": str(tmp_path / "var"), "ENV": "production"})


def test_a_malformed_env_is_named(tmp_path):
    with pytest.raises(ConfigError, match="staging"):
        run.settings({"DATA_DIR": str(tmp_path / "var"), "ENV": "staging"})


def test_the_marker_goes_only_into_a_folder_of_our_own(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    (theirs / "postways.db").touch()

    for folder in (ours, theirs):
        run.mark_as_development(folder)

    assert os.listdir(ours) == ["development"]
    assert os.listdir(theirs) == ["postways.db"]


def test_a_second_run_on_the_same_folder_is_refused(tmp_path):
    twice = pytest.raises(Refusal, match=f"Another make run is using {tmp_path}")
    with run.sole_use(tmp_path), twice, run.sole_use(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence():
    folder = Path("/dev/null/var")

    with pytest.raises(Refusal, match="DATA_DIR is /dev/null/var, which can't be used"), run.sole_use(folder):
        pass


def test_a_malformed_setting_is_one_sentence_and_code_2(tmp_path, capsys):
    code = run.run({"DATA_DIR": str(tmp_path / "var"), "WORKERS": "many"})

    assert code == 2
    assert capsys.readouterr().err == "WORKERS is 'many'; it must be a whole number.\n"
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    ("workers", "queues"),
    [
        (1, ["mail,default,media"]),
        (3, ["mail,default", "mail,default,media", "mail,default,media"]),
    ],
)
def test_one_of_several_workers_takes_no_pictures(workers, queues):
    config = Config(env="development", workers=workers, data_dir=Path("var"))

    commands = [child.command for child in run.background(config) if child.name.startswith("worker")]

    assert [command[-1] for command in commands] == queues


def test_the_line_has_address_name_and_password_only_on_loopback(tmp_path):
    (tmp_path / "demo_password").write_text("otter-lamp\n")
    here = Config(env="development", data_dir=tmp_path, base_url="http://127.0.0.1:8000")
    everywhere = Config(env="development", data_dir=tmp_path, base_url="http://0.0.0.0:8000", host="0.0.0.0")

    assert run.welcome(here) == "Postways is at http://127.0.0.1:8000 - log in as ada with the password otter-lamp"
    assert run.welcome(everywhere) == "Postways is at http://0.0.0.0:8000"


def test_children_get_no_blank_redis_setting_that_would_win_over_ours():
    environ = run._for_children({"POSTWAYS_REDIS_URL": "", "MAKEFLAGS": "s", "LANG": "C"})

    assert environ == {"LANG": "C", "PYTHONUNBUFFERED": "1"} | {
        name: environ[name] for name in environ if name.startswith("OBJC")
    }
