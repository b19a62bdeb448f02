// Figures as people read them.

import { h } from "../shared/dom.js";

// 99.9 %, never rounded up to a promise that was not kept; — where nothing was counted.
export function percent(value) {
  if (value === null || value === undefined) return "—";
  return value === 1 ? "100 %" : `${(Math.floor(value * 1000) / 10).toFixed(1)} %`;
}

// 1:35
export function seconds(count) {
  if (count === null || count === undefined) return "—";
  return `${Math.floor(count / 60)}:${String(Math.floor(count % 60)).padStart(2, "0")}`;
}

// A figure with its name; at the desk a door.
export function figure(name, value, { note = "", level = "", code = "", open = null } = {}) {
  const inside = [h("b", { class: "value" }, value), h("span", { class: "name" }, name), note ? h("span", { class: "note" }, note) : null];
  const props = { class: `fig ${level}`, data: { figure: code } };
  return open ? h("button", { ...props, type: "button", title: "看算法和明细", onclick: () => open(code) }, inside) : h("div", props, inside);
}
