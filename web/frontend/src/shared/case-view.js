// One case as it reads: header, clocks in words, places, replies, revisits, the time line.
//
// await showCase(node, number) fetches and draws; draw(node, told, history) draws what was fetched.
// act(number, version, action, given) performs a step, actTogether(items, action, given) the same one of several cases.
// After a 409 call conflict(node, error, reread): it says who did what, reads the case again, and touches no field.

import { call } from "./http.js";
import { fill, h } from "./dom.js";
import { dueMark, dueWords, momentWords, now } from "./time.js";
import { evidence } from "./evidence.js";
import { ACTIONS, CHANNELS, CLOCKS, LEVELS, REVIEW_POINTS, ROLES, RUNGS, VERDICTS } from "./case-words.js";

const AT_ONCE = 200; // as many steps as one request may carry
const path = (number) => `/api/v1/cases/${encodeURIComponent(number)}`;

export const read = (number) => call("GET", path(number));
export const readHistory = async (number) => (await call("GET", `${path(number)}/history`)).items;
export const act = (number, version, action, given = {}) => call("POST", `${path(number)}/actions`, { action, version, ...given });

// The same step of several cases, by one request; what became of each, in their order: { number, status, error }.
export async function actTogether(items, action, given = {}) {
  const told = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const steps = items.slice(from, from + AT_ONCE).map(({ number, version }) => ({ ...given, number, version, action }));
    told.push(...(await call("POST", "/api/v1/actions", { items: steps })).items);
  }
  return told;
}

// The clock that runs out first, or null.
export const leading = (told) => told.clocks.find((row) => !row.stopped_at && row.clock !== "return") ?? null;

// The return window is a right, not a duty: it ends, and nobody is late.
function windowLine(row) {
  const words = new Date(row.due_at) < now() ? "已过退回期限" : `可在 ${momentWords(row.due_at)} 前退回`;
  return { mark: "", level: "quiet", words };
}

// ◆ 转办 今天 17:40 到期 · 还剩 3 小时; focus or hover explains how it was reckoned.
// `still`: inside a button or a row, where nothing else may take the focus.
export function clockLine(row, { still = false } = {}) {
  const right = row.clock === "return" && !row.stopped_at ? windowLine(row) : null;
  const { mark, level } = right ?? dueMark(row);
  const ended = row.stopped_at && (row.outcome === "done" ? `${momentWords(row.stopped_at)} 完成` : `${row.outcome === "skipped" ? "未做" : "不再计时"} · ${momentWords(row.stopped_at)}`);
  const late = row.stopped_at && row.outcome === "done" && row.stopped_at > row.due_at ? "（超期）" : "";
  const words = right ? right.words : ended ? `${ended}${late}` : row.paused ? `暂停计时 · 原定 ${momentWords(row.due_at)}` : dueWords(row.due_at);
  const notes = [row.extended && "已延期", row.provisional && "暂定：该年节假日安排还没有公布"].filter(Boolean);
  return h(
    "span",
    { class: `clock ${level}`, tabindex: still ? null : "0", title: row.explain },
    h("span", { class: "mark", "aria-hidden": "true" }, mark),
    h("b", {}, row.label),
    ` ${words}`,
    notes.length ? h("em", {}, ` ${notes.join("·")}`) : null,
    still ? null : h("span", { class: "explain" }, row.explain),
  );
}

const pair = (name, value) => (value ? h("div", {}, h("dt", {}, name), h("dd", {}, value)) : null);
const section = (title, ...inside) => h("section", { class: "part" }, h("h3", {}, title), ...inside);

function person(told) {
  const { name, phone, masked } = told.citizen;
  const flags = [told.confidential && "保密", told.anonymous && "匿名", masked && "已遮挡"].filter(Boolean);
  return [name || "未留姓名", phone, ...flags].filter(Boolean).join(" · ");
}

export function header(told) {
  return h(
    "header",
    { class: "case-head" },
    h("p", { class: "small quiet" }, `${told.number} · ${CHANNELS[told.channel] ?? told.channel} · ${momentWords(told.received_at)} 收到`),
    h("h2", {}, told.title),
    h(
      "p",
      { class: "tags" },
      h("span", { class: "tag state" }, told.state_label),
      h("span", { class: "tag" }, told.kind),
      told.urgency === "一般" ? null : h("span", { class: "tag bad" }, `■ ${told.urgency}`),
      told.confidential ? h("span", { class: "tag warn" }, "保密") : null,
      told.round > 1 ? h("span", { class: "tag warn" }, `第 ${told.round} 次办理`) : null,
    ),
  );
}

