"""RemoteStopTransaction while the id of what runs is not known (OCPP 1.6 edition 2, 5.12)."""

from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call
from ocpp.v16.enums import Reason

from rig.bus.logic.messages import Start, Stop
from rig.cp.logic.events import Plugged, Shutdown, Unplugged
from tests.cp.logic.said import remote_start, start_conf
from tests.cp.logic.world import World


def unnamed(connectors: int = 1) -> World:
    """Transactions run, and the central system has not said yet what it calls them."""
    world = World(connectors=connectors).registered()
    for number in range(1, connectors + 1):
        assert world.status(remote_start(connector_id=number)) == "Accepted"
    assert isinstance(world.outstanding, call.StartTransaction)
    return world


def stop(transaction_id: int) -> call.RemoteStopTransaction:
    return call.RemoteStopTransaction(transaction_id)


def status(world: World, unique_id: str) -> str | None:
    """What was answered by now."""
    return str(world.answers[unique_id].status) if unique_id in world.answers else None


def test_the_answer_is_held_until_the_id_is_known_and_then_it_is_stopped() -> None:
    world = unnamed()
    asked = world.ask(stop(4))
    assert (status(world, asked), world.last_command) == (None, Start())
    world.answer(start_conf(4, "Accepted"))
    world.echo_all()
    assert (status(world, asked), world.last_command) == ("Accepted", Stop())


def test_a_foreign_id_is_rejected_once_the_id_is_known_and_the_transaction_goes_on() -> None:
    world = unnamed()
    asked = world.ask(stop(5))
    world.answer(start_conf(4, "Accepted"))
    world.echo_all()
    assert (status(world, asked), world.last_command) == ("Rejected", Start())
    assert world.notes[-1] == "RemoteStopTransaction Rejected: transaction 5 does not run here"


def test_of_two_without_an_id_the_second_may_be_meant() -> None:
    world = unnamed(connectors=2)
    asked = world.ask(stop(5))
    world.answer(start_conf(4, "Accepted"))
    assert status(world, asked) is None
    while not isinstance(world.outstanding, call.StartTransaction):
        world.answer()
    world.carried.clear()
    world.answer(start_conf(5, "Accepted"))
    world.echo_all()
    assert status(world, asked) == "Accepted"
    assert [(number, message) for _, number, message in world.carried] == [(2, Stop())]


def test_one_that_has_its_id_is_stopped_at_once_though_another_has_none() -> None:
    world = unnamed(connectors=2)
    world.answer(start_conf(4, "Accepted"))
    world.carried.clear()
    assert world.status(stop(4)) == "Accepted"
    assert [(number, message) for _, number, message in world.carried] == [(1, Stop())]


def test_a_transaction_that_ends_while_the_answer_is_held_is_not_there_to_be_stopped() -> None:
    world = unnamed()
    asked = world.ask(stop(4))
    world.feed(Unplugged())
    world.echo_all()
    assert status(world, asked) == "Rejected"


def test_an_answer_is_not_held_longer_than_a_central_system_waits() -> None:
    world = unnamed()
    asked = world.ask(stop(4))
    world.advance(19.9)
    assert status(world, asked) is None
    world.advance(0.1)
    assert (status(world, asked), world.last_command) == ("Rejected", Start())
    why = "the CSMS named no transaction within 20 s"
    assert f"RemoteStopTransaction Rejected: {why}" in world.notes
    world.answer(start_conf(4, "Accepted"))
    assert (world.in_flight, world.last_command) == ([], Start())


def test_a_start_that_is_given_up_while_the_answer_is_held_leaves_a_transaction_to_stop() -> None:
    world = World(TransactionMessageAttempts="1").registered()
    world.status(remote_start())
    asked = world.ask(stop(4))
    world.fail()
    world.echo_all()
    assert (status(world, asked), world.last_command) == ("Accepted", Stop())


def test_with_its_connection_the_request_is_over() -> None:
    world = unnamed()
    asked = world.ask(stop(4))
    world.disconnect()
    assert status(world, asked) == "Rejected"
    world.connect()
    world.answer(start_conf(4, "Accepted"))
    assert (world.in_flight, world.last_command) == ([], Start())


HAPPENS = ("named", "fail", "unplug", "plug", "echo", "lose", "wait", "lost", "end")


@given(
    asked=st.lists(st.sampled_from([4, 5]), min_size=1, max_size=3),
    happens=st.lists(st.sampled_from(HAPPENS), max_size=6),
)
def test_whatever_happens_each_is_answered_once_and_what_was_refused_was_not_done(
    asked: list[int], happens: list[str]
) -> None:
    """The world sees to it that none is answered twice, and Accepted only after a Stop."""
    world = unnamed()
    ids = [world.ask(stop(number)) for number in asked]
    others = {"unplug", "lose", "end"} & {*happens}  # which stop it as well
    for what in happens:
        happen(world, what)
    world.echo_all()
    world.advance(20.0)
    answers = {status(world, unique_id) for unique_id in ids}
    assert answers <= {"Accepted", "Rejected"}
    if answers == {"Rejected"} and not others:
        assert world.last_command == Start()
    if "Accepted" in answers:
        assert world.last_command == Stop()


def happen(world: World, what: str) -> None:
    is_start = isinstance(world.outstanding, call.StartTransaction)
    match what:
        case "named" if is_start:
            world.answer(start_conf(4, "Accepted"))
        case "fail" if is_start:
            world.fail()
        case "unplug":
            world.feed(Unplugged())
        case "plug":
            world.feed(Plugged())
        case "echo" if world.in_flight:
            world.echo()
        case "lose" if world.in_flight:
            world.lose()
        case "wait":
            world.advance(5.0)
        case "lost" if world.is_connected:
            world.disconnect()
        case "end":
            world.feed(Shutdown(Reason.other))
