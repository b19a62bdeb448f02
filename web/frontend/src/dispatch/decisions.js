// The decision beside a case: one form per tab, shown for what this reader may do now.
//
// decisions(node, told, beside, departments, finish) → { main, choose? }; finish(action, given, said) does the step.

import { all, fill, h, one } from "../shared/dom.js";
import { kbd } from "../shared/keys.js";
import { momentWords } from "../shared/time.js";
import { area, button, complain, field, foot } from "./form-parts.js";
import { review } from "./review.js";
import { shareWords } from "../shared/case-words.js";
import { asDestinations, picker } from "../shared/department-picker.js";

let serial = 0;

function departmentField(label, departments) {
  const id = `d${++serial}`;
  const input = h("input", { id, role: "combobox", "aria-expanded": "false", "aria-controls": `${id}-list`, autocomplete: "off", placeholder: "名称、简称或拼音首字母（csgl → 城市管理局）" });
  const list = h("ul", { id: `${id}-list`, role: "listbox", hidden: true });
  return { node: h("div", { class: "field" }, h("label", { for: id }, label), h("div", { class: "pick" }, input, list)), pick: picker(input, list, departments) };
}

function forward(node, told, beside, departments, finish) {
  const to = departmentField("主办部门", departments);
  const co = departmentField("协办部门（可不填）", departments);
  const opinion = area("给部门的意见（可不填）");
  const first = beside.choices[0];
  const usual = told.suggestion?.department === first?.department ? (told.suggestion?.co ?? []) : [];
  const choice = (one, index) =>
    h(
      "button",
      { type: "button", class: "choice-card", "aria-pressed": "false", onclick: () => choose(index) },
      h("b", {}, one.department_name),
      h("span", { class: "small" }, `${one.category_name} · ${shareWords(one.confidence)}`),
      h("span", { class: "small quiet" }, one.reason),
      kbd(`Alt+${index + 1}`),
    );
  const choose = (index) => {
    const one = beside.choices[index];
    if (!one) return false;
    to.pick.set(one.department);
    if (index === 0 && usual[0]) co.pick.set(usual[0]);
    else co.pick.clear();
    all(".choice-card", node).forEach((card, i) => card.setAttribute("aria-pressed", String(i === index)));
    node.onchosen?.(one);
    return true;
  };
  const main = () => {
    const lead = to.pick.code();
    if (!lead) return complain(node, "先选主办部门：上面的建议，或按名称、拼音首字母查找。");
    const others = co.pick.code() ? [co.pick.code(), ...usual.slice(1)] : [];
    finish("forward", { departments: asDestinations(lead, others), opinion: opinion.value.trim() }, `已转 ${to.pick.name(lead)}`);
    return true;
  };
  const cards = beside.choices.length ? beside.choices.map(choice) : [h("p", { class: "quiet" }, "分类器没有给出建议，请按目录或部门名称选择。")];
  fill(node, h("h2", {}, "转办"), h("div", { class: "choices" }, cards), h("div", { class: "grid two" }, to.node, co.node), field("转办意见", opinion), returnedBefore(beside), foot(button("转办", main, "Ctrl+Enter")));
  choose(0);
  return { main, choose };
}

const request = (row) => h("li", {}, `${momentWords(row.at)} ${row.department_name}：${row.reason}${row.verdict ? ` → ${{ keep: "维持原派", reassign: "改派", granted: "同意", refused: "不同意" }[row.verdict] ?? row.verdict}` : ""}`);
const returnedBefore = (beside) =>
  beside.returned.length ? h("details", {}, h("summary", {}, `同类诉求退单 ${beside.returned.length} 次`), h("ul", { class: "plain small" }, beside.returned.map(request))) : null;

