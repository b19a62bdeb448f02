// For the head: what left his house today, each with where it stands; opening one opens its case.

import { call } from "../shared/http.js";
import { fill, h, one } from "../shared/dom.js";
import { clockWords } from "../shared/time.js";

const MARKS = { passed: "✓", sent_back: "■", waiting: "" };

const row = (item, show) =>
  h(
    "li",
    {},
    h("button", { type: "button", onclick: () => show(item.number) }, h("b", {}, item.title), h("span", { class: "small quiet" }, ` ${item.number}`)),
    h("p", { class: "small" }, `${clockWords(item.at)} ${item.by} · ${item.facts} · ${item.solved ? "已解决" : "未解决"}${item.files ? ` · ${item.files} 个文件` : ""} · ${MARKS[item.state]} ${item.state_label}`),
    h("p", { class: "said" }, item.public),
  );

export function outgoing(show) {
  const box = one("#outgoing");
  if (!box) return () => {};
  return async () => {
    const { items } = await call("GET", "/department/outgoing").catch(() => ({ items: [] }));
    one(".count", box).textContent = String(items.length);
    fill(one("ul", box), items.length ? items.map((item) => row(item, show)) : h("li", { class: "quiet" }, "今天还没有发出答复。"));
  };
}
