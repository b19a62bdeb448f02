"""Many steps by one request: a dispatcher forwards a list, a house signs its morning, its system hands answers in."""

from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel, ConfigDict, Field

from hotline import together
from hotline.errors import HotlineError
from hotline.given import Given, parse
from hotline.lifecycle import Actor
from hotline.models import Case
from hotline.words import CENTRE, DEPARTMENT, Action
from web import access
from web.api import api
from web.errors import object_body

MOST = 200


class Step(BaseModel):
    """One of the steps: the fields of its action stand beside these."""

    model_config = ConfigDict(extra="allow")

    number: str = Field(max_length=40)
    action: Action
    version: int | None = Field(default=None, strict=True)

    def order(self, actor: Actor) -> together.Order:
        """What this person asks for; the form is checked with its own step."""
        return together.Order(actor, self.number, self.action, dict(self.model_extra or {}), self.version)


class Steps(Given):
    """Body of `POST /api/v1/actions`."""

    items: list[Step] = Field(min_length=1, max_length=MOST)


@api.post("/actions")
def act_together() -> Response:
    """Each step's outcome in the order of the request; a refused one leaves the others alone."""
    actor = access.staff(*CENTRE, *DEPARTMENT)
    steps = parse(Steps, object_body()).items
    done = together.act_many([step.order(actor) for step in steps], access.may_see)
    return jsonify({"items": [_told(step.number, one) for step, one in zip(steps, done, strict=True)]})


def _told(number: str, one: Case | HotlineError) -> dict[str, Any]:
    if isinstance(one, HotlineError):
        error = {"code": one.code, "message": one.message, "fields": one.fields}
        return {"number": number, "status": one.status, "error": error}
    return {"number": number, "status": 200, "state": one.state, "version": one.version}
