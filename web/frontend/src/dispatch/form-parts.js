// Parts of the forms beside a case: a labelled field, a text, buttons with their keys, and what is still missing.

import { h, one } from "../shared/dom.js";
import { kbd } from "../shared/keys.js";

let serial = 0;

export const field = (label, input, hint) => h("div", { class: "field" }, h("label", { for: input.id }, label), input, hint ? h("p", { class: "hint" }, hint) : null);
export const area = (placeholder, rows = 2) => h("textarea", { id: `t${++serial}`, rows: String(rows), maxlength: "10000", placeholder });
export const button = (label, act, key) => h("button", { type: "button", class: key ? "button main" : "button", onclick: act }, label, key ? kbd(key) : null);
export const foot = (...buttons) => h("div", { class: "foot" }, ...buttons);
export const complain = (node, words) => {
  const told = one(".told-here", node) ?? h("p", { class: "wrong told-here", role: "alert" });
  told.textContent = words;
  one(".foot", node).before(told);
  return true;
};
