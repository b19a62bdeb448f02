"""The OpenAPI description, made from the same forms and tables that check the requests."""

from functools import lru_cache
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel

from hotline.given import GIVEN
from hotline.looks import LookGiven
from hotline.words import Action, Attached
from web.api import api
from web.api.files import ConsentGiven
from web.api.shift import Checked, Noted, Tagged
from web.api.talks import DialGiven, MarkGiven, OrderGiven, SeatGiven
from web.api.together import Steps
from web.api.triage import Replied, Said
from web.intake import NewMatter

_REF = "#/components/schemas/{model}"
_ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "fields"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string", "description": "简体中文，给人看"},
                "fields": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        }
    },
}
_SMALL: dict[str, Any] = {  # bodies of one field, checked where they are read
    "CallbackDone": {
        "type": "object",
        "properties": {"result": {"type": "string", "description": "和谁说了，结果如何"}},
    },
    "MarkDecided": {"type": "object", "required": ["confirmed"], "properties": {"confirmed": {"type": "boolean"}}},
}
_CODE = {
    "name": "X-Query-Code",
    "in": "header",
    "description": "市民的查询码；优先用它或请求内容，不要写进地址",
    "schema": {"type": "string"},
}
_NUMBER = {"name": "number", "in": "path", "required": True, "schema": {"type": "string"}}


