"""The pure parts of the bench: what is judged, how CPU time is counted, and that the limit renders the page's bytes."""

import json
import os

import pytest

from bench import pages
from bench.figures import Figure, quantile, table
from bench.parts.refusing import everything
from bench.processes import cpu_seconds, parsed, tree
from postways.api import description
from tests.api.strange import filled


@pytest.mark.parametrize(
    ("figure", "ratio", "met"),
    [
        (Figure("feed", "home", 600, "/s", limit=1_000, at_least=0.6), 0.6, True),
        (Figure("feed", "home", 599, "/s", limit=1_000, at_least=0.6), 0.599, False),
        (Figure("upload", "answer", 31, "ms", limit=10, at_most=3), 3.1, False),
        (Figure("memory", "idle", 399, "MB", at_most=400), None, True),
        (Figure("memory", "after", 399, "MB"), None, None),
    ],
)
def test_a_figure_is_judged_by_its_ratio_or_without_a_limit_by_itself(figure, ratio, met):
    assert figure.ratio == ratio
    assert figure.met is met


def test_the_table_says_what_was_missed():
    lines = table(
        [
            Figure("feed", "home page", 1_234.5, "/s", limit=3_000, at_least=0.6, note="p50 8.1 ms"),
            Figure("start", "second start", 3.21, "s", at_most=5),
        ]
    ).splitlines()

    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["part", "figure", "measured", "limit", "ratio", "goal", "met"]
    assert cells[2] == ["feed", "home page (p50 8.1 ms)", "1,234 /s", "3,000 /s", "0.41", "at least 0.6", "NO"]
    assert cells[3] == ["start", "second start", "3.21 s", "", "", "at most 5 s", "yes"]
    assert len({len(line) for line in lines}) == 1


def test_quantiles_are_values_that_were_measured():
    assert quantile([5, 1, 3, 2, 4], 0.5) == 3
    assert quantile(range(1, 101), 0.99) == 99
    assert quantile([7], 0.99) == 7


def test_cpu_time_is_that_of_a_process_and_all_below_it_even_those_that_have_ended():
    stat = "{pid} (a (strange) name) S {parent} 1 1 0 -1 0 0 0 0 0 {times} 20 0 1 0 99 0 0"
    lines = [
        stat.format(pid=10, parent=1, times="100 20 3 4"),
        stat.format(pid=11, parent=10, times="5 0 0 0"),
        stat.format(pid=12, parent=11, times="7 0 0 0"),
        stat.format(pid=99, parent=1, times="1000 0 0 0"),
    ]

    below = tree(map(parsed, lines), 10)

    assert [process.pid for process in below] == [10, 11, 12]
    assert sum(process.ticks for process in below) == 100 + 20 + 3 + 4 + 5 + 7


def test_the_real_tree_of_this_process_is_counted():
    assert cpu_seconds(os.getpid()) > 0


def test_the_limit_of_a_page_is_the_same_bytes_from_a_template_of_its_own():
    html = (
        "<html><style>a{b:c}</style>{{ not Jinja }}"
        '<article id="post-7"><a href="/posts/7/">Rain &amp; &lt;sun&gt;</a><img src="/media/abc/640.webp">7<b>12</b>'
        '</article><article id="post-8">Harbour 7</article></html>'
    )
    rows = [
        (7, "Rain & <sun>", "", 12, "ada", "abc", "", "", None),
        (8, "Harbour", "", 0, "ben", None, None, None, None),
    ]

    made = pages.made(html, "SELECT 1", rows)

    assert made.template().render(rows=[pages.Row(*row) for row in rows]) == html
    assert "p.title" in made.source
    assert "f0.key" in made.source
    assert "p.likes" in made.source
    assert "Rain" not in made.source


def test_a_page_of_which_nothing_comes_from_the_database_is_no_limit():
    with pytest.raises(ValueError, match="does not render"):
        pages.made("<p>nothing</p>", "SELECT 1", [])


def test_what_is_strange_goes_to_every_operation_and_into_every_field(made_app):
    with made_app.app_context():
        told = json.loads(description.as_json(made_app))

    sent = list(everything(told))

    operations = {(method.upper(), filled(path)) for path, methods in told["paths"].items() for method in methods}
    assert operations == {(one.method, one.path) for one in sent} & operations
    assert {"receiver", "content"} <= {name for one in sent if one.path == "/api/v1/messages/" for name in _names(one)}


def _names(one):
    try:
        return set(json.loads(one.body))
    except (ValueError, RecursionError, TypeError):
        return set()
