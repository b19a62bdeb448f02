// The citizen on the line: his number, his open cases with clocks; Alt+1…9 says that this call is about one of them.

import { call } from "../shared/http.js";
import { fill, h, one } from "../shared/dom.js";
import { clockLine, leading } from "../shared/case-view.js";

const PAUSE = 500;
const LEAST = 7;
const MOST = 9;

export function citizen(form, onAbout) {
  const box = one("#citizen");
  let cases = [];
  let shown = "";
  let timer = 0;

  const card = (row, index) => {
    const clock = leading(row);
    return h(
      "button",
      { type: "button", class: "case-card", data: { number: row.number }, onclick: () => about(index) },
      h("b", {}, row.title),
      h("span", { class: "small quiet" }, `${row.number} · ${row.state_label}`),
      clock ? h("span", { class: "small" }, clockLine(clock, { still: true })) : null,
      h("kbd", { "aria-hidden": "true" }, `Alt+${index + 1}`),
    );
  };

  function paint(head, rows) {
    cases = rows.slice(0, MOST);
    const list = cases.length ? [h("h3", {}, `在办诉求 ${rows.length} 件`), cases.map(card)] : [h("p", { class: "quiet" }, "没有在办诉求。")];
    fill(box, head, ...list);
  }

  const head = (phone, said) => h("p", { class: "caller" }, h("b", {}, phone || "号码未显示"), said ? h("span", { class: "quiet small" }, said) : null);

  function about(index) {
    if (!cases[index]) return false;
    onAbout(cases[index].number);
    return true;
  }

  async function look(phone) {
    if (phone === shown) return;
    shown = phone;
    try {
      const told = await call("GET", `/api/v1/cases?${new URLSearchParams({ q: phone, open: "1", limit: String(MOST) })}`);
      if (phone === shown) paint(head(phone, ""), told.items);
    } catch (error) {
      fill(box, h("p", { class: "quiet" }, `没有读到他的诉求：${error.message}`));
    }
  }

  function pop(told) {
    shown = told.caller;
    const often = told.earlier_calls ? `以前来电 ${told.earlier_calls} 次` : "第一次来电";
    paint(head(told.caller, often), told.cases);
  }

  form.elements.phone.addEventListener("input", () => {
    clearTimeout(timer);
    const phone = form.elements.phone.value.replace(/[\s-]/g, "");
    if (phone.length >= LEAST) timer = setTimeout(() => look(phone), PAUSE);
  });
  const clear = () => {
    shown = "";
    cases = [];
    fill(box, h("p", { class: "quiet" }, "还没有来电。填写市民电话后，这里显示他的在办诉求。"));
  };
  return { about, pop, look, clear };
}
