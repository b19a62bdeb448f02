// The call bar: what I say of myself, what my phone does, since when; and whether the telephone works at all.

import { call } from "../shared/http.js";
import { all, fill, h, one } from "../shared/dom.js";

const STATUS = { ready: "就绪", break: "小休", wrap_up: "话后", off: "签退" };
const RINGS = new Set(["reserved", "ringing"]);
const PHONE_EVERY = 30_000;

const seconds = (since) => Math.max(0, Math.floor((Date.now() - since) / 1000));
const short = (total) => `${String(Math.floor(total / 60)).padStart(2, "0")}:${String(total % 60).padStart(2, "0")}`;

// callbar({ onCall, onTalk }) → { reread }. onCall(pop) whenever another call rings or is spoken; onCall(null) when it is
// over. onTalk(call or null) at every reading: the call that is spoken now.
export function callbar({ onCall, onTalk }) {
  const bar = one("#callbar");
  const words = one("#seat-words", bar);
  const ring = one("#call-words", bar);
  let seat = null;
  let since = Date.now();
  let pop = null;
  let online = true;

  const tick = () => {
    if (!seat) return;
    const said = seat.status === "break" && seat.reason ? `小休（${seat.reason}）` : (STATUS[seat.status] ?? seat.status_label);
    const missed = seat.missed ? ` · 连续未接 ${seat.missed} 个` : "";
    words.textContent = `${said} ${short(seconds(since))}${missed}${online ? "" : " · 实时连接断开，正在重连"}`;
    ring.hidden = !pop;
    if (!pop) return;
    const talks = seat.state === "talking";
    fill(ring, h("b", {}, talks ? (pop.talk?.held ? "保持中" : "通话中") : pop.direction === "out" ? "外呼" : "来电"), ` ${pop.caller || "号码未显示"} `, h("span", {}, short(seconds(since))), talks ? null : " 请拿起话机接听");
  };

  const paint = () => {
    bar.dataset.status = seat.status;
    bar.dataset.state = seat.state;
    for (const button of all("[data-status]", bar)) {
      const mine = button.dataset.status === seat.status;
      button.classList.toggle("on", mine);
      if (button.tagName === "BUTTON") button.setAttribute("aria-pressed", String(mine));
    }
    tick();
  };

  async function take(told) {
    seat = told;
    since = Date.now() - told.seconds * 1000;
    const engaged = told.call && (RINGS.has(told.state) || told.state === "talking");
    if (!engaged) {
      if (pop) onCall(null);
      pop = null;
    } else if (pop?.call !== told.call) {
      pop = await call("GET", `/desk/call/${encodeURIComponent(told.call)}`).catch(() => null);
      if (pop) onCall(pop);
    }
    paint();
    onTalk(engaged && told.state === "talking" ? told.call : null);
  }

  const fail = (error) => (words.textContent = error.message);
  const reread = () => call("GET", "/desk/seat").then(take, fail);
  const say = (status, reason = "") => call("POST", "/desk/seat", { status, reason }).then(take, fail);

  for (const button of all("button[data-status]", bar)) button.addEventListener("click", () => say(button.dataset.status));
  for (const button of all("[data-reason]", bar)) {
    button.addEventListener("click", () => {
      one("#breaks").open = false;
      say("break", button.dataset.reason);
    });
  }
  setInterval(tick, 1000);
  watchPhone(one("#phone-off", bar));
  return { reread, line: (up) => ((online = up), tick()), call: () => pop };
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
