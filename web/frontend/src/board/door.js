// A figure's door: its formula and both lists, and from there the case.

import { call } from "../shared/http.js";
import { fill, h } from "../shared/dom.js";
import { failed, showCase, skeleton } from "../shared/case-view.js";
import { momentWords } from "../shared/time.js";

export const FORMULAS = {
  connect: "由人工接听 ÷ 送入人工队列的来电（滚动 24 小时），目标 95% 以上",
  answer_15s_invite: "来电起 15 秒内由人工接听 ÷ 送入人工队列的来电",
  answer_15s_notice: "提示音结束起 15 秒内由人工接听 ÷ 送入人工队列的来电",
  abandon: "等候中挂断 ÷ 送入人工队列的来电",
  direct: "首次联系即办结 ÷ 受理的诉求",
  return: "申请退单 ÷ 送达部门的诉求",
  extension: "批准延期 ÷ 期内到期的诉求",
  redo: "重办 ÷ 已答复的诉求",
  first_dispatch: "1 − 改派 ÷ 派出的诉求",
  rated: "市民主动评价 ÷ 办结的诉求",
};

export function doorway(box) {
  const shut = () => h("button", { type: "button", class: "button shut", onclick: () => box.close() }, "关闭");
  const part = h("div", { class: "door-case" });

  const openCase = (number) => {
    if (!box.open) {
      fill(box, shut(), h("h2", { id: "door-title" }, `诉求 ${number}`), part);
      box.showModal();
    }
    return showCase(part, number);
  };
  const line = (row) =>
    h(
      "li",
      {},
      h("button", { type: "button", class: "case-door", onclick: () => openCase(row.number) }, row.title),
      h("span", { class: "small quiet" }, ` ${row.number} · ${row.area} · ${row.department || row.state_label} · ${momentWords(row.at)}`),
    );
  const column = (title, rows, count) =>
    h("section", {}, h("h3", {}, `${title} ${count} 件${rows.length < count ? `（列出 ${rows.length} 件）` : ""}`), rows.length ? h("ul", { class: "plain" }, rows.map(line)) : h("p", { class: "quiet" }, "没有。"));

  const leftOut = (rows) =>
    rows.length
      ? h(
          "section",
          {},
          h("h3", {}, `经第二人复核不计入 ${rows.length} 件`),
          h("ul", { class: "plain" }, rows.map((row) => h("li", {}, h("button", { type: "button", class: "case-door", onclick: () => openCase(row.number) }, row.title), h("span", { class: "small quiet" }, ` ${row.number} · ${row.department} · ${row.why}${row.appealed ? "（申诉）" : ""} · ${row.found_by} 判定，${row.approved_by} 复核`)))),
        )
      : null;

  async function open(name, code, period, withLists) {
    const lists = h("div", { class: "door-lists" }, skeleton());
    const formula = h("p", { class: "formula" }, FORMULAS[code] ?? "");
    fill(part);
    fill(box, shut(), h("h2", { id: "door-title" }, name), formula, lists, part);
    if (!box.open) box.showModal();
    if (!withLists) return fill(lists, h("p", { class: "quiet" }, "这个指标按次数统计，没有诉求明细。"));
    try {
      const told = await call("GET", `/board/door/${code}?period=${period}`);
      formula.textContent = told.formula;
      fill(lists, column("没有做到", told.bad, told.bad_count), column("做到了", told.good, told.good_count), leftOut(told.excluded));
    } catch (error) {
      fill(lists, failed(error, () => open(name, code, period, withLists)));
    }
    return lists;
  }
  return { open, openCase };
}
