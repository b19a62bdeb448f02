// The two promises, with what breaks them; and all rates of the period.

import { h } from "../shared/dom.js";
import { leftWords } from "../shared/time.js";
import { figure, percent } from "./words.js";

const PROMISES = ["forward_in_time", "on_time_reply"];

export const missedLine = (row, openCase) =>
  h(
    "li",
    {},
    h("span", { class: "mark bad" }, "■"),
    h(openCase ? "button" : "span", { class: "case-door", type: openCase ? "button" : null, onclick: openCase ? () => openCase(row.number) : null }, row.title),
    h("span", { class: "quiet" }, `${row.label} · ${row.short}${row.leader ? ` ${row.leader}` : ""}`),
    h("span", { class: "left" }, row.stopped_at ? "超期完成" : leftWords(row.due_at)),
  );

export function promise(told, { wall, open, openCase }) {
  const missed = PROMISES.flatMap((code) => told.missed[code]);
  return [
    h(
      "div",
      { class: "promises" },
      PROMISES.map((code) => {
        const rate = told.rates.find((row) => row.code === code);
        const level = rate.value === null ? "" : rate.value === 1 ? "good" : "bad";
        return figure(rate.name, percent(rate.value), { note: rate.denominator ? `${rate.numerator} / ${rate.denominator}` : "本期还没有", level, code, open });
      }),
    ),
    h("h3", {}, missed.length ? "没有守住承诺的" : "✓ 没有一件违背承诺"),
    h("ul", { class: "rows" }, missed.slice(0, wall ? 10 : 12).map((row) => missedLine(row, openCase))),
  ];
}

export function allRates(told, open) {
  const cell = (rate) => figure(rate.name, percent(rate.value), { note: rate.denominator ? `${rate.numerator} / ${rate.denominator}` : "", code: rate.code, open });
  return [h("div", { class: "figs small" }, told.rates.map(cell))];
}
