// The chat: what is typed stands in this browser until the server has kept it; after a break everything since the last
// message is read again. The key in this browser is all that says whose chat it is.

import { io } from "socket.io-client";
import { all, clearWrong, composing, fill, h, one, showWrong } from "../shared/dom.js";
import { randomKey } from "../shared/http.js";
import { clockWords } from "../shared/time.js";
import { fieldsOf, sayingOf, t } from "../shared/tongue.js";
import { gallery, picker, sent, upload } from "../shared/attachments.js";
import { fileWords } from "../shared/file-words.js";

const WAIT = 10_000;
const AGAIN = 15_000;
const TITLE = "· "; // how the bot begins a title
const WHO = { citizen: t("我"), bot: t("机器助手"), agent: t("工作人员"), system: "" };
const STANDS = { bot: t("机器助手（不是真人）"), agent: t("工作人员正在为您服务"), closed: t("对话已结束，您可以接着说") };
const log = one("#log"); // scrolls; its list holds the messages
const list = one("ol", log);
const input = one("#text");

// --- what this browser keeps ---

const memory = new Map();
const stored = {
  get: (name) => {
    try {
      return localStorage.getItem(name) ?? memory.get(name) ?? null;
    } catch {
      return memory.get(name) ?? null;
    }
  },
  drop: (name) => {
    memory.delete(name);
    try {
      localStorage.removeItem(name);
    } catch {
      return; // nothing was kept
    }
  },
  set: (name, value) => {
    memory.set(name, value);
    try {
      localStorage.setItem(name, value);
    } catch {
      return; // this page still remembers it
    }
  },
};

const key = stored.get("chat:key") ?? randomKey();
stored.set("chat:key", key);
let unsent = JSON.parse(stored.get("chat:unsent") ?? "[]");
const keepUnsent = () => stored.set("chat:unsent", JSON.stringify(unsent));
input.value = stored.get("chat:typed") ?? "";
input.addEventListener("input", () => stored.set("chat:typed", input.value));

// --- showing ---

const shown = new Map(); // id → true
let last = 0;

function bubble(message, pending = false) {
  const when = pending ? t("正在发送…") : clockWords(message.at);
  const who = WHO[message.by] ? `${WHO[message.by]} · ${when}` : when;
  return h("li", { class: `said-by ${message.by}${pending ? " pending" : ""}`, data: { client: message.client_id } }, h("p", { class: "who" }, who), h("p", { class: "said" }, message.by === "bot" ? pressable(message.text) : message.text), photo(message));
}

// Titles that the bot names can be pressed as long as he answers: the title is then asked for.
function pressable(text) {
  const title = (line) => h("button", { type: "button", class: "title", data: { title: line.slice(TITLE.length).trim() }, onclick: (event) => speak(event.currentTarget.dataset.title) }, line);
  return text.split(/(?<=\n)/).map((line) => (line.startsWith(TITLE) ? title(line) : line));
}
const titles = () => all("button.title", log);

// A file of this chat, asked for with the key of this browser.
const WITH_KEY = { "X-Chat-Key": key };
const photo = (message) =>
  message.file ? gallery([sent(message)], { path: (item) => `/chat/files/${item.id}`, headers: WITH_KEY, words: fileWords() }) : null;

function show(items) {
  for (const message of items) {
    last = Math.max(last, message.id);
    if (shown.has(message.id)) continue;
    shown.set(message.id, true);
    const waiting = all("li.pending", log);
    if (message.by === "citizen") {
      unsent = unsent.filter((one) => one.client_id !== message.client_id);
      waiting.find((node) => node.dataset.client === message.client_id)?.remove();
    }
    const before = one("li.pending", log);
    if (before) before.before(bubble(message));
    else list.append(bubble(message));
  }
  keepUnsent();
  if (items.length) log.scrollTop = log.scrollHeight;
}

function stand(chat) {
  if (!chat) return;
  const waits = chat.state === "waiting";
  one("#stands").textContent = waits ? t("正在排队，您排在第 {place} 位").replace("{place}", chat.place) : STANDS[chat.state];
  for (const title of titles()) title.disabled = chat.state !== "bot";
  one("#human").hidden = waits || chat.state === "agent";
  one("#make").hidden = Boolean(chat.case_number);
  one("#end").hidden = false;
  const rate = one("#rate");
  rate.hidden = !chat.rate;
  if (chat.rate) rate.href = chat.rate;
}

// --- speaking with the server ---

const socket = io("/chat", { auth: { key }, transports: ["websocket", "polling"], reconnectionDelayMax: 8000 });

async function ask(event, body = {}) {
  const told = await socket.timeout(WAIT).emitWithAck(event, { after: last, ...body });
  if (told.error) throw Object.assign(new Error(told.error.message), told.error);
  if (told.items) {
    show(told.items);
    stand(told.chat);
  }
  return told;
}

