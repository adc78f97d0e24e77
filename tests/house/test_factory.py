"""The factory can be called more than once in a process: nothing of an application hangs on a module."""

from postways import create_app


def test_a_second_application_has_the_same_doors(made_app, config):
    second = create_app(config)

    assert second is not made_app
    assert {str(rule) for rule in second.url_map.iter_rules()} == {str(rule) for rule in made_app.url_map.iter_rules()}
