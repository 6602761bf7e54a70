"""What the fuzzer has to know beyond the OpenAPI documents; no service is named here."""

import copy
import itertools
import re
from datetime import datetime, timedelta, timezone

import schemathesis
from hypothesis import strategies as st
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.specs.openapi.checks import negative_data_rejection

START = datetime.now(timezone.utc)
DAYS = 3 * 24 * 60 * 60

# JSON Schema cannot relate a time to the clock. Times are of the last days: with
# those of any year hardly a request would get past the door.
schemathesis.openapi.format(
    "date-time",
    st.integers(-DAYS, 0).map(lambda seconds: (START + timedelta(seconds=seconds)).isoformat()),
)


def breaks_only_listed_rules(case, response) -> bool:
    """Whether a request was refused for nothing but rules that the operation lists.

    The list is the extension `x-rules` of the document, where clients can read it
    (crates/services/kit/src/document): beginnings of violations, without positions,
    and with a `*` for the key of a map.
    """
    if response.status_code != 400:
        return False
    rules = case.operation.definition.raw.get("x-rules", ())
    rules = re.compile("|".join(re.escape(it).replace(r"\*", "[^ ]*") for it in rules) or "(?!)")
    violations = [f"{it['field']} {it['message']}" for it in response.json().get("errors", ())]
    listed = [rules.match(re.sub(r"^\[\d+\]\.|\[\d+\]", "", it)) for it in violations]
    return bool(listed) and all(listed)


@schemathesis.hook
def filter_failure(context, failure, case, response) -> bool:
    """Drops the finding that a request was refused which its schema allows, if the
    operation lists every rule that it breaks."""
    refused = isinstance(failure, RejectedPositiveData)
    return not (refused and breaks_only_listed_rules(case, response))


@schemathesis.check
def negative_data_noticed(ctx, response, case) -> None:
    """What the schema forbids is refused because of that.

    Refused for a listed rule alone, or as a conflict, it would have been accepted.
    A reader of URLs is stricter than the grammar of the format, so its rule is
    listed, and it is also what refuses a text that is none.
    """
    if response.status_code == 400 and any(
        it["message"] == "must be a URL" for it in response.json().get("errors", ())
    ):
        return
    if response.status_code == 409 or breaks_only_listed_rules(case, response):
        accepted = copy.copy(response)
        accepted.status_code = 200
        negative_data_rejection(ctx, accepted, case)


# The fields by which clients name what they make: how a value is told, and how
# another one is made of it.
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NAMES = {
    "name": (LABEL, lambda label, number: f"{label}-{number}"),
    "event_id": (UUID, lambda uuid, number: f"{uuid[:24]}{number:012x}"),
}
numbers = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    """Gives most of what clients name a name of its own.

    Generated names are few, and a conflict (409) would hide whatever else is wrong
    with a request. Every eighth keeps its name, so that there are conflicts too.
    """
    if isinstance(case.body, list):
        case.body = [renamed(it) for it in case.body]
    else:
        case.body = renamed(case.body)


def renamed(thing):
    if not isinstance(thing, dict):
        return thing
    changed = {}
    for field, (form, other) in NAMES.items():
        value = thing.get(field)
        if isinstance(value, str) and form.fullmatch(value) and (number := next(numbers)) % 8:
            changed[field] = other(value, number)
    return {**thing, **changed}
