"""Settings: what a terminal or a service file may say, and in which forms."""

from pathlib import Path

import pytest

from kit.settings import DatabaseUrlInvalid, HomePath, PortInvalid, SettingInvalid, Settings


@pytest.mark.parametrize(
    "given",
    [
        "postgres://u:p%40ss@db:5432/nowalls",
        "postgresql://u:p%40ss@db:5432/nowalls",
        "postgresql+asyncpg://u:p%40ss@db:5432/nowalls",
    ],
)
def test_an_address_of_a_database_is_understood_in_each_of_its_forms(given: str) -> None:
    assert Settings.read({"NOWALLS_DATABASE_URL": given}).database_url == (
        "postgresql+asyncpg://u:p%40ss@db:5432/nowalls"
    )


@pytest.mark.parametrize("given", ["db", "mysql://u@db/x", "postgresql://u@db", "postgresql://u@db:port/x", "://"])
def test_what_is_no_address_of_a_database_is_refused_without_repeating_it(given: str) -> None:
    with pytest.raises(DatabaseUrlInvalid) as refused:
        Settings.read({"NOWALLS_DATABASE_URL": given})
    assert refused.value.parameters == {}


@pytest.mark.parametrize("given", ["0", "65536", "-1", "eight", "80.5", "²", " 80"])
def test_what_is_no_port_is_refused(given: str) -> None:
    with pytest.raises(PortInvalid):
        Settings.read({"NOWALLS_PORT": given})


@pytest.mark.parametrize("given", ["/a b", "/a\tb", "/it's", "/a%b", "/a;b", "/a$b", "/a+b", "/a(b)", "/a?b", "/a:b"])
def test_a_path_that_a_shell_or_an_address_would_break_is_refused_for_the_embedded_database_alone(given: str) -> None:
    with pytest.raises(HomePath):
        Settings.read({"NOWALLS_HOME": given})
    url = "postgresql+asyncpg://u@db/nowalls"
    assert Settings.read({"NOWALLS_HOME": given, "NOWALLS_DATABASE_URL": url}).home == Path(given)


@pytest.mark.parametrize("given", ["/srv/nowalls", "/srv/演练-2026_12.1", "~/nowalls"])
def test_a_plain_path_is_taken_whatever_its_letters(given: str) -> None:
    assert Settings.read({"NOWALLS_HOME": given}).home == Path(given).expanduser()


def test_the_signed_heads_lie_in_the_home_unless_another_place_is_named() -> None:
    assert Settings.read({"NOWALLS_HOME": "/srv/nowalls"}).signed_heads == Path("/srv/nowalls/log-heads")
    elsewhere = Settings.read({"NOWALLS_HOME": "/srv/nowalls", "NOWALLS_LOG_HEADS": "/mnt/paper/heads"})
    assert elsewhere.signed_heads == Path("/mnt/paper/heads")


def test_each_wrong_setting_is_a_wrong_setting() -> None:
    assert issubclass(HomePath, SettingInvalid)
    assert issubclass(PortInvalid, SettingInvalid)
    assert issubclass(DatabaseUrlInvalid, SettingInvalid)
