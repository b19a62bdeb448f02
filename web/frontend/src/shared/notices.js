// The bell: what the house has told this person (deadlines, cards), unread first. bell() puts it into the top line.

import { call } from "./http.js";
import { fill, h, one } from "./dom.js";
import "./menus.js";
import { momentWords } from "./time.js";

const EVERY = 60_000;

const line = (row) =>
  h(
    "li",
    { class: row.read_at ? "quiet" : "unread" },
    h("time", { class: "small quiet", datetime: row.at }, momentWords(row.at)),
    h("p", {}, row.text),
  );

function paint(box, told) {
  one(".count", box).textContent = told.unread ? String(told.unread >= 100 ? "99+" : told.unread) : "";
  one("summary", box).setAttribute("aria-label", told.unread ? `通知，${told.unread} 条未读` : "通知，没有未读");
  fill(one("ul", box), told.items.length ? told.items.map(line) : h("li", { class: "quiet" }, "没有通知。时限过半、黄牌、红牌会出现在这里。"));
  box.unread = told.items.filter((row) => !row.read_at).map((row) => row.id);
}

// Returns a function that reads the notices again.
export function bell() {
  const who = one(".topline .who");
  if (!who) return () => {};
  const box = h(
    "details",
    { class: "menu bell" },
    h("summary", { class: "button" }, "通知 ", h("b", { class: "count" })),
    h("div", { class: "drop" }, h("ul", { class: "plain" })),
  );
  who.before(box);
  const reread = () => call("GET", "/notices").then((told) => paint(box, told), () => null);
  box.addEventListener("toggle", async () => {
    if (box.open || !box.unread?.length) return;
    await call("POST", "/notices/read", { ids: box.unread }).catch(() => null);
    reread();
  });
  reread();
  setInterval(reread, EVERY);
  return reread;
}
