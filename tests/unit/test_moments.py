"""DA, TM and DT as moments (PS3.5 6.2)."""

import pytest

from viewer.core.moments import DAY_S, moment_of, moment_of_date_time, seconds_of_day


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("141700", 51420.0),  # 14 · 3600 + 17 · 60
        ("152316.921000", 55396.921),
        ("1417", 51420.0),
        ("14:17:00", 51420.0),  # before 1993
        ("093200.00 ", 34320.0),
        ("235960", 86400.0),  # a leap second
        ("14", None),
        ("", None),
        ("2500", None),
        ("1460", None),
        ("141700.1234567", None),
    ],
)
def test_times_of_day(stated, seconds):
    assert seconds_of_day(stated) == seconds


def test_moments_tell_days_apart():
    evening, morning = moment_of("20240229", "233000"), moment_of("2024.03.01", "003000")
    assert evening is not None
    assert morning is not None
    assert morning - evening == 3600.0
    assert moment_of("00010101", "0000") == DAY_S  # day 1
    assert [moment_of(day, "1200") for day in ("20230229", "2023", "", "20231301")] == [None] * 4


def test_a_date_time_with_an_offset_is_brought_to_the_clock_of_the_data_set():
    noon = moment_of("20240102", "120000")
    assert moment_of_date_time("20240102120000") == noon
    assert moment_of_date_time("20240102120000.000000+0100") == noon  # the data set's own zone is unknown: as it is
    assert moment_of_date_time("20240102110000+0000", zone="+0100") == noon
    assert moment_of_date_time("20240102063000-0430", zone="+0100") == noon  # 06:30 - 4.5 h west is 11:00 UTC
    assert moment_of_date_time("20240102120000", zone="+0100") == noon
    assert [moment_of_date_time(stated) for stated in ("20240102", "202401021", "", "2024010212")] == [None] * 4
