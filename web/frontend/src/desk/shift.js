// My day in figures, and what the shift leader says: both hang on the call bar.

import { call, user } from "../shared/http.js";
import { fill, h, one } from "../shared/dom.js";
import { s } from "../shared/svg.js";
import { momentWords } from "../shared/time.js";

const LEVELS = [["5", "非常满意"], ["4", "满意"], ["3", "基本满意"], ["2", "不满意"], ["1", "非常不满意"]];
const EVERY = 60_000;
const minutes = (total) => (total === null ? "—" : total < 60 ? `${total} 秒` : `${Math.floor(total / 60)} 分 ${total % 60} 秒`);

const figure = (label, value) => h("div", { class: "day-figure" }, h("b", { class: "figure" }, value), h("span", { class: "small quiet" }, label));

// Calls by the hour as small columns; only hours with a call at either end are drawn.
function hours(counts) {
  const first = counts.findIndex(Boolean);
  if (first < 0) return h("p", { class: "quiet" }, "今天还没有接听电话。");
  const last = counts.findLastIndex(Boolean);
  const shown = counts.slice(first, last + 1);
  const most = Math.max(...shown);
  const bars = shown.flatMap((count, index) => [
    s("rect", { x: index * 24 + 4, y: 48 - (count / most) * 40, width: 16, height: (count / most) * 40, class: "day-bar" }),
    s("text", { x: index * 24 + 12, y: 60, "text-anchor": "middle", class: "axis" }, String(first + index)),
  ]);
  const said = shown.map((count, index) => `${first + index} 点 ${count} 个`).join("，");
  return s("svg", { viewBox: `0 0 ${shown.length * 24} 62`, width: shown.length * 24, height: 62, role: "img", "aria-label": `每小时接听：${said}` }, bars);
}

function ratings(told) {
  const total = Object.values(told.ratings).reduce((sum, count) => sum + count, 0);
  if (!total) return h("p", { class: "quiet" }, "今天还没有市民评价。");
  const row = ([level, label]) => h("tr", {}, h("th", { scope: "row" }, label), h("td", {}, h("meter", { min: 0, max: total, value: told.ratings[level], "aria-label": label })), h("td", {}, String(told.ratings[level])));
  return h("table", { class: "day-ratings" }, h("tbody", {}, LEVELS.map(row)));
}

// What others did with my calls and my seat: listened, took over, forced a status. It is his to know.
const done = (acts) =>
  acts.length
    ? [h("h3", {}, "与我有关的操作"), h("ul", { class: "plain" }, acts.slice(0, 6).map((act) => h("li", {}, h("span", {}, `${act.label} · ${act.by}`), h("small", { class: "quiet" }, `${momentWords(act.at)}${act.reason ? ` · ${act.reason}` : ""}`))))]
    : [];

const day = (told) => [
  h("div", { class: "day-figures" }, figure("接听", String(told.calls)), figure("外呼接通", String(told.made)), figure("登记诉求", String(told.cases)), figure("平均通话", minutes(told.average_seconds)), figure("平均评分", told.mean === null ? "—" : String(told.mean))),
  hours(told.hours),
  ratings(told),
];

// shift() → { reread }: the notes are read again at once, the day when it is opened.
export function shift() {
  const myDay = one("#my-day");
  const place = one("#notes");
  const strip = one("#note-strip");
  myDay.addEventListener("toggle", async () => {
    if (!myDay.open) return;
    try {
      const [told, acts] = await Promise.all([call("GET", "/desk/day"), call("GET", "/api/v1/acts")]);
      fill(one(".drop", myDay), day(told), done(acts.items.filter((act) => act.agent === user() && act.by !== user())));
    } catch (error) {
      fill(one(".drop", myDay), h("p", { class: "wrong" }, error.message));
    }
  });

  async function seen(note) {
    await call("POST", `/desk/notes/${note.id}/read`).catch(() => null);
    await reread();
  }
  const line = (note) => h("li", { class: note.read ? "quiet" : "unread" }, h("p", {}, note.text), h("small", { class: "quiet" }, `${note.by_name} ${momentWords(note.at)}`));

  async function reread() {
    const told = await call("GET", "/desk/notes").catch(() => null);
    if (!told) return;
    const unread = told.items.filter((note) => !note.read);
    one(".count", place).textContent = unread.length ? String(unread.length) : "";
    fill(one(".drop", place), h("ul", { class: "plain" }, told.items.length ? told.items.map(line) : h("li", { class: "quiet" }, "没有值班消息。")));
    strip.hidden = !unread.length;
    if (!unread.length) return fill(strip);
    const [note] = unread;
    fill(strip, h("b", {}, `${note.by_name}：`), h("span", {}, note.text), h("button", { type: "button", class: "button", onclick: () => seen(note) }, "知道了"));
  }
  reread();
  setInterval(reread, EVERY);
  return { reread };
}
