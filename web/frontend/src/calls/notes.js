// What the shift leader says to the desks: written here, seen there, with how many have read it.

import { call } from "../shared/http.js";
import { h, showWrong } from "../shared/dom.js";
import { momentWords } from "../shared/time.js";

const HOURS = [[1, "1 小时"], [4, "4 小时"], [8, "8 小时（本班）"], [24, "1 天"], [168, "7 天"]];

function writer(seats, done) {
  const to = h("select", { name: "to", "aria-label": "发给谁" }, h("option", { value: "" }, "全体在岗坐席"), seats.map((seat) => h("option", { value: seat.user }, `${seat.name} ${seat.user}`)));
  const text = h("input", { name: "text", required: true, maxLength: 200, size: 48, placeholder: "例如：供热投诉增多，先问清小区和楼号", "aria-label": "要说的话" });
  const hours = h("select", { name: "hours", "aria-label": "有效时间" }, HOURS.map(([value, label]) => h("option", { value, selected: value === 8 }, label)));
  const node = h("form", { class: "row" }, to, text, hours, h("button", { type: "submit", class: "button main" }, "发出"));
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await call("POST", "/api/v1/notes", { to: to.value, text: text.value, hours: Number(hours.value) });
      done("已发出，坐席桌面马上看到。");
    } catch (error) {
      if (!showWrong(node, error.fields ?? {})) done(error.message, true);
    }
  });
  return node;
}

function line(note, acting, done) {
  const { over } = note;
  const withdraw = async () => {
    try {
      await call("DELETE", `/api/v1/notes/${note.id}`);
      done("已撤回。");
    } catch (error) {
      done(error.message, true);
    }
  };
  return h("tr", { class: over ? "quiet" : "" }, [
    h("td", {}, momentWords(note.at)),
    h("td", {}, note.by),
    h("td", {}, note.to ?? "全体"),
    h("td", {}, note.text),
    h("td", {}, `${note.seen} 人已读`),
    h("td", {}, over ? "已过期" : `到 ${momentWords(note.until)}`),
    h("td", {}, acting && !over ? h("button", { type: "button", class: "button", onclick: withdraw }, "撤回") : null),
  ]);
}

// notes({ acting, done, table }) → the node of the tab.
export async function notes({ acting, done, table }) {
  const [told, seats] = await Promise.all([call("GET", "/api/v1/notes"), call("GET", "/calls/seats")]);
  const rows = told.items.map((note) => line(note, acting, done));
  const list = rows.length ? table(["时间", "谁", "发给", "内容", "已读", "有效", ""], rows) : h("p", { class: "quiet empty" }, "还没有发过值班消息。");
  return h("div", {}, acting ? writer(seats.items, done) : null, list);
}
