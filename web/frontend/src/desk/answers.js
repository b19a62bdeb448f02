// The right side: answers of the knowledge base and similar cases. It never moves under the mouse and takes no focus.

import { call } from "../shared/http.js";
import { fill, h, one } from "../shared/dom.js";
import { momentWords } from "../shared/time.js";

const PAUSE = 500;
const SHOWN = 3;

// Draw now, or when the mouse has left.
export function calm(node) {
  let waiting = null;
  node.addEventListener("pointerleave", () => {
    waiting?.();
    waiting = null;
  });
  return (draw) => {
    if (node.matches(":hover")) waiting = draw;
    else draw();
  };
}

// The passage with what fits in bold; marks are [start, end] pairs.
function marked({ passage, marks }) {
  const parts = [];
  let done = 0;
  for (const [start, end] of marks ?? []) {
    parts.push(passage.slice(done, start), h("b", {}, passage.slice(start, end)));
    done = end;
  }
  return [...parts, passage.slice(done)];
}

export function answers(form) {
  const box = one("#answers");
  const later = calm(box);
  let found = [];
  let turn = 0;
  let timer = 0;

  async function insert(item) {
    if (!item) return false;
    const article = await call("GET", `/api/v1/kb/articles/${encodeURIComponent(item.code)}`).catch(() => null);
    const field = form.elements.answer;
    const text = article?.body || item.passage;
    field.value = field.value ? `${field.value}\n${text}` : text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    return true;
  }

  const card = (item, index) =>
    h(
      "article",
      { class: "answer" },
      h("h3", {}, item.title),
      h("p", {}, marked(item)),
      h("button", { type: "button", class: "button", onclick: () => insert(item) }, "填入答复", index ? null : h("kbd", { "aria-hidden": "true" }, "F2")),
    );

  const paint = (told) => {
    found = told.items;
    const none = h("p", { class: "quiet" }, "知识库里没有合适的答案。可转办，或请知识管理员补充。");
    fill(box, told.degraded ? h("p", { class: "quiet small" }, "检索暂时降级，结果可能不全。") : null, found.length ? found.map(card) : none);
  };

  async function ask() {
    const text = form.elements.content.value.trim();
    const mine = ++turn;
    if (text.length < 4) return;
    // Without numbers: an address may stand in a log.
    const asked = new URLSearchParams({ q: text.replace(/[0-9０-９]{3,}/g, "").slice(0, 300), limit: String(SHOWN) });
    try {
      const told = await call("GET", `/api/v1/kb/search?${asked}`);
      if (mine === turn) later(() => paint(told));
    } catch (error) {
      if (mine === turn) later(() => fill(box, h("p", { class: "quiet" }, `答案没有读到：${error.message}`)));
    }
  }

  form.addEventListener("input", (event) => {
    if (event.target.name !== "content") return;
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  return { first: () => insert(found[0]), clear: () => ((turn += 1), paint({ items: [] })) };
}

// The same citizen's own case is taken up again; another's, of the same matter, is joined as one event.
export function similar({ onOpen, onJoin }) {
  const box = one("#similar");
  const later = calm(box);
  let found = [];
  const card = (row, index) =>
    h(
      "article",
      { class: "likeness" },
      h("button", { type: "button", class: "link", onclick: () => onOpen(row.number) }, row.title),
      h("span", { class: "small quiet" }, row.same_citizen ? h("b", { class: "tag warn" }, "同一市民") : null, ` ${row.state} · ${row.area || "区域未定"} · ${momentWords(row.received_at)} · 相似 ${Math.round(row.confidence * 100)}%`),
      row.same_citizen ? null : h("button", { type: "button", class: "button", onclick: () => onJoin(row.number) }, "并入这件事", index === others()[0]?.at ? h("kbd", { "aria-hidden": "true" }, "Alt+G") : null),
    );
  const others = () => found.map((row, at) => ({ ...row, at })).filter((row) => !row.same_citizen);
  const paint = (rows) => {
    found = rows;
    fill(box, rows.length ? rows.map(card) : h("p", { class: "quiet" }, "没有相似的在办诉求。"));
  };
  return { show: (rows) => later(() => paint(rows)), clear: () => paint([]), first: () => others()[0]?.number ?? "" };
}
