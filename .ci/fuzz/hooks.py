"""What the fuzzer has to know beyond the OpenAPI documents; no service is named here."""

import itertools
import re
from datetime import datetime, timedelta, timezone

import schemathesis
from hypothesis import strategies as st
from schemathesis.openapi.checks import RejectedPositiveData

START = datetime.now(timezone.utc)
DAYS = 3 * 24 * 60 * 60

# JSON Schema cannot relate a time to the clock. Times are of the last days: with
# those of any year hardly a request would get past the door.
schemathesis.openapi.format(
    "date-time",
    st.integers(-DAYS, 0).map(lambda seconds: (START + timedelta(seconds=seconds)).isoformat()),
)


@schemathesis.hook
def filter_failure(context, failure, case, response) -> bool:
    """Drops the finding that a request was refused which its schema allows, if the
    operation lists every rule that it breaks.

    The list is the extension `x-rules` of the document, where clients can read it
    (crates/services/kit/src/document): beginnings of violations, without positions.
    """
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 400:
        return True
    rules = tuple(case.operation.definition.raw.get("x-rules", ()))
    violations = [f"{it['field']} {it['message']}" for it in response.json().get("errors", ())]
    listed = [re.sub(r"^\[\d+\]\.|\[\d+\]", "", it).startswith(rules) for it in violations]
    return not (listed and all(listed))


LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?")
sent = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    """Gives most of the resources that clients name a name of their own.

    Generated names are few, and a conflict (409) would hide whatever else is wrong
    with a request. Every eighth keeps its name, so that there are conflicts too.
    """
    body = case.body
    if not isinstance(body, dict) or not isinstance(name := body.get("name"), str):
        return
    if LABEL.fullmatch(name) and (number := next(sent)) % 8:
        case.body = {**body, "name": f"{name}-{number}"}
