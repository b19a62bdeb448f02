// Marks of numbers: what waits for a second person, and what counts. Nobody is dropped by the machine.

import { call } from "../shared/http.js";
import { h } from "../shared/dom.js";
import { momentWords } from "../shared/time.js";

const WAITS = "没有等待复核的标记。骚扰来电由第二个人复核后才生效，从不由机器挂断。";
const COUNTS = "没有生效的标记。";

function row(mark, acting, decide) {
  const open = mark.state === "proposed";
  const undo = h("button", { type: "button", class: "button", onclick: () => decide(mark, false) }, "撤销");
  return h("tr", { data: { mark: mark.id } }, [
    h("th", { scope: "row" }, mark.caller),
    h("td", {}, mark.mark_label),
    h("td", {}, mark.reason || "—"),
    h("td", {}, `${mark.by} ${momentWords(mark.at)}`),
    h("td", {}, open ? "—" : mark.decided_by ?? "—"),
    h("td", {}, mark.calls === undefined ? "—" : `${mark.calls} 次，接听 ${mark.answered} 次`),
    h("td", {}, acting ? h("span", { class: "row" }, open ? h("button", { type: "button", class: "button", onclick: () => decide(mark, true) }, "确认") : null, undo) : null),
  ]);
}

// marks({ acting, doing, repaint, table }) → the node of the tab.
export async function marks({ acting, doing, repaint, table }) {
  const [waits, counts] = await Promise.all([call("GET", "/api/v1/marks"), call("GET", "/api/v1/marks?state=confirmed")]);
  const decide = (mark, confirmed) =>
    doing(async () => {
      await call("POST", `/api/v1/marks/${mark.id}`, { confirmed });
      await repaint();
    }, confirmed ? "已确认：该号码排队靠后，仍由人接听。" : "已撤销。");
  const heads = ["号码", "标记", "理由", "谁在什么时候", "复核人", "标记后来电", "复核"];
  const list = (items, empty) => (items.length ? table(heads, items.map((mark) => row(mark, acting, decide))) : h("p", { class: "quiet empty" }, empty));
  return h("div", {}, h("h2", {}, "等待复核"), list(waits.items, WAITS), h("h2", {}, "已生效"), list(counts.items, COUNTS));
}
