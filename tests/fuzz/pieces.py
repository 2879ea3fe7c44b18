"""Texts that grew: a head, a piece as often as it fits in, and a tail.

Made, not committed, since they would be megabytes. What once cost too much is added to PIECES.
"""

from rig.role.logic.values import FREE_VALUES, values

LONGEST = 262_000  # characters; twice what a charge point takes
TIME = "2026-01-31T12:00:00Z"
VALUES = '[2,"a","MeterValues",{"connectorId":1,"meterValue":['
SAMPLES = VALUES + f'{{"timestamp":"{TIME}","sampledValue":['
HONEST = (
    SAMPLES,
    '{"value":"12.5","context":"Sample.Periodic","measurand":"Current.Import","unit":"A"}',
    "]}]}]",
)
PERIODS = (
    '[2,"a","SetChargingProfile",{"connectorId":1,"csChargingProfiles":{"chargingProfileId":7,'
    '"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative",'
    '"chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":['
)
TAGS = '[2,"a","SendLocalList",{"listVersion":1,"updateType":"Full","localAuthorizationList":['
KEYS = '[2,"a","GetConfiguration",{"key":['
TYPE = '[2,"a","Reset",{"type":['
DATA = '[2,"a","DataTransfer",{"vendorId":"v","data":"'
PIECES: dict[str, tuple[str, str, str]] = {
    "samples without a value": (SAMPLES, "{}", "]}]}]"),
    "samples of an unknown unit": (SAMPLES, '{"value":"","unit":"x"}', "]}]}]"),
    "samples of the least": (SAMPLES, '{"value":""}', "]}]}]"),
    "samples, the last one bad": (SAMPLES, '{"value":""}', ",0]}]}]"),
    "values that are numbers": (VALUES, "0", "]}]"),
    "values at no moment": (VALUES, '{"timestamp":"T","sampledValue":[{"value":""}]}', "]}]"),
    "periods of huge limits": (PERIODS, '{"startPeriod":0,"limit":1e308}', "]}}}]"),
    "periods of tiny limits": (PERIODS, '{"startPeriod":0,"limit":1e-300}', "]}}}]"),
    "limits of 300 digits": (PERIODS, f'{{"startPeriod":0,"limit":{"9" * 300}}}', "]}}}]"),
    "limits of 4000 digits": (PERIODS, f'{{"startPeriod":0,"limit":{"9" * 4000}}}', "]}}}]"),
    "tags without an id": (TAGS, "{}", "]}]"),
    "tags of the least": (TAGS, '{"idTag":""}', "]}]"),
    "keys that are numbers": (KEYS, "0", "]}]"),
    "keys that are empty": (KEYS, '""', "]}]"),
    "lists": (TYPE, "[]", "]}]"),
    "objects": (TYPE, "{}", "]}]"),
    "objects with a key": (TYPE, '{"":0}', "]}]"),
    "lists 180 deep": (TYPE, "[" * 180 + "]" * 180, "]}]"),
    "objects 180 deep": (TYPE, '{"":' * 180 + "0" + "}" * 180, "]}]"),
    "opening brackets": ("[2", "[" * 9, "]"),
    "opening braces": ("[2", '{"":' * 9 + "0", "]"),
    "one key again and again": ('[2,"a","Reset",{', '"a":0', "}]"),
    "elements": ('[2,"a"', ",0", "]"),
    "addresses": (DATA, "://a@", '"}]'),
    "escapes": (DATA, r"\u0041", '"}]'),
    "keys of an answer": ('[3,"a",{"configurationKey":[', '{"key":"","readonly":true}', "]}]"),
    "no keys of an answer": ('[3,"a",{"configurationKey":[', "{}", "]}]"),
}


def long_text(head: str, piece: str, tail: str, longest: int = LONGEST) -> str:
    """A text that is nearly as long as this, in characters."""
    times = (longest - len(head) - len(tail)) // (len(piece) + 1)
    return head + ",".join([piece] * times) + tail


def full_text(head: str, piece: str, tail: str) -> str:
    """A text of nearly as many values as one may have, however short."""
    most = (FREE_VALUES - values(head + tail)) // (values(piece) + 1)
    return head + ",".join([piece] * min(most, LONGEST // (len(piece) + 1))) + tail
