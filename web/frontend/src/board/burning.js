// What has run out and what runs out next, with the house and the person who answers for it.

import { h } from "../shared/dom.js";
import { dueMark, leftWords } from "../shared/time.js";

const line = (openCase) => (row) => {
  const { mark, level } = dueMark(row);
  return h(
    "li",
    { class: level },
    h("span", { class: `mark ${level}` }, mark || "·"),
    h("b", { class: "left" }, leftWords(row.due_at)),
    h(openCase ? "button" : "span", { class: "case-door", type: openCase ? "button" : null, title: row.explain, onclick: openCase ? () => openCase(row.number) : null }, row.title),
    h("span", { class: "quiet" }, `${row.label}${row.provisional ? "（暂定）" : ""} · ${row.short}${row.leader ? ` ${row.leader}` : ""}`),
  );
};

export function burning(told, { wall, openCase }) {
  const most = wall ? 9 : 8;
  return [
    h(
      "div",
      { class: "two" },
      h("div", {}, h("h3", {}, `■ 已超期 ${told.overdue_count} 件`), told.overdue.length ? h("ul", { class: "rows" }, told.overdue.slice(0, most).map(line(openCase))) : h("p", { class: "quiet" }, "没有超期的。")),
      h("div", {}, h("h3", {}, `◆ 24 小时内到期 ${told.day_count} 件`), told.next.length ? h("ul", { class: "rows" }, told.next.slice(0, most).map(line(openCase))) : h("p", { class: "quiet" }, "没有正在计时的。")),
    ),
    told.provisional_count ? h("p", { class: "quiet" }, `其中 ${told.provisional_count} 件的时限是暂定的：该年放假安排还没有公布。`) : null,
  ];
}
