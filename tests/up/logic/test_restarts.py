from rig.up.logic.restarts import Restarts


def test_the_pause_doubles_up_to_30_s() -> None:
    restarts = Restarts()
    assert [restarts.ended(0.2) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert restarts.count == 7


def test_after_one_that_ran_for_a_minute_the_pause_is_short_again() -> None:
    restarts = Restarts()
    assert [restarts.ended(ran) for ran in (5, 59.9, 60, 5)] == [1, 2, 1, 2]
    assert restarts.count == 4
