// The citizen on the line: what to mind with him, his open cases with clocks, what ended before and how he rated it.
// Alt+1…9 says that this call is about one of the open ones.

import { call } from "../shared/http.js";
import { fill, h, one } from "../shared/dom.js";
import { clockLine, leading } from "../shared/case-view.js";
import { LEVELS } from "../shared/case-words.js";
import { momentWords } from "../shared/time.js";

const PAUSE = 500;
const LEAST = 7;
const MOST = 9;
const WORST_GOOD = 3;
const MARKS = { elderly: "good", confidential: "warn", often: "warn", displeased: "bad", nuisance: "bad" };

export function citizen(form, onAbout, { onKnown = () => {} } = {}) {
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

  const flag = ({ code, label, why }) => h("li", { class: `flag ${MARKS[code] ?? ""}` }, h("b", {}, label), h("span", { class: "small" }, why));

  const ended = (row) =>
    h(
      "li",
      {},
      h("button", { type: "button", class: "link", onclick: () => onAbout(row.number) }, row.title),
      h("span", { class: "small quiet" }, ` ${momentWords(row.at)} ${row.state_label} · `),
      h("span", { class: `small ${row.level && row.level < WORST_GOOD ? "bad" : "quiet"}` }, row.level ? LEVELS[row.level] : "没有评价"),
    );

  function paint(phone, said, rows, more = {}) {
    cases = rows.slice(0, MOST);
    const open = cases.length ? [h("h3", {}, `在办诉求 ${rows.length} 件`), cases.map(card)] : [h("p", { class: "quiet" }, "没有在办诉求。")];
    const earlier = more.earlier?.length ? [h("h3", {}, "以前办结的"), h("ul", { class: "plain earlier" }, more.earlier.map(ended))] : [];
    const flags = more.flags?.length ? h("ul", { class: "plain caller-flags" }, more.flags.map(flag)) : null;
    fill(box, h("p", { class: "caller" }, h("b", {}, phone || "号码未显示"), said ? h("span", { class: "quiet small" }, said) : null), flags, ...open, ...earlier);
  }

  function about(index) {
    if (!cases[index]) return false;
    onAbout(cases[index].number);
    return true;
  }

  const often = (calls) => (calls > 1 ? `本月第 ${calls} 次来电` : calls === 1 ? "本月第一次来电" : "本月没有来过电话");

  async function look(phone) {
    if (phone === shown) return;
    shown = phone;
    await read(phone);
  }

  async function read(phone) {
    try {
      const told = await call("POST", "/desk/citizen", { phone });
      if (phone !== shown) return;
      paint(phone, [told.name, often(told.calls)].filter(Boolean).join(" · "), told.cases, told);
      onKnown(told);
    } catch (error) {
      if (phone === shown && error.code !== "bad_phone") fill(box, h("p", { class: "quiet" }, `没有读到他的诉求：${error.message}`));
    }
  }

  function pop(told) {
    shown = told.caller;
    const before = told.earlier_calls ? `以前来电 ${told.earlier_calls} 次` : "第一次来电";
    paint(told.caller, before, told.cases);
    if (told.caller) read(told.caller);
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
  return { about, pop, look, clear, has: (number) => cases.some((row) => row.number === number) };
}
