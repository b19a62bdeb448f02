// The department's running clocks as bars: from the start to the deadline, with now on it.

import { h } from "../shared/dom.js";
import { s } from "../shared/svg.js";
import { dueMark, leftWords, momentWords, now } from "../shared/time.js";

const WIDE = 400;
const HIGH = 12;
const DUTIES = ["sign", "first_contact", "reply", "rectification", "rectification_complex"];

function bar(row, seen) {
  const start = Date.parse(row.started_at);
  const whole = Math.max(Date.parse(row.due_at) - start, 1);
  const used = Math.min(Math.max((seen - start) / whole, 0), 1) * WIDE;
  const { level } = dueMark(row, seen);
  return s(
    "svg",
    { viewBox: `0 0 ${WIDE} ${HIGH}`, class: `bar ${level}`, role: "img", preserveAspectRatio: "none", "aria-label": `${row.label}：已用 ${Math.round((used / WIDE) * 100)}%` },
    s("rect", { class: "bar-whole", x: 0, y: 2, width: WIDE, height: HIGH - 4 }),
    s("rect", { class: "bar-used", x: 0, y: 2, width: used, height: HIGH - 4 }),
    s("rect", { class: "bar-now", x: Math.max(used - 2, 0), y: 0, width: 3, height: HIGH }),
  );
}

export function clockBars(told) {
  const seen = now();
  const running = told.clocks.filter((row) => !row.stopped_at && DUTIES.includes(row.clock));
  return running.map((row) =>
    h(
      "div",
      { class: "clock-bar", title: row.explain },
      h("b", {}, row.label),
      bar(row, seen),
      h("span", { class: "small" }, row.paused ? "‖ 暂停计时" : `${momentWords(row.due_at)} · ${leftWords(row.due_at, seen)}`),
    ),
  );
}