const matter = (told) =>
  h(
    "div",
    {},
    h("p", { class: "said" }, told.content),
    h(
      "dl",
      { class: "pairs" },
      pair("市民", person(told)),
      pair("地点", [told.place.area, told.place.address].filter(Boolean).join(" ")),
      pair("时间", told.occurred_at && momentWords(told.occurred_at)),
      pair("事项", told.suggestion?.category_name),
    ),
  );

// What runs stands open; what has ended is one click away.
function clocksPart(told) {
  if (!told.clocks.length) return null;
  const list = (rows) => h("ul", { class: "clocks" }, rows.map((row) => h("li", {}, clockLine(row), owner(told, row))));
  const [going, ended] = [told.clocks.filter((row) => !row.stopped_at), told.clocks.filter((row) => row.stopped_at)];
  return section("时限", going.length ? list(going) : null, ended.length ? h("details", { open: !going.length }, h("summary", { class: "small" }, `已结束的 ${ended.length} 个`), list(ended)) : null);
}

function owner(told, row) {
  const name = told.departments.find((place) => place.code === row.department)?.name;
  return name ? h("span", { class: "quiet small" }, ` ${name}`) : null;
}

const placesPart = (told) =>
  told.departments.length
    ? section(
        "承办部门",
        h(
          "ul",
          { class: "plain" },
          told.departments.map((place) =>
            h(
              "li",
              {},
              h("b", {}, place.name),
              ` ${place.role_label} · ${place.status_label}`,
              place.round > 1 ? ` · 第 ${place.round} 次` : null,
              place.signed_at ? h("span", { class: "quiet" }, ` · ${momentWords(place.signed_at)} 签收`) : null,
              place.opinion ? h("p", { class: "quiet" }, `转办意见：${place.opinion}`) : null,
            ),
          ),
        ),
      )
    : null;

const answerPart = (told) => (told.answer ? section("当场答复", h("p", { class: "said" }, told.answer)) : null);

export function replyCard(told, reply) {
  const name = told.departments.find((place) => place.code === reply.department)?.name ?? reply.department;
  const back = (reply.sent_back ?? []).map((item) => (typeof item === "string" ? item : `${REVIEW_POINTS[item.point]}：${item.reason}`));
  return h(
    "article",
    { class: "reply" },
    h("p", { class: "small quiet" }, `${name}${reply.by_name ? ` ${reply.by_name}` : ""} · ${momentWords(reply.at)} · 第 ${reply.round} 次办理${reply.passed_at ? " · ✓ 已通过审核" : ""}`),
    h("p", { class: "said" }, reply.public),
    h(
      "dl",
      { class: "pairs" },
      pair("是否属实", reply.facts),
      pair("是否解决", reply.solved === undefined ? "" : reply.solved ? "已解决" : "未解决"),
      pair("原因", reply.reason),
      pair("办理情况", reply.internal),
      pair("退回理由", back.filter(Boolean).join("；")),
    ),
  );
}

// One matter, many citizens: where this one went, or how many follow it.
function eventPart({ event }) {
  if (!event) return null;
  const link = (number) => h("a", { href: `/dispatch?q=${number}&open=${number}` }, number);
  if (event.parent) return section("群体事件", h("p", {}, "已并入 ", link(event.parent), ` · ${event.state_label}，办理和答复以主单为准，市民各自评价。`), event.replies.map((reply) => h("p", { class: "said" }, reply.public)));
  return section("群体事件", h("p", {}, `另有 ${event.count} 位市民反映同一件事，答复后各自收到并评价。`), event.numbers.length ? h("p", { class: "small" }, event.numbers.flatMap((number) => [link(number), " "])) : null);
}

const repliesPart = (told) => (told.replies.length ? section("部门答复", told.replies.map((reply) => replyCard(told, reply))) : null);

function revisitWords(row) {
  if (!row.reached) return row.result_label ? `没有接通（${row.result_label}）` : "没有接通";
  const said = [row.contacted_by_department === false && "部门没有联系过", row.solved ? "已解决" : "未解决", LEVELS[row.satisfaction]];
  return said.filter(Boolean).join(" · ");
}

const revisitsPart = (told) =>
  told.revisits.length
    ? section(
        "回访",
        h(
          "ul",
          { class: "plain" },
          told.revisits.map((row) => h("li", {}, `${momentWords(row.at)} ${revisitWords(row)}`, row.words ? h("p", { class: "said" }, row.words) : null)),
        ),
      )
    : null;

