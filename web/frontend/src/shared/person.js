// One who asked not to be known: a reason first, then his name, number and words, until another case is opened.

import { call } from "./http.js";
import { fill, h } from "./dom.js";

const REASONS = [["contact", "联系市民核实情况"], ["revisit", "回访"], ["emergency", "涉及人身财产安全"], ["check", "核查差评或退单"], ["lawful", "有权机关依法调取"], ["other", "其他"]];

const shown = (person) =>
  h(
    "div",
    { class: "notice warn", role: "status" },
    h("p", {}, h("b", {}, `${person.name || "未留姓名"} · ${person.phone || "未留电话"}`)),
    person.address ? h("p", {}, person.address) : null,
    h("p", { class: "said" }, person.content),
    h("p", { class: "small" }, "本次查看已记录。请勿转告他人，也不要写进公开答复。"),
  );

// look(told, after): a button that asks why, and the person once that is said. `after` runs then (files open now).
export function look(told, after = () => {}) {
  const box = h("div", { class: "look" });
  const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
  const reason = h("select", { name: "reason", required: true, id: "look-reason" }, h("option", { value: "" }, "请选择"), REASONS.map(([value, label]) => h("option", { value }, label)));
  const words = h("input", { name: "words", maxLength: 500, id: "look-words", autocomplete: "off" });
  async function go(event) {
    event.preventDefault();
    try {
      const person = await call("POST", `/api/v1/cases/${encodeURIComponent(told.number)}/person`, { reason: reason.value, words: words.value.trim() });
      fill(box, shown(person));
      after();
    } catch (error) {
      wrong.hidden = false;
      wrong.textContent = error.message;
    }
  }
  const ask = () =>
    fill(
      box,
      h(
        "form",
        { class: "stack notice", onsubmit: go },
        h("p", {}, "诉求人要求保密。请先填写查看理由，每次查看都会记录，审计员可以看到。"),
        h("div", { class: "field" }, h("label", { for: "look-reason" }, "为什么要看"), reason),
        h("div", { class: "field" }, h("label", { for: "look-words" }, "说明（选“其他”的必填）"), words),
        wrong,
        h("p", { class: "foot" }, h("button", { type: "button", class: "button", onclick: start }, "不看了"), h("button", { type: "submit", class: "button main" }, "记录并查看")),
      ),
    ) && reason.focus();
  const start = () => fill(box, h("button", { type: "button", class: "button", onclick: ask }, "查看诉求人身份…"));
  start();
  return box;
}
