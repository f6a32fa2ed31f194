from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chalicelib.clock import Clock
from chalicelib.settings import Settings
from chalicelib.trust import Trust

from awards.errors import PingxuanError

AS_OF = datetime.fromisoformat("2020-08-24T10:00:00+08:00")


def test_an_empty_environment_is_a_single_machine_for_trying():
    assert Settings.of({}) == Settings(Path("var"), Trust(), (), "dev")


def test_origins_are_separated_by_spaces():
    assert Settings.of({"PINGXUAN_ORIGINS": "https://a.example https://b.example"}).origins == (
        "https://a.example",
        "https://b.example",
    )


@pytest.mark.parametrize("settings", [{"PINGXUAN_STAGE": "production"}, {"PINGXUAN_TRUST": "proxy"}])
def test_a_setting_that_is_not_understood_refuses_to_start(settings):
    with pytest.raises(PingxuanError) as error:
        Settings.of(settings)
    assert error.value.advice


def test_a_clock_starts_at_its_time_and_goes_on():
    clock = Settings.of({}).clock(AS_OF)
    first = clock.now()
    assert AS_OF <= first < AS_OF + timedelta(seconds=5)
    while clock.now() == first:
        pass
    assert clock.now() > first
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(("settings", "as_of"), [({"PINGXUAN_STAGE": "prod"}, AS_OF), ({}, AS_OF.replace(tzinfo=None))])
def test_a_clock_is_not_played_with_in_production_nor_without_a_zone(settings, as_of):
    with pytest.raises(PingxuanError, match="--as-of"):
        Settings.of(settings).clock(as_of)
