// The call bar: what I say of myself, what my phone does, since when; and whether the telephone works at all.

import { call } from "../shared/http.js";
import { all, fill, h, one } from "../shared/dom.js";
import { spanWords } from "../shared/time.js";

const STATUS = { ready: "就绪", break: "小休", wrap_up: "话后", off: "签退" };
const GUEST = { consult: "请您协商", conference: "请您参加三方通话", monitor: "的通话，您在旁听" };
const RINGS = new Set(["reserved", "ringing"]);
const PHONE_EVERY = 30_000;
const HOUR = 3600;

const seconds = (since) => Math.max(0, Math.floor((Date.now() - since) / 1000));
// A call is counted by the second as long as it is of usual length.
const short = (total) => (total < HOUR ? `${String(Math.floor(total / 60)).padStart(2, "0")}:${String(total % 60).padStart(2, "0")}` : spanWords(total));

// callbar({ onCall, onTalk }) → { reread }. onCall(pop) whenever another call rings or is spoken; onCall(null) when it is
// over. onTalk(call or null) at every reading: the call that is spoken now.
export function callbar({ onCall, onTalk }) {
  const bar = one("#callbar");
  const words = one("#seat-words", bar);
  const place = one("#call-now", bar);
  const ring = one("#call-words", bar);
  const phone = one("#do-phone", bar);
  const tags = tagger(one("#call-tags", bar));
  let seat = null;
  let since = Date.now();
  let pop = null;
  let online = true;
  let asked = ""; // what F8 asked for and the telephone has not done yet
  let lifting = false;

  const talks = () => seat.state === "talking";
  const askedIn = () => `${pop.guest.by} ${GUEST[pop.guest.role] ?? "请您接听"}${talks() ? " · 通话中" : ""}`;
  const ours = () => (talks() ? (pop.talk?.held ? "保持中" : "通话中") : pop.direction === "out" ? "外呼" : "来电");
  const state = () => (!pop ? "" : pop.guest ? askedIn() : ours());
  const own = () => (pop?.guest ? null : pop); // a colleague's call rings here, but it is not mine
  const hint = () => (pop.talk?.refused === "pick_up" ? "这台话机不能由桌面接听，请拿起话机" : asked === "answer" ? "正在接听…" : "");

  const tick = () => {
    if (!seat) return;
    const missed = seat.missed ? ` · 连续未接 ${seat.missed} 个` : "";
    const why = seat.reason ? `（${seat.reason}）` : "";
    words.textContent = `${STATUS[seat.status] ?? seat.status_label}${why} ${spanWords(seconds(since))}${missed}${online ? "" : " · 实时连接断开，正在重连"}`;
    place.hidden = !pop;
    if (!pop) return;
    fill(ring, h("b", {}, state()), ` ${pop.caller || "号码未显示"} `, h("span", {}, short(seconds(since))), h("span", { class: "small" }, ` ${seat.state === "talking" ? "" : hint()}`));
  };

  const paint = () => {
    bar.dataset.status = seat.status;
    bar.dataset.state = seat.state;
    bar.dataset.held = pop?.talk?.held ? "1" : "";
    for (const button of all("[data-status]", bar)) {
      const mine = button.dataset.status === seat.status;
      button.classList.toggle("on", mine);
      if (button.tagName === "BUTTON") button.setAttribute("aria-pressed", String(mine));
    }
    one("span", phone).textContent = talks() ? "挂断" : "接听";
    phone.classList.toggle("danger", talks());
    const put = one("#seat-alert", bar);
    put.hidden = !(seat.status === "break" && seat.missed && seat.reason.startsWith("连续"));
    put.textContent = put.hidden ? "" : `■ 您${seat.reason}。请检查话机，准备好后点“就绪”。`;
    tags.show(pop?.guest ? "" : talks() || seat.state === "wrap_up" ? seat.call || seat.last_call : "");
    tick();
  };

  // Answers may come out of order: an older reading does not overwrite a newer one, and none that was on its way while I
  // said something of myself overwrites the answer to that; then it is read once more.
  let asking = 0;
  let taken = 0;
  async function ask(method, body) {
    const number = ++asking;
    const told = await call(method, "/desk/seat", body);
    if (method === "GET" && number <= taken) return;
    const crossed = method !== "GET" && asking > number;
    taken = method === "GET" ? number : asking;
    await take(told);
    if (crossed) reread();
  }

  async function take(told) {
    if (told.state !== seat?.state || told.call !== seat?.call) asked = "";
    seat = told;
    since = Date.now() - told.seconds * 1000;
    const engaged = told.call && (RINGS.has(told.state) || told.state === "talking");
    const before = own()?.call;
    if (!engaged) {
      if (before) onCall(null);
      pop = null;
    } else {
      pop = await call("GET", `/desk/call/${encodeURIComponent(told.call)}`).catch(() => (pop?.call === told.call ? pop : null));
      if (own() && before !== told.call) onCall(pop);
    }
    paint();
    onTalk(engaged && !told.guest && told.state === "talking" ? told.call : null);
  }

  // F8: take the phone that rings, or put it down; one request at a time.
  async function lift() {
    if (!pop) return false;
    if (lifting) return true;
    lifting = true;
    asked = seat.state === "talking" ? "hang_up" : "answer";
    tick();
    try {
      await call("POST", `/api/v1/calls/${encodeURIComponent(pop.call)}/control`, { do: asked });
    } catch (error) {
      asked = "";
      one("#seat-alert", bar).hidden = false;
      one("#seat-alert", bar).textContent = `■ ${error.message}`;
    } finally {
      lifting = false;
    }
    return true;
  }
  phone.addEventListener("click", lift);

  const fail = (error) => (words.textContent = error.message);
  const reread = () => ask("GET").catch(fail);
  const say = (status, reason = "") => ask("POST", { status, reason }).catch(fail);

  for (const button of all("button[data-status]", bar)) button.addEventListener("click", () => say(button.dataset.status));
  for (const button of all("[data-reason]", bar)) {
    button.addEventListener("click", () => {
      one("#breaks").open = false;
      say("break", button.dataset.reason);
    });
  }
  setInterval(tick, 1000);
  watchPhone(one("#phone-off", bar));
  const keys = [{ key: "F8", says: "接听；通话中挂断", does: () => (pop ? (lift(), true) : false) }];
  return { reread, keys, line: (up) => ((online = up), tick()), call: own };
}

