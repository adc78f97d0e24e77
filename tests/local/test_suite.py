"""What `make test` says at its end, and its exit code."""

import sys

import pytest

from postways.local.suite import Suite, roomy

CLOSING = "======================= 1301 passed, 2 skipped in 242.21s (0:04:02) ======================="


@pytest.fixture
def suite():
    return Suite({"PATH": "/usr/bin"})


def prints(text, code=0):
    return [sys.executable, "-c", f"print({text!r}); raise SystemExit({code})"]


def test_the_last_lines_have_the_closing_line_of_pytest(suite, capfd):
    suite.part("tests on SQLite", prints(f"=== warnings summary ===\nwords\n{CLOSING}"))
    capfd.readouterr()

    assert suite.close() == 0
    assert capfd.readouterr().out.splitlines()[-2:] == ["ok      tests on SQLite", CLOSING]


def test_all_parts_run_when_one_fails(suite, capfd):
    suite.part("ruff", prints("F401", code=1))
    suite.part("types", prints("Success"))

    assert suite.close() == 1
    words = capfd.readouterr().out
    assert "FAILED  ruff: exit code 1" in words
    assert "ok      types: fine" in words


def test_a_part_is_told_its_settings(suite, capfd):
    suite.part("tests", [sys.executable, "-c", "import os; print(os.environ['CHROMIUM'])"], CHROMIUM="/opt/chromium")

    assert "/opt/chromium\n" in capfd.readouterr().out


@pytest.mark.parametrize(("required", "code"), [("", 0), ("1", 1)])
def test_what_is_left_out_is_told_and_fails_only_where_all_is_required(required, code, capfd):
    suite = Suite({"REQUIRE_ALL": required})
    suite.left_out.append("the suite in a browser: no Chromium is installed.")

    assert suite.close() == code
    assert "left out: the suite in a browser: no Chromium is installed.\n" in capfd.readouterr().out


def test_the_files_of_the_tests_lie_in_memory_only_where_there_is_room(tmp_path, monkeypatch):
    monkeypatch.setattr("postways.local.suite.ROOM", 1)
    assert roomy(tmp_path)
    assert not roomy(tmp_path / "missing")

    monkeypatch.setattr("postways.local.suite.ROOM", 2**60)
    assert not roomy(tmp_path)
