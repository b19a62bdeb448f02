// The look at a public reply while it is written: each point of the review, what is missing, and where.
//
// liveCheck(field, node, number) draws into `node` and asks the server when the writer pauses; it never changes `field`.
// checkList(checks) draws what was found; marked(text, spans) gives the text with the places marked.

import { call } from "./http.js";
import { fill, h } from "./dom.js";

const PAUSE = 700;
const LEAST = 10;

export const checkList = (checks) =>
  h(
    "ul",
    { class: "plain reply-checks" },
    checks.map((one) => h("li", { class: one.passed ? "check good" : "check warn" }, h("span", { "aria-hidden": "true" }, one.passed ? "✓ " : "◆ "), h("b", {}, one.label), one.passed ? null : `：${one.why}`)),
  );

export function marked(text, spans) {
  const parts = [];
  let done = 0;
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    if (start < done) continue;
    parts.push(text.slice(done, start), h("mark", { class: "bad" }, text.slice(start, end)));
    done = end;
  }
  return [...parts, text.slice(done)];
}

export function liveCheck(field, node, number) {
  let turn = 0;
  let timer = 0;
  const ask = async () => {
    const text = field.value.trim();
    const mine = ++turn;
    if (text.length < LEAST) return fill(node);
    try {
      const told = await call("POST", `/api/v1/cases/${encodeURIComponent(number)}/reply-check`, { public: text });
      if (mine === turn) fill(node, checkList(told.checks));
    } catch (error) {
      if (mine === turn) fill(node, h("p", { class: "quiet small" }, `现在不能检查：${error.message}`));
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  ask();
}
