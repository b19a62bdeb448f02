// Talks on the left edge: cards with unread messages and waiting seconds; an opened one shows its messages and a field
// to answer. The same middle makes it a case.

import { gallery, sent } from "../shared/attachments.js";
import { call } from "../shared/http.js";
import { composing, fill, h, one } from "../shared/dom.js";
import { clockWords, spanWords } from "../shared/time.js";

const STATES = { bot: "机器人接待", waiting: "等待人工", agent: "接待中", closed: "已结束" };
const BY = { citizen: "市民", bot: "机器人", agent: "我方", system: "系统" };
const path = (id, rest = "") => `/desk/chats/${id}${rest}`;

// chats({ onOpen, onUse }) → { reread, casePath }; casePath() is where the opened talk becomes a case, or "".
// onUse(text) gets what the citizen wrote since it was used last.
export function chats({ onOpen, onUse }) {
  const section = one("#chats");
  const cards = one("#chat-cards");
  const talk = one("#chat-talk");
  const input = h("textarea", { id: "chat-say", rows: "2", maxlength: "2000", placeholder: "回复市民，Enter 发送，Shift+Enter 换行" });
  const list = h("ol", { "aria-live": "polite", "aria-label": "对话" });
  const told = h("p", { class: "wrong", role: "alert", hidden: true });
  const title = h("h3", {});
  const buttons = h("div", { class: "row" });
  let opened = null;
  let last = 0;
  let turn = 0;
  let sending = "";
  let unused = [];
  fill(talk, h("div", { class: "talk" }, title, list, h("label", { class: "unseen", for: "chat-say" }, "回复市民"), input, told, buttons));

  const refuse = (error) => {
    told.hidden = !error;
    told.textContent = error?.message ?? "";
  };

  const card = (row) =>
    h(
      "button",
      { type: "button", class: `case-card${opened?.id === row.id ? " on" : ""}`, data: { chat: String(row.id) }, onclick: () => open(row) },
      h("b", {}, row.name || row.phone || `在线市民 ${row.id}`, row.unread ? h("span", { class: "tag bad" }, ` ${row.unread} 条未读`) : null),
      h("span", { class: "small quiet" }, `${STATES[row.state]}${row.state === "waiting" ? ` · 已等 ${spanWords(row.waiting_seconds)}` : ""}`),
      row.last ? h("span", { class: "small" }, String(row.last).slice(0, 40)) : null,
    );

  const photo = (row) => (row.file ? gallery([sent(row)], { path: (item) => path(opened.id, `/files/${item.id}`) }) : null);
  const message = (row) => h("li", { class: row.by === "agent" ? "mine" : null }, h("span", { class: "small quiet" }, `${BY[row.by] ?? row.by} ${clockWords(row.at)}`), `\n${row.text}`, photo(row));

  // Draw what an answer holds: only messages not drawn yet, and the buttons of its state.
  function show(answer) {
    if (answer.chat.id !== opened?.id) return;
    opened = answer.chat;
    title.textContent = `${opened.name || "在线市民"} · ${STATES[opened.state]}${opened.case_number ? ` · 已登记 ${opened.case_number}` : ""}`;
    for (const row of answer.items.filter((row) => row.id > last)) {
      list.append(message(row));
      if (row.by === "citizen") unused.push(row.text);
      last = row.id;
    }
    list.scrollTop = list.scrollHeight;
    const ends = opened.state === "closed";
    input.disabled = ends;
    const act = (label, rest) => h("button", { type: "button", class: "button", onclick: () => step(rest) }, label);
    fill(buttons, ends ? null : h("button", { type: "button", class: "button main", onclick: say }, "发送"), h("button", { type: "button", class: "button", onclick: use }, "填入诉求"), ends ? null : act("交还排队", "/release"), ends ? null : act("结束", "/close"), h("button", { type: "button", class: "button", onclick: shut }, "收起"));
  }

  const more = (answer) => (show(answer), answer.items.length ? readOn() : null);
  const readOn = () => call("GET", path(opened.id, `?after=${last}`)).then(more);

  async function open(row) {
    turn += 1;
    const mine = turn;
    opened = row;
    last = 0;
    unused = [];
    list.replaceChildren();
    talk.hidden = false;
    refuse(null);
    try {
      const answer = await call(row.state === "waiting" ? "POST" : "GET", path(row.id, row.state === "waiting" ? "/take" : ""));
      if (mine !== turn) return;
      await more(answer);
      reread();
      onOpen(answer.chat);
      input.focus();
    } catch (error) {
      refuse(error);
      await reread();
    }
  }

  function use() {
    if (unused.length) onUse(unused.join("\n"));
    unused = [];
  }

  async function step(rest) {
    try {
      await call("POST", path(opened.id, rest));
      shut();
      await reread();
    } catch (error) {
      refuse(error);
    }
  }

  function shut() {
    opened = null;
    talk.hidden = true;
    turn += 1;
    reread();
  }

  async function say() {
    const text = input.value.trim();
    if (!text || !opened || sending === text) return;
    sending = text;
    input.dataset.client ||= crypto.randomUUID?.() ?? String(Date.now());
    try {
      show(await call("POST", path(opened.id, `/say?after=${last}`), { client_id: input.dataset.client, text }));
      input.value = "";
      delete input.dataset.client;
      refuse(null);
      reread();
    } catch (error) {
      refuse(error);
    } finally {
      sending = "";
    }
  }

  input.addEventListener("keydown", (event) => {
    if (composing(event) || event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    say();
  });
  input.addEventListener("input", () => delete input.dataset.client);

  async function reread() {
    try {
      const { items } = await call("GET", "/desk/chats");
      section.hidden = !items.length && !opened;
      fill(cards, items.map(card));
      if (opened) await readOn();
    } catch (error) {
      refuse(error);
    }
  }
  return { reread, casePath: () => (opened?.state === "agent" && !opened.case_number ? path(opened.id, "/to_case") : "") };
}
