// The department's running clocks as bars: from the start to the deadline, office hours shaded, now on it; where several
// houses work on a case each bar carries the name of its house.

import { call } from "../shared/http.js";
import { h } from "../shared/dom.js";
import { s } from "../shared/svg.js";
import { dueMark, leftWords, momentWords, now } from "../shared/time.js";

const WIDE = 400;
const HIGH = 14;
const LATE = 0.06; // what lies beyond an overdue deadline
const DUTIES = ["sign", "first_contact", "reply", "rectification", "rectification_complex"];

const DUE = (row) => Date.parse(row.due_at);

function bar(row, seen, spans) {
  const start = Date.parse(row.started_at);
  const whole = Math.max(DUE(row) - start, 1) * (seen > DUE(row) ? 1 + LATE : 1);
  const x = (at) => Math.min(Math.max((at - start) / whole, 0), 1) * WIDE;
  const used = x(seen);
  const { level } = dueMark(row, seen);
  const open = spans.filter(([begin, end]) => end > start && begin < start + whole);
  const share = Math.round((Math.min(seen, DUE(row)) - start) / Math.max(DUE(row) - start, 1) * 100);
  return s(
    "svg",
    { viewBox: `0 0 ${WIDE} ${HIGH}`, class: `bar ${level}`, role: "img", preserveAspectRatio: "none", "aria-label": `${row.label}：已用 ${share}%，浅色条为办公时间` },
    s("rect", { class: "bar-whole", x: 0, y: 1, width: WIDE, height: HIGH - 2 }),
    ...open.map(([begin, end]) => s("rect", { class: "bar-open", x: x(begin), y: 1, width: Math.max(x(end) - x(begin), 0.8), height: HIGH - 2 })),
    s("rect", { class: "bar-used", x: 0, y: HIGH - 6, width: used, height: 5 }),
    s("rect", { class: "bar-now", x: Math.max(used - 2, 0), y: 0, width: 3, height: HIGH }),
  );
}

// Office hours between the first start and the last deadline; without them the bars are plain.
async function openHours(rows, seen) {
  const from = Math.min(...rows.map((row) => Date.parse(row.started_at)));
  const to = Math.min(Math.max(...rows.map(DUE), Number(seen)), from + 119 * 24 * 3600_000);
  const asked = new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  const { items } = await call("GET", `/department/hours?${asked}`).catch(() => ({ items: [] }));
  return items.map(([begin, end]) => [Date.parse(begin), Date.parse(end)]);
}

export async function clockBars(told) {
  const seen = now();
  const running = told.clocks.filter((row) => !row.stopped_at && DUTIES.includes(row.clock));
  if (!running.length) return [];
  const spans = await openHours(running, seen);
  const houses = new Set(running.map((row) => row.department));
  const house = (row) => told.departments.find((place) => place.code === row.department);
  return running.map((row) =>
    h(
      "div",
      { class: "clock-bar", title: row.explain },
      h("span", {}, h("b", {}, row.label), houses.size > 1 && house(row) ? h("span", { class: "small whose" }, ` ${house(row).name}（${house(row).role_label}）`) : null),
      bar(row, seen, spans),
      h("span", { class: "small" }, row.paused ? "‖ 暂停计时" : `${momentWords(row.due_at)} · ${leftWords(row.due_at, seen)}`),
    ),
  );
}
