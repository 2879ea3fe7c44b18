from rig.up.logic.restart_backoff import RestartBackoff


def test_the_pause_doubles_up_to_30_s() -> None:
    backoff = RestartBackoff()
    assert [backoff.ended(0.2) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert backoff.count == 7


def test_after_one_that_ran_for_a_minute_the_pause_is_short_again() -> None:
    backoff = RestartBackoff()
    assert [backoff.ended(ran) for ran in (5, 59.9, 60, 5)] == [1, 2, 1, 2]
    assert backoff.count == 4