def _query(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _answers(*codes: int) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": _REF.format(model="Error")}}}
    good = {str(code): {"description": "好"} for code in codes}
    bad = {
        str(code): {"description": "见 error.code", "content": error} for code in (401, 403, 404, 409, 422, 429, 503)
    }
    return good | bad


def _body(model: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": {"$ref": _REF.format(model=model)}}}}


def _get(summary: str, *query: str, path: bool = False, of: str = "") -> dict[str, Any]:
    parameters = ([_NUMBER, _CODE] if path else []) + ([_path(of)] if of else []) + _query(*query)
    return {"get": {"summary": summary, "parameters": parameters, "responses": _answers(200)}}


def _post(summary: str, model: str, *codes: int, parameters: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    told = {"summary": summary, "requestBody": _body(model), "responses": _answers(*codes)}
    return {"post": told | {"parameters": parameters or []}}


def _put(summary: str, model: str, of: str) -> dict[str, Any]:
    return {"put": _post(summary, model, 200, parameters=[_path(of)])["post"]}


def _delete(summary: str, of: str) -> dict[str, Any]:
    return {"delete": {"summary": summary, "parameters": [_path(of)], "responses": _answers(204)}}


def _upload(summary: str) -> dict[str, Any]:
    """A file beside its purpose, as a form sends it."""
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    purpose = {"enum": [one.value for one in Attached], "default": Attached.MATTER.value}
    form = {"type": "object", "required": ["file"], "properties": {"file": file, "purpose": purpose}}
    told = _post(summary, "", 201, parameters=[_NUMBER, _CODE])
    told["post"]["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    return told


def _paths() -> dict[str, Any]:
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200}}
    listed = _get("诉求列表", "state", "department", "due_before", "q", "open", "cursor", "limit")
    return {
        "/cases": listed | _post("登记诉求", "NewMatter", 201, 200, parameters=[key]),
        "/cases/{number}": _get("一件诉求", "query_code", path=True),
        "/cases/{number}/actions": _post("办理一步", "Action", 200, parameters=[_NUMBER, _CODE]),
        "/cases/{number}/history": _get("办理过程", "query_code", path=True),
        "/cases/{number}/attachments": _get("诉求的附件", path=True) | _upload("加附件，保存为无害的副本"),
        "/cases/{number}/attachments/{id_}": _get("一个附件的内容", "thumb", path=True, of="id_"),
        "/cases/{number}/attachments/{id_}/release": {
            "post": {
                "summary": "附件里没有诉求人信息，承办单位可以打开",
                "parameters": [_NUMBER, _path("id_")],
                "responses": _answers(200),
            }
        },
        "/cases/{number}/person": _post("说明理由，查看要求保密的诉求人", "LookGiven", 200, parameters=[_NUMBER]),
        "/cases/{number}/consent": _post(
            "诉求人同意或不再同意让承办单位知道自己", "ConsentGiven", 200, parameters=[_NUMBER, _CODE]
        ),
        "/looks": _get("查看保密诉求人的记录", "case", "by", "cursor", "limit"),
        "/actions": _post("一次办理多件，一件被拒不影响其余", "Steps", 200),
        "/triage": _post("分类建议", "Said", 200),
        "/cases/{number}/reply-check": _post("检查公开答复", "Replied", 200, parameters=[_NUMBER]),
        "/kb/search": _get("查知识库", "q", "limit", "area"),
        "/kb/articles/{code}": _get("一篇已发布的知识", of="code"),
        "/rates": _get("各项比率", "from", "to", "department", "by", "as_of"),
        "/calls": _get("来电记录", "since", "cursor", "limit", "direction") | _post("外呼", "DialGiven", 201),
        "/calls/targets": _get("可转接的各方"),
        "/calls/{call}/talk": _get("一次通话的现状", of="call"),
        "/calls/{call}/control": _post("通话操作", "OrderGiven", 202, parameters=[_path("call")]),
        "/calls/{call}/mark": _post("标记来电号码", "MarkGiven", 201, parameters=[_path("call")]),
        "/calls/{call}/tags": _put("标注来电", "Tagged", of="call"),
        "/marks": _get("待复核的标记", "state"),
        "/marks/{number}": _post("复核标记", "MarkDecided", 200, parameters=[_path("number")]),
        "/checks": _get("来电差评核查", "state"),
        "/checks/{number}": _post("核查完毕", "Checked", 200, parameters=[_path("number")]),
        "/notes": _get("值班消息") | _post("发值班消息", "Noted", 201),
        "/notes/{number}": _delete("撤回值班消息", "number"),
        "/seats": _get("坐席"),
        "/seats/{user}": _post("更改坐席状态", "SeatGiven", 200, parameters=[_path("user")]),
        "/acts": _get("通话操作日志", "agent"),
        "/callbacks": _get("待回拨", "state", "cursor", "limit"),
        "/callbacks/{callback}/done": _post("回拨完毕", "CallbackDone", 200, parameters=[_path("callback")]),
        "/papers": _get("文书"),
        "/reports/{month}": _get("月报", of="month"),
        "/rules": _get("现行的时限方案和日历"),
        "/rules/{what}/{name}": {
            "get": {
                "summary": "一个方案或年份的全部版本",
                "parameters": [_path("what"), _path("name")],
                "responses": _answers(200),
            }
        },
        "/lifecycle": _get("办理流程表"),
        "/categories": _get("事项分类"),
        "/departments": _get("部门"),
        "/areas": _get("区域"),
        "/openapi.json": _get("本说明"),
    }


def _action_form(action: Action) -> dict[str, Any]:
    """An action's own fields beside `action`, `version` and, for citizens, `query_code`."""
    form = GIVEN[action].model_json_schema(ref_template=_REF)
    common = {
        "action": {"const": action.value, "title": action.label},
        "version": {"type": "integer"},
        "query_code": {"type": "string"},
    }
    return form | {"title": action.label, "properties": common | form.get("properties", {})}


def _schemas() -> dict[str, Any]:
    made: dict[str, Any] = {"Error": _ERROR} | _SMALL
    models: list[type[BaseModel]] = [NewMatter, Steps, Said, Replied, OrderGiven, DialGiven, MarkGiven, SeatGiven]
    models += [Checked, Noted, Tagged, LookGiven, ConsentGiven]
    for model in models:
        _collect(made, model.__name__, model.model_json_schema(ref_template=_REF))
    forms = []
    for action in Action:
        name = f"Action_{action.value}"
        _collect(made, name, _action_form(action))
        forms.append({"$ref": _REF.format(model=name)})
    made["Action"] = {"oneOf": forms}
    return made


def _collect(made: dict[str, Any], name: str, schema: dict[str, Any]) -> None:
    made.update(schema.pop("$defs", {}))
    made[name] = schema


@lru_cache
def description() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "12345 热线", "version": "1", "license": {"name": "GPL-3.0-or-later"}},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}, {}],
        "paths": _paths(),
        "components": {"schemas": _schemas(), "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


@api.get("/openapi.json")
def openapi() -> Response:
    """The OpenAPI document."""
    return jsonify(description())
