"""Who starts and stops: tags at a connector, remote starts that are authorised first.

Source: OCPP 1.6 edition 2, 3.4, 3.5, 4.1, 5.11 and 9.1.3.
"""

from ocpp.v16 import call, call_result
from ocpp.v16.enums import AuthorizationStatus

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import SetLimit, Start, Stop
from rig.cp.logic.events import Swiped
from rig.ocppj.logic.exchange import Answered, Disconnected
from tests.cp.logic.said import authorize_conf, names, profile, remote_start
from tests.cp.logic.world import World


def quiet(**configuration: str) -> World:
    configured = {"MeterValuesEveryCurrent": "false"} | configuration
    world = World("strict", connectors=2, supply=None, csms_timeout=60.0, lock=True, **configured)
    return world.registered()


def swiped(world: World, tag: str = "RIG", connector: int = 1) -> World:
    world.asked.clear()
    world.feed(Swiped(tag), connector)
    return world


def authorized(world: World, status: str = "Accepted", **info: str) -> None:
    """The outstanding Authorize is answered, and the bus echoes."""
    assert names([world.outstanding]) == ["Authorize"]
    world.answer(authorize_conf(status, **info))
    world.echo_all()


def charging(**configuration: str) -> World:
    """The tag RIG, of the group FAMILY, charges."""
    world = swiped(quiet(**configuration))
    authorized(world, parent_id_tag="FAMILY")
    world.answer_all()
    return world


# starting


def test_a_tag_starts_when_it_was_authorised_and_not_before() -> None:
    world = swiped(quiet())
    assert world.outstanding == call.Authorize("RIG")
    assert Start() not in world.on_bus
    authorized(world)
    assert world.last_command == Start()
    assert world.outstanding.id_tag == "RIG"


def test_a_tag_starts_at_its_own_connector() -> None:
    world = swiped(quiet(), connector=2)
    authorized(world)
    assert world.carried[-1][1:] == (2, Start())


def test_an_authorize_that_fails_is_decided_by_what_is_known_here() -> None:
    world = swiped(quiet(AllowOfflineTxForUnknownId="true"))
    world.fail()
    world.echo_all()
    assert world.transmitted[-1] == Start()
    world = swiped(quiet())
    world.fail()
    assert world.transmitted[-1] == Stop()


def test_a_tag_that_is_authorised_too_late_does_not_start() -> None:
    world = swiped(quiet())
    world.feed(LinkDown("down"), 1)
    authorized(world)
    assert world.notes[-1] == "RemoteStartTransaction Rejected: the CAN link is down"
    assert world.last_command == Stop()


def test_two_tags_at_once_start_one_transaction() -> None:
    world = swiped(quiet())
    world.feed(Swiped("TWO"))
    authorized(world)
    world.answer_all()
    assert [one.id_tag for one in world.asked if isinstance(one, call.StartTransaction)] == ["RIG"]


def test_the_cache_learns_from_each_answer_and_is_kept() -> None:
    """3.5.1."""
    world = charging()
    assert [entry[:3] for entry in world.disk["tags"]["cache"]] == [["rig", "Accepted", None]]
    swiped(world, "TWO", 2)
    authorized(world, "Expired")
    assert [entry[:2] for entry in world.disk["tags"]["cache"]][1:] == [["two", "Expired"]]


# remote starts that are authorised first (9.1.3)


def test_a_remote_start_is_accepted_then_authorised_then_started() -> None:
    world = quiet(AuthorizeRemoteTxRequests="true")
    assert world.status(remote_start(charging_profile=profile(10, "TxProfile"))) == "Accepted"
    assert world.last_command == Stop()
    authorized(world)
    assert world.on_bus[-2:] == [SetLimit(10), Start()]


def test_a_remote_start_that_cannot_be_is_rejected_before_it_is_authorised() -> None:
    world = quiet(AuthorizeRemoteTxRequests="true")
    world.link_down()
    world.answer_all()
    assert world.status(remote_start(connector_id=1)) == "Rejected"
    assert world.outstanding is None


# stopping (3.10, 4.1)


def the_stop(world: World) -> call.StopTransaction:
    (stop,) = [one for one in world.asked if isinstance(one, call.StopTransaction)]
    return stop


def test_a_tag_of_another_group_does_not_stop() -> None:
    world = swiped(charging(), "TWO")
    authorized(world, parent_id_tag="OTHERS")
    assert world.last_command == Start()
    assert world.notes[-1] == "TWO may not stop this transaction"


def test_a_tag_that_nobody_answers_for_does_not_stop() -> None:
    world = swiped(charging(), "TWO")
    world.fail()
    assert world.notes[-1] == "TWO may not stop this transaction: no answer to Authorize"
    world.feed(Swiped("TWO"))
    world.disconnect()
    assert world.notes[-1] == "TWO may not stop this transaction: no answer to Authorize"
    assert world.last_command == Start()


def test_a_tag_that_may_stop_does_not_stop_the_next_transaction() -> None:
    world = swiped(charging(), "TWO")
    authorize = world.outstanding
    world.status(call.RemoteStopTransaction(4))
    world.status(remote_start(connector_id=1))
    assert world.outstanding is authorize
    authorized(world, parent_id_tag="FAMILY")
    assert world.notes[-1] == "TWO: the transaction to stop has ended already"
    assert world.last_command == Start()


def test_a_tag_whose_answer_is_not_awaited_any_more_does_nothing() -> None:
    world = swiped(quiet())
    request = world.outstanding
    world.is_connected, world.outstanding = False, None
    world.feed(Disconnected("gone"))
    world.feed(Answered(request, authorize_conf("Accepted")))
    assert Start() not in world.transmitted
    assert [entry[0] for entry in world.disk["tags"]["cache"]] == ["rig"]


def test_a_stop_that_brings_no_tag_teaches_nothing() -> None:
    world = charging()
    before = world.disk["tags"]["cache"]
    world.status(call.RemoteStopTransaction(4))
    info: object = {"status": AuthorizationStatus.blocked}
    world.answer(call_result.StopTransaction(id_tag_info=info))  # type: ignore[arg-type]
    world.answer_all()
    assert world.disk["tags"]["cache"] == before
