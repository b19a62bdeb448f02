// Bad ratings of calls that review no case: heard again, the citizen called, closed with what was found.

import { call } from "../shared/http.js";
import { fill, h, showWrong } from "../shared/dom.js";
import { dueWords, momentWords } from "../shared/time.js";
import { player } from "./sound.js";
import { dialer } from "../revisit/dialer.js";

const VERDICTS = [["justified", "属实"], ["no_ground", "没有依据"], ["mistaken", "误按"], ["unreached", "多次联系不上"]];
const LEVELS = { 1: "非常不满意", 2: "不满意" };

function form(row, done) {
  const pick = h("select", { name: "verdict", required: true, "aria-label": "结论" }, h("option", { value: "" }, "选择结论"), VERDICTS.map(([value, label]) => h("option", { value }, label)));
  const words = h("input", { name: "words", required: true, maxLength: 500, placeholder: "和市民说了什么，查到什么", "aria-label": "查到的情况" });
  const node = h("form", { class: "row check-form" }, pick, words, h("button", { type: "submit", class: "button main" }, "核查完毕"));
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await call("POST", `/api/v1/checks/${row.id}`, { verdict: pick.value, words: words.value });
      done(`已核查 ${row.caller || "号码未显示"} 的差评。`);
    } catch (error) {
      if (!showWrong(node, error.fields ?? {})) done(error.message, true);
    }
  });
  return node;
}

function card(row, acting, done, { hear = true } = {}) {
  const level = `${row.level} ${LEVELS[row.level] ?? ""}`;
  const about = row.case ? `诉求 ${row.case}` : "没有登记诉求";
  return h(
    "li",
    { class: "part", data: { check: row.id } },
    h("p", {}, h("b", {}, row.caller || "号码未显示"), ` 评 ${level} · 坐席 ${row.agent ?? "—"} · ${momentWords(row.at)} · ${about}`),
    row.state === "open"
      ? h("p", { class: row.overdue ? "wrong" : "quiet", title: row.explain }, `${row.overdue ? "■ " : ""}与市民核实：${dueWords(row.due_at)}`)
      : h("p", {}, h("b", {}, row.verdict_label ?? "已计入诉求评价"), ` ${row.words}`, h("small", { class: "quiet" }, ` ${row.by ?? ""} ${row.done_at ? momentWords(row.done_at) : ""}`)),
    hear && row.recording ? player(row.call) : null,
    row.state === "open" && acting ? h("div", { class: "row" }, row.caller ? dialer(() => ({ number: row.caller })) : null) : null,
    row.state === "open" && acting ? form(row, done) : null,
  );
}

const EMPTY = "没有等待核查的来电差评。市民在只登记了诉求的通话后按 1 或 2，会出现在这里；诉求自己的差评在回访页。";

// checks({ acting, done, hear }) → a node with the open checks, most urgent first, and lately closed ones.
export async function checks({ acting, done, hear = true }) {
  const [open, closed] = await Promise.all([call("GET", "/api/v1/checks"), call("GET", "/api/v1/checks?state=done")]);
  const list = (rows) => h("ul", { class: "plain" }, rows.map((row) => card(row, acting, done, { hear })));
  const node = h("div", {}, open.items.length ? list(open.items) : h("p", { class: "quiet empty" }, EMPTY));
  if (closed.items.length) node.append(h("details", {}, h("summary", {}, `已核查 ${closed.items.length} 条`), list(closed.items)));
  return node;
}

// How many wait, into the mark of a door; silent where they cannot be read.
export async function countChecks(place) {
  const told = await call("GET", "/api/v1/checks").catch(() => null);
  if (told) fill(place, told.items.length ? String(told.items.length) : "");
  return told?.items.length ?? 0;
}