const ratingsPart = (told) =>
  told.ratings.length || told.verdict
    ? section(
        "评价",
        h("ul", { class: "plain" }, told.ratings.map((row) => h("li", {}, `第 ${row.round} 次办理：${LEVELS[row.level]}`, row.words ? `「${row.words}」` : null))),
        told.verdict ? h("p", {}, `判定：${VERDICTS[told.verdict] ?? told.verdict}`) : null,
      )
    : null;

const step = (row) =>
  h(
    "li",
    {},
    h("time", { datetime: row.at }, momentWords(row.at)),
    h("b", {}, ` ${ACTIONS[row.action] ?? row.action}`),
    row.role ? h("span", { class: "quiet" }, ` ${ROLES[row.role] ?? row.role} ${row.name}`) : null,
    rungWords(row),
    row.words ? h("p", { class: "said" }, row.words) : null,
  );

// Which clock made itself heard, and how; or which order was written.
function rungWords({ action, facts }) {
  if (action === "order") return h("span", {}, ` ${facts.paper}`);
  if (action !== "rung" || !facts) return null;
  const paper = facts.paper ? ` · ${facts.paper}` : "";
  return h("span", {}, ` ${CLOCKS[facts.clock] ?? facts.clock} · ${RUNGS[facts.rung] ?? facts.rung}${paper}`);
}

// Numbered documents may stand behind these steps; their page knows which.
const papersPart = (told, history) =>
  history.some((row) => row.facts?.paper || ["supervise", "revisit"].includes(row.action))
    ? h("p", { class: "small" }, h("a", { href: `/papers?case=${told.number}` }, "这件诉求的文书（黄牌、督办单、催办通知书）"))
    : null;

export const timeLine = (history) =>
  h("details", { class: "part", open: true }, h("summary", {}, `经过（${history.length} 步）`), h("ol", { class: "line" }, [...history].reverse().map(step)));

export function draw(node, told, history = []) {
  fill(
    node,
    h(
      "div",
      { class: "case", data: { number: told.number, version: String(told.version) } },
      header(told),
      matter(told),
      ...evidence(told),
      clocksPart(told),
      answerPart(told),
      placesPart(told),
      eventPart(told),
      repliesPart(told),
      revisitsPart(told),
      ratingsPart(told),
      papersPart(told, history),
      history.length ? timeLine(history) : null,
    ),
  );
  return told;
}

export const skeleton = () => h("div", { class: "skeleton", "aria-label": "正在读取", role: "status" }, h("i"), h("i"), h("i"), h("i"));

export const failed = (error, retry) =>
  h("div", { class: "notice bad", role: "alert" }, h("p", {}, error.message), h("button", { type: "button", class: "button", onclick: retry }, "重新读取"));

// Fetches and draws; returns what was read, or null when that failed (the node says so and offers a retry).
export async function showCase(node, number, { withHistory = true } = {}) {
  fill(node, skeleton());
  try {
    const [told, history] = await Promise.all([read(number), withHistory ? readHistory(number) : []]);
    return draw(node, told, history);
  } catch (error) {
    fill(node, failed(error, () => showCase(node, number, { withHistory })));
    return null;
  }
}

// A step that failed: tells why above `node`; when somebody else was first, says who did what and rereads the case.
// Fields that stand outside the redrawn node keep what was typed. Returns whether it was a conflict.
//
// `beside` ({ number, mine }) puts what the other wrote beside what was about to be sent.
export async function conflict(node, error, reread, beside = null) {
  const other = error.status === 409;
  const by = other && error.fields.by_name ? `（${error.fields.by_name}）` : "";
  const text = other ? `${error.message}${by} 您填写的内容还在，下面已是最新情况。` : error.message;
  node.parentElement.querySelector(":scope > .told")?.remove();
  node.before(h("div", { class: `notice told ${other ? "warn" : "bad"}`, role: "alert" }, h("p", {}, text)));
  if (!other) return false;
  const [, last] = await Promise.all([reread(), beside ? readHistory(beside.number).then((steps) => steps.at(-1), () => null) : null]);
  if (last) node.parentElement.querySelector(":scope > .told")?.append(h("div", { class: "grid two" }, h("div", {}, h("h4", {}, "对方刚做的"), h("ol", { class: "line" }, step(last))), h("div", {}, h("h4", {}, "您准备提交的"), h("p", { class: "said" }, beside.mine || "没有写字"))));
  return true;
}

export const clearTold = (node) => node.parentElement.querySelector(":scope > .told")?.remove();