function arbitrate(node, told, beside, departments, finish) {
  const asked = beside.requests.find((row) => row.what === "return");
  const to = departmentField("改派到", departments);
  const reason = area("裁定理由");
  // Whom the returner names first, then what the catalogue and the classifier say; never the house that gives it back.
  const named = asked?.suggest ? [{ department: asked.suggest, department_name: asked.suggest_name, why: "退单部门建议" }] : [];
  const found = beside.choices.filter((one) => one.department !== asked?.department && one.department !== asked?.suggest).map((one) => ({ ...one, why: one.reason }));
  const choices = [...named, ...found].filter((one, at, list) => list.findIndex((other) => other.department === one.department) === at).slice(0, 3);
  const choose = (index) => {
    if (!choices[index]) return false;
    to.pick.set(choices[index].department);
    node.onchosen?.(choices[index]);
    all(".choice-card", node).forEach((card, i) => card.setAttribute("aria-pressed", String(i === index)));
    return true;
  };
  const cards = choices.map((one, index) =>
    h("button", { type: "button", class: "choice-card", "aria-pressed": "false", onclick: () => choose(index) }, h("b", {}, one.department_name), h("span", { class: "small quiet" }, one.why), kbd(`Alt+${index + 1}`)),
  );
  const keepIt = () => (finish("arbitrate", { verdict: "keep", reason: reason.value.trim() }, "已裁定：维持原派"), true);
  const reassign = () => {
    const code = to.pick.code();
    if (!code) return complain(node, "改派要先选部门。");
    finish("arbitrate", { verdict: "reassign", department: code, reason: reason.value.trim() }, `已改派 ${to.pick.name(code)}`);
    return true;
  };
  fill(
    node,
    h("h2", {}, "退单裁定"),
    asked ? h("p", { class: "notice warn" }, h("b", {}, `${asked.department_name} ${asked.by_name} 申请退单：`), asked.reason, asked.suggest ? h("span", {}, ` 建议转 ${asked.suggest_name}。`) : null) : null,
    cards.length ? h("div", { class: "choices" }, cards) : null,
    to.node,
    field("裁定理由", reason),
    returnedBefore(beside),
    foot(button("维持原派", keepIt), button("改派", reassign, "Ctrl+Enter")),
  );
  if (named.length) choose(0);
  return { main: reassign, choose };
}

const WHAT = { extension: ["延期审批", "decide_extension", (row) => `申请延长 ${row.days} 个工作日`], suspension: ["挂起审批", "approve_suspension", () => "申请挂起，等待市民"] };

function approve(node, told, beside, _departments, finish) {
  const asked = beside.requests.find((row) => row.what in WHAT);
  if (!asked) return nothing(node);
  const [title, action, words] = WHAT[asked.what];
  const reason = area("审批意见");
  const say = (granted) => {
    if (!granted && !reason.value.trim()) return complain(node, "不同意请写明理由。");
    finish(action, { granted, reason: reason.value.trim() }, `${title}：${granted ? "同意" : "不同意"}`);
    return true;
  };
  fill(
    node,
    h("h2", {}, title),
    h("p", { class: "notice" }, h("b", {}, `${asked.department_name} ${words(asked)}：`), asked.reason, h("span", { class: "quiet" }, `（${asked.by_name}，${momentWords(asked.at)}）`)),
    field("审批意见", reason),
    foot(button("不同意", () => say(false)), button("同意", () => say(true), "Ctrl+Enter")),
  );
  return { main: () => say(true) };
}

function redo(node, told, _beside, _departments, finish) {
  const opinion = area("给部门的重办要求");
  const main = () => (finish("redo", { opinion: opinion.value.trim() }, "已发回重办"), true);
  fill(node, h("h2", {}, "发回重办"), field("重办意见", opinion, "差评经核查属实，原承办部门重新办理并重新答复。"), foot(button("重办", main, "Ctrl+Enter")));
  return { main };
}

function nothing(node) {
  fill(node, h("p", { class: "quiet" }, "这件诉求现在没有需要您决定的事。"));
  return { main: () => false };
}

// The first row whose step this reader may take now, and whose condition holds.
const FORMS = [
  ["decide_extension", approve, (_, beside) => beside.requests.some((row) => row.what === "extension")],
  ["approve_suspension", approve, (_, beside) => beside.requests.some((row) => row.what === "suspension")],
  ["arbitrate", arbitrate, () => true],
  ["pass", review, () => true],
  ["redo", redo, () => true],
  ["forward", forward, (told) => ["received", "accepted"].includes(told.state)],
];

export function decisions(node, told, beside, departments, finish) {
  const [, form] = FORMS.find(([action, , holds]) => told.actions.includes(action) && holds(told, beside)) ?? [null, nothing];
  return form(node, told, beside, departments, finish);
}