async function catchUp() {
  let told;
  do told = await ask("read");
  while (told.items.length >= 500);
}

let sending = false;

async function flush() {
  if (sending || !socket.connected) return;
  sending = true;
  try {
    while (unsent.length) {
      const next = unsent[0];
      await ask("say", next);
      unsent = unsent.filter((one) => one.client_id !== next.client_id);
      keepUnsent();
    }
    trouble("");
  } catch (error) {
    trouble(error.code ? sayingOf(error) : t("还没有送达，正在重试。您写的都还在。"));
    setTimeout(flush, 3000);
  } finally {
    sending = false;
  }
}

function trouble(text) {
  one("#line").hidden = !text;
  one("#line").textContent = text;
}

const quietly = (work) => work().catch((error) => trouble(error.code ? sayingOf(error) : t("网络不稳，正在重试。")));

socket.on("connect", () => quietly(async () => (await catchUp(), trouble(""), await flush())));
socket.on("disconnect", () => trouble(t("连接断开，正在重连。您可以继续写，连上后自动发送。")));
socket.on("connect_error", () => trouble(t("暂时连不上，正在重试。您写的都还在。")));
socket.on("changed", () => quietly(catchUp));
setInterval(() => socket.connected && quietly(catchUp), AGAIN);

// --- writing ---

function say(event) {
  event.preventDefault();
  const text = input.value.trim();
  if (!text) return;
  input.value = "";
  stored.set("chat:typed", "");
  speak(text);
}

function speak(text) {
  const message = { client_id: randomKey(), text };
  unsent.push(message);
  keepUnsent();
  list.append(bubble({ ...message, by: "citizen" }, true));
  log.scrollTop = log.scrollHeight;
  flush();
}

one("#say").addEventListener("submit", say);
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !composing(event)) say(event);
});
const sendFile = async (file) => {
  const told = await upload("/chat/files", file, { client_id: randomKey(), after: String(last) }, WITH_KEY);
  show(told.items);
  stand(told.chat);
};
one("#pick").append(picker({ id: "chat-file", send: sendFile, words: fileWords() }).node);
one("#human").addEventListener("click", () => quietly(() => ask("human")));
unsent.forEach((message) => list.append(bubble({ ...message, by: "citizen" }, true)));

// Ending forgets the key in this browser: on a shared computer the next person finds nothing.
async function end() {
  if (!window.confirm(t("结束后，这台设备上不再显示以上对话。已登记的诉求不受影响，请先记下编号和查询码。"))) return;
  await ask("close");
  for (const name of ["chat:key", "chat:unsent", "chat:typed"]) stored.drop(name);
  location.reload();
}

one("#end").addEventListener("click", () => quietly(end));

// --- becoming a case ---

const form = one("#case-form");

function open(on) {
  one("#case").hidden = !on;
  one("#make").setAttribute("aria-expanded", String(on));
  if (!on) return input.focus();
  const content = form.elements.content;
  const pressed = new Set(titles().map((title) => title.dataset.title));
  const said = all("li.citizen .said", log).map((node) => node.textContent);
  if (!content.value) content.value = said.filter((text) => !pressed.has(text)).join("\n").slice(0, 10_000);
  content.focus();
  one("#case").scrollIntoView({ block: "nearest" });
}

async function register(event) {
  event.preventDefault();
  clearWrong(form);
  const text = (name) => form.elements[name].value.trim();
  const said = { kind: text("kind"), content: text("content"), citizen: { phone: text("phone") }, place: { area: text("area") } };
  const gaps = { ...(!said.content && { content: t("请写下是什么事") }), ...(!said.kind && { kind: t("请选一项") }), ...(!said.citizen.phone && { "citizen.phone": t("请留下电话") }) };
  if (Object.keys(gaps).length) return showWrong(form, gaps);
  const button = one("button[type=submit]", form);
  button.disabled = true;
  try {
    const made = await ask("case", { ...said, after: undefined });
    await catchUp();
    finished(made);
  } catch (error) {
    one("#refused").hidden = Boolean(error.fields && showWrong(form, fieldsOf(error)));
    one("#refused").textContent = error.code ? sayingOf(error) : t("网络不稳，没有确认收到。请看对话里有没有出现编号，没有再点一次。");
  } finally {
    button.disabled = false;
  }
}

function finished(made) {
  fill(
    one("#case"),
    h("h2", {}, t("已登记")),
    h("dl", { class: "ticket" }, h("div", {}, h("dt", {}, t("编号")), h("dd", {}, made.number)), h("div", {}, h("dt", {}, t("查询码")), h("dd", {}, made.query_code))),
    h("p", {}, h("a", { class: "button main", href: `/track#${made.number}.${made.query_code}` }, t("查看进度"))),
  );
}

one("#make").addEventListener("click", () => open(one("#case").hidden));
one("#leave").addEventListener("click", () => open(false));
form.addEventListener("submit", register);
