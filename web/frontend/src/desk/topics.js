// What many speak of these days: one line a topic, the hottest first; a click opens a case of it, to be joined.

import { call } from "../shared/http.js";
import { fill, h, one } from "../shared/dom.js";
import { calm } from "./answers.js";

const EVERY = 600_000;
const RISING = 1.5;

export function topics(onOpen) {
  const box = one("#topics");
  const later = calm(box);
  const line = (topic) =>
    h(
      "li",
      {},
      h("button", { type: "button", class: "link", onclick: () => onOpen(topic.examples[0][0]) }, topic.words.slice(0, 3).join(" ")),
      topic.alarm ? h("span", { class: "tag bad" }, "■ 预警") : null,
      h("span", { class: "small quiet" }, ` ${topic.size} 件 · ${topic.people} 人${topic.areas[0] ? ` · ${topic.areas[0][0]}` : ""}${topic.trend >= RISING ? ` · ↑ ${topic.trend} 倍` : ""}`),
    );
  const paint = (items) => fill(box, items.length ? h("ul", { class: "plain" }, items.map(line)) : h("p", { class: "quiet" }, "近两周没有很多人说同一件事。"));
  const reread = () => call("GET", "/desk/topics").then((told) => later(() => paint(told.items)), (error) => later(() => fill(box, h("p", { class: "quiet" }, `热点没有读到：${error.message}`))));
  reread();
  setInterval(reread, EVERY);
}