// What this call was, in the city's own words; also while its case is still being written.
function tagger(box) {
  const known = box.dataset.tags.split(",").filter(Boolean);
  const chosen = new Set();
  let at = "";
  const press = async (word) => {
    const before = new Set(chosen);
    if (!chosen.delete(word)) chosen.add(word);
    paint();
    try {
      await call("PUT", `/api/v1/calls/${encodeURIComponent(at)}/tags`, { tags: [...chosen] });
    } catch {
      chosen.clear();
      for (const one of before) chosen.add(one);
      paint();
    }
  };
  const paint = () => fill(box, h("span", { class: "small quiet" }, "标签"), known.map((word) => h("button", { type: "button", class: `button tag-button${chosen.has(word) ? " on" : ""}`, "aria-pressed": String(chosen.has(word)), onclick: () => press(word) }, word)));
  const show = async (callId) => {
    if (callId === at) return;
    at = callId;
    chosen.clear();
    box.hidden = !at || !known.length;
    if (box.hidden) return;
    paint();
    const told = await call("GET", `/api/v1/calls/${encodeURIComponent(callId)}/talk`).catch(() => null);
    if (!told || at !== callId) return;
    for (const word of told.tags) chosen.add(word);
    paint();
  };
  return { show };
}

// The telephone part of /readyz; what to do when it is off.
function watchPhone(off) {
  const look = async () => {
    try {
      const told = await (await fetch("/readyz", { headers: { Accept: "application/json" } })).json();
      const phone = told.parts.find((part) => part.name === "telephone");
      off.hidden = !phone || phone.state === "up";
      off.textContent = off.hidden ? "" : `■ 电话不能用：${phone.advice || "连接进程没有运行。"} 仍可登记诉求、接待在线咨询。`;
    } catch {
      off.hidden = false;
      off.textContent = "■ 连不上服务器，正在重试。已写的内容还在。";
    }
  };
  look();
  setInterval(look, PHONE_EVERY);
}
