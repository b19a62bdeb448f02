// The loop of bad reviews as a funnel with ages, and the areas by open cases.

import { h } from "../shared/dom.js";
import { s } from "../shared/svg.js";
import { lengthWords } from "../shared/time.js";

const SIZES = { desk: { wide: 900, high: 40, bar: 440, at: 130 }, wall: { wide: 1840, high: 66, bar: 900, at: 220 } };

function stage(row, index, most, { high, bar, at }) {
  const wide = (row.count / most) * bar;
  const text = index * high + high * 0.68;
  const waits = row.waiting ? `停在这里 ${row.waiting} 件 · 最久 ${lengthWords(row.oldest * 1000)}` : "";
  return [
    s("text", { x: 0, y: text, class: "axis" }, row.label),
    row.count ? s("rect", { x: at + (bar - wide) / 2, y: index * high + high * 0.12, width: wide, height: high * 0.76, class: "bar-used" }) : null,
    s("text", { x: at + bar / 2, y: text, class: row.count ? "axis on" : "axis", "text-anchor": "middle" }, String(row.count)),
    s("text", { x: at + bar + 30, y: text, class: row.waiting ? "axis warn" : "axis" }, waits),
  ];
}

function funnel(stages, wall) {
  const size = SIZES[wall ? "wall" : "desk"];
  const most = Math.max(...stages.map((row) => row.count), 1);
  const label = stages.map((row) => `${row.label} ${row.count}`).join("，");
  const drawn = stages.flatMap((row, index) => stage(row, index, most, size));
  return s("svg", { viewBox: `0 0 ${size.wide} ${stages.length * size.high}`, class: "funnel", role: "img", "aria-label": `差评闭环：${label}` }, drawn);
}

function map(areas) {
  const most = Math.max(...areas.map((row) => row.open), 1);
  const tile = (row) =>
    h("li", { class: `area heat-${Math.ceil((row.open / most) * 4)}` }, h("b", {}, String(row.open)), h("span", {}, row.area), h("span", { class: row.overdue ? "bad" : "quiet" }, row.overdue ? `■ 超期 ${row.overdue}` : "没有超期"));
  return h("ul", { class: "area-map" }, areas.map(tile));
}

const waitingLine = (openCase) => (row) =>
  h(
    "li",
    {},
    h("span", { class: "mark warn" }, "◆"),
    h(openCase ? "button" : "span", { class: "case-door", type: openCase ? "button" : null, title: row.number, onclick: openCase ? () => openCase(row.number) : null }, row.title),
    h("span", { class: "quiet" }, `等 ${row.waits_label} · ${row.department}`),
    h("b", { class: "left" }, lengthWords(row.seconds * 1000)),
  );

const SHOWN = 5;

function waiting(told, openCase) {
  const rest = told.funnel.reduce((sum, row) => sum + row.waiting, 0) - SHOWN;
  return h("ul", { class: "rows" }, told.waiting.slice(0, SHOWN).map(waitingLine(openCase)), rest > 0 ? h("li", { class: "quiet" }, `还有 ${rest} 件`) : null);
}

export function loop(told, { wall, openCase }) {
  return [
    told.funnel[0].count ? funnel(told.funnel, wall) : h("p", { class: "quiet" }, "本期没有差评。"),
    wall ? null : waiting(told, openCase),
    h("h3", {}, "各区域未办结"),
    map(told.areas),
  ];
}
