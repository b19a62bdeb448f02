// Track: the code travels in the body or the fragment only; acting on one's own case reads it again afterwards.

import { call } from "../shared/http.js";
import { all, h, one } from "../shared/dom.js";
import { keep } from "../shared/drafts.js";
import { gallery, picker, upload } from "../shared/attachments.js";
import { fileWords } from "../shared/file-words.js";
import { sayingOf, t } from "../shared/tongue.js";

const form = one("#track");
const result = one("#result");
const KEPT = "track";
let draft = null;

const pair = () => ({ number: form.elements.number.value.trim(), code: form.elements.query_code.value.trim() });

function remember(known) {
  try {
    if (known) sessionStorage.setItem(KEPT, JSON.stringify(known));
    else sessionStorage.removeItem(KEPT);
  } catch {
    return; // without storage a reload asks for the code again
  }
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  } catch {
    return null;
  }
}

function told(level, text) {
  result.replaceChildren(h("p", { class: `notice ${level}`, role: "alert" }, text));
}

async function page() {
  const answer = await fetch("/track", { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin" });
  return { ok: answer.ok, status: answer.status, document: new DOMParser().parseFromString(await answer.text(), "text/html") };
}

async function lookUp() {
  try {
    const { ok, status, document: read } = await page();
    const fresh = one("#result", read);
    if (!fresh) return told("bad", status === 429 ? t("查得太频繁，请过几分钟再试，或拨打 12345。") : t("现在查不了，请稍后再试。"));
    result.replaceChildren(...document.adoptNode(fresh).childNodes);
    remember(ok ? pair() : null);
    if (ok) ready();
  } catch {
    told("bad", t("网络不通，请稍后再试。"));
  }
}

// --- acting ---

async function act(body, thanks) {
  const { number, code } = pair();
  try {
    await call("POST", `/api/v1/cases/${encodeURIComponent(number)}/actions`, { ...body, query_code: code });
    draft?.clear();
    await lookUp();
    acted("good", thanks);
  } catch (error) {
    acted("bad", sayingOf(error));
  }
}

function acted(level, text) {
  one("#acted")?.replaceChildren(h("p", { class: `notice ${level}` }, text));
}

const THANKS = { supplement: t("已转给承办部门。"), urge: t("已催办，承办部门和热线都会看到。") };
const DEFAULT_URGE = "请尽快办理。"; // read by the department, whatever the page speaks

function speak(event) {
  event.preventDefault();
  const action = event.submitter?.dataset.action ?? "supplement";
  const text = one("#speak-text").value.trim() || (action === "urge" ? DEFAULT_URGE : "");
  if (!text) return acted("warn", t("请先写下要补充的话。"));
  act({ action, text }, THANKS[action]);
}

function rate(event) {
  const level = Number(event.currentTarget.dataset.level);
  all(".level").forEach((button) => (button.disabled = true));
  act({ action: "rate", level, words: one("#rate-words").value.trim() }, t("谢谢您的评价。")).finally(() => all(".level").forEach((button) => (button.disabled = false)));
}

// --- photos and documents ---

const filesPath = () => `/api/v1/cases/${encodeURIComponent(pair().number)}/attachments`;
const withCode = () => ({ "X-Query-Code": pair().code });

async function showFiles() {
  const { items } = await call("GET", filesPath(), undefined, { headers: withCode() }).catch(() => ({ items: [] }));
  const box = one("#files");
  if (!box) return;
  box.hidden = items.length === 0;
  one("div", box).replaceChildren(...[gallery(items, { path: (item) => `${filesPath()}/${item.id}`, headers: withCode(), words: fileWords() })].filter(Boolean));
}

const sendFile = (file) => upload(filesPath(), file, {}, withCode()).then(showFiles);

async function consent(event) {
  const agrees = !event.currentTarget.closest("section").dataset.agreed;
  try {
    await call("POST", `/api/v1/cases/${encodeURIComponent(pair().number)}/consent`, { agrees, query_code: pair().code });
    await lookUp();
    acted("good", agrees ? t("已同意。承办部门每次查看都会留下记录。") : t("已收回，承办部门看不到您是谁了。"));
  } catch (error) {
    acted("bad", sayingOf(error));
  }
}

async function ready() {
  one("#pick")?.append(picker({ id: "more", send: sendFile, words: fileWords() }).node);
  one("#consent button")?.addEventListener("click", consent);
  showFiles();
  const speaking = one("#speak");
  speaking?.addEventListener("submit", speak);
  all(".level").forEach((button) => button.addEventListener("click", rate));
  draft = speaking ? await keep(speaking, `speak-${one("#story").dataset.number}`) : null;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  lookUp();
});

const [, number, code] = /^#(\d+)\.([0-9A-Za-z]+)$/.exec(location.hash) ?? [];
const known = number ? { number, code } : remembered();
if (location.hash) history.replaceState(null, "", location.pathname);
if (one("#story")) ready();
else if (known) {
  form.elements.number.value = known.number;
  form.elements.query_code.value = known.code;
  lookUp();
}
