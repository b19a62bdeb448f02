// The review of a reply: a checklist that was looked at beforehand. What speaks against a line waits for the reviewer's
// word; what he refuses goes back with its reason. The button says what will happen.

import { all, fill, h, one } from "../shared/dom.js";
import { kbd } from "../shared/keys.js";
import { momentWords } from "../shared/time.js";
import { replyCard } from "../shared/case-view.js";
import { marked } from "../shared/reply-check.js";
import { area, button, complain, field, foot } from "./form-parts.js";

const WORDS = { yes: "✓ 符合", no: "✗ 不符合", open: "◆ 请看" };
const NEXT = { open: "yes", yes: "no", no: "yes" };

// One line: { row, state(), fault() }; `changed` hears of every decision.
function line({ point, label, passed, why }, index, changed) {
  let state = passed ? "yes" : "open";
  const says = h("b", { class: "verdict" });
  const reason = h("input", { "aria-label": `${label}：退回理由`, maxlength: "500", value: why, placeholder: "写给部门的理由" });
  const toggle = () => ((state = NEXT[state]), paint(), changed(), true);
  const row = h("li", { data: { point } }, h("button", { type: "button", class: "line-button", onclick: toggle }, says, h("span", {}, label), kbd(`Alt+${index + 1}`)), h("p", { class: "small why" }, why), reason);
  const paint = () => {
    says.textContent = WORDS[state];
    row.dataset.state = state;
    one(".why", row).hidden = !why || state === "no";
    reason.hidden = state !== "no";
  };
  paint();
  return { row, toggle, state: () => state, fault: () => ({ point, reason: reason.value.trim() }), field: reason };
}

const copies = (told, found) =>
  found.map((copy) =>
    h(
      "details",
      { class: "copy", open: true },
      h("summary", {}, `和 ${copy.number}（${copy.title}，${momentWords(copy.at)}）的答复几乎一样`),
      h("div", { class: "grid two" }, h("div", {}, h("h4", {}, "这次"), h("p", { class: "said" }, told.replies.at(-1)?.public ?? "")), h("div", {}, h("h4", {}, "那一次"), h("p", { class: "said" }, copy.public))),
    ),
  );

const before = (rows) => (rows.length ? h("p", { class: "small quiet" }, `本单位近三个月被退回：${rows.map((row) => `${row.label} ${row.count} 次`).join("、")}`) : null);

// Personal data in the public text stand out where they are.
function shown(told, reply, spans) {
  const card = replyCard(told, reply);
  if (spans?.length) one(".said", card).replaceChildren(...marked(reply.public, spans));
  return card;
}

export function review(node, told, beside, _departments, finish) {
  const found = beside.review ?? { lines: [], copies: [], sent_back: [], spans: {} };
  const more = area("还要说明的（可不填）");
  const go = button("通过", () => main(), "Ctrl+Enter");
  const changed = () => fill(go, faults().length ? "退回部门" : "通过", kbd("Ctrl+Enter"));
  const lines = found.lines.map((row, index) => line(row, index, changed));
  const faults = () => lines.filter((one) => one.state() === "no");
  const pass = () => {
    if (lines.some((one) => one.state() === "open")) return complain(node, "标 ◆ 的几条请逐条看过：点一下是符合，再点一下是不符合。");
    finish("pass", {}, "答复已通过，转回访");
    return true;
  };
  const back = () => {
    const empty = faults().find((one) => !one.fault().reason);
    if (empty) return empty.field.focus(), complain(node, "不符合的要写明理由，部门会看到。");
    const other = more.value.trim() ? [{ point: "other", reason: more.value.trim() }] : [];
    const reasons = [...faults().map((one) => one.fault()), ...other];
    if (!reasons.length) return complain(node, "退回要有理由：把不符合的几条点成 ✗，或写在补充说明里。");
    finish("send_back", { reasons }, "答复已退回部门");
    return true;
  };
  const main = () => (faults().length ? back() : pass());
  const latest = told.replies.filter((reply) => reply.round === told.round && !reply.sent_back?.length);
  fill(
    node,
    h("h2", {}, "答复审核"),
    latest.map((reply) => shown(told, reply, found.spans[reply.department])),
    h("ol", { class: "checklist", "aria-label": "审核清单" }, lines.map((one) => one.row)),
    before(found.sent_back),
    copies(told, found.copies),
    field("补充说明", more),
    foot(button("退回部门", back), go),
  );
  return { main, choose: (index) => lines[index]?.toggle() ?? false };
}
