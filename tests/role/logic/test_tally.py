from rig.role.logic.tally import Tally


def test_the_1st_10th_and_100th_of_a_kind_are_worth_a_line() -> None:
    tally = Tally()
    worth = [number for number in range(1, 1001) if tally.count("bad")]
    assert worth == [1, 10, 100, 1000]


def test_kinds_are_counted_apart() -> None:
    tally = Tally()
    assert tally.count("one")
    assert tally.count("other")
    assert not tally.count("one")
    assert tally.counts == {"one": 2, "other": 1}


def test_a_step_over_a_power_of_ten_is_worth_a_line() -> None:
    tally = Tally()
    assert tally.count("bad", by=8)
    assert not tally.count("bad", by=1)
    assert tally.count("bad", by=3)  # 9 -> 12
    assert tally.counts["bad"] == 12


def test_it_reads_as_kinds_in_order_with_their_counts() -> None:
    tally = Tally()
    for kind in ("remote frame", "error frame", "remote frame"):
        tally.count(kind)
    assert str(tally) == "error frame: 1, remote frame: 2"
    assert str(Tally()) == ""
