// What the agent does with his running call: hold F9, mute F10, F7 gives it to somebody or asks somebody in.

import { call } from "../shared/http.js";
import { fill, h, one } from "../shared/dom.js";
import { kbd } from "../shared/keys.js";

const REFUSED = { hold: "保持", consult: "咨询", conference: "三方通话", transfer_blind: "转接", transfer_attended: "转接", join: "合并", mute: "静音" };
const WHY = { busy: "占线", no_answer: "没有接听", reject: "拒接", unreachable: "联系不上", error: "没有接通" };
const ROLES = { consult: "咨询", conference: "三方", monitor: "值班长" };
const MODES = { listen: "旁听中", whisper: "耳语指导中", barge: "已插话", off: "已停止旁听" };

const refusal = (word) => (word.startsWith("guest_") ? `对方${WHY[word.slice(6)] ?? "没有接通"}，通话继续。` : `现在不能${REFUSED[word] ?? "这样操作"}。`);

// control() → { show(callId or null), reread, keys, speaks, likely, conference }. Everything shown comes from the
// connector's word about the call. likely(numbers) puts these first among the targets; conference(number) asks one in.
export function control() {
  const box = one("#call-control");
  const says = h("span", { class: "small", role: "status", "aria-live": "polite" });
  const guests = h("span", { class: "row" });
  const open = h("div", { class: "targets", hidden: true });
  const buttons = {
    hold: button("保持", "F9", () => give(now.held ? "unhold" : "hold")),
    mute: button("静音", "F10", () => give(now.muted ? "unmute" : "mute")),
    give: button("转接 / 三方", "F7", () => choose()),
    pause: button("暂停录音", "", () => (now.paused ? give("resume_recording") : why())),
    elderly: button("标为65岁以上", "", () => mark("elderly")),
    nuisance: button("标为骚扰", "", () => why("nuisance")),
  };
  let at = null; // the call
  let now = {};
  let first = []; // numbers the words of the citizen call for
  let before = null; // what had the focus before the targets or the reason were opened
  let drawn = ""; // the guests that are shown
  let inviting = ""; // the number that is being asked in
  fill(box, h("div", { class: "row" }, Object.values(buttons)), guests, says, open);

  function button(label, key, does) {
    return h("button", { type: "button", class: "button", onclick: does }, h("span", {}, label), key ? kbd(key) : null);
  }

  function paint() {
    box.hidden = !at;
    if (!at) return;
    const word = (node, text, on) => {
      one("span", node).textContent = text;
      node.classList.toggle("on", Boolean(on));
      node.setAttribute("aria-pressed", String(Boolean(on)));
    };
    word(buttons.hold, now.held ? "取消保持" : "保持", now.held);
    word(buttons.mute, now.muted ? "取消静音" : "静音", now.muted);
    word(buttons.pause, now.paused ? "恢复录音" : "暂停录音", now.paused);
    const there = Object.entries(now.guests ?? {});
    const cards = JSON.stringify(there);
    if (cards !== drawn) fill(guests, there.map(([token, guest]) => guestCard(token, guest)));
    drawn = cards; // a button is not replaced under the finger that presses it
    if (now.refused) tell(refusal(now.refused));
  }

  function guestCard(token, guest) {
    const what = guest.role === "monitor" ? `${guest.agent} ${MODES[guest.mode] ?? "正在接入"}` : `${ROLES[guest.role] ?? ""} ${guest.agent} ${guest.state === "answered" ? "已接通" : "正在呼叫"}`;
    const may = guest.role === "monitor" ? [] : [
      guest.role === "consult" && guest.state === "answered" ? h("button", { type: "button", class: "button", onclick: () => give("join", { token }) }, "合为三方") : null,
      guest.state === "answered" ? h("button", { type: "button", class: "button", onclick: () => give("complete", { token }) }, "交给他") : null,
      h("button", { type: "button", class: "button", onclick: () => give("drop", { token }) }, "挂断他"),
    ];
    return h("span", { class: "guest" }, what, ...may);
  }

  const tell = (text, bad = false) => {
    says.textContent = text;
    says.classList.toggle("wrong", bad);
  };

  async function give(order, more = {}) {
    if (!at) return false;
    shut();
    tell("");
    try {
      await call("POST", `/api/v1/calls/${encodeURIComponent(at)}/control`, { do: order, ...more });
    } catch (error) {
      tell(error.message, true);
    }
    return true;
  }

  async function mark(kind, reason = "") {
    shut();
    try {
      const made = await call("POST", `/api/v1/calls/${encodeURIComponent(at)}/mark`, { mark: kind, reason });
      tell(made.state === "confirmed" ? "已标记，下次来电优先接听。" : "已提交，由值班长复核后生效。");
    } catch (error) {
      tell(error.message, true);
    }
  }

  // The focus goes back to where it was, unless it has gone elsewhere meanwhile.
  function shut() {
    const inside = open.contains(document.activeElement);
    open.hidden = true;
    fill(open);
    if (inside) focusOf(before).focus();
    before = null;
  }

  const focusOf = (node) => (node?.isConnected && node !== document.body ? node : one("#content"));

  function opening() {
    before ??= document.activeElement;
    open.hidden = false;
  }

  // Asked in at most once at a time, and not while he is on the line already.
  async function conference(number) {
    const there = Object.values(now.guests ?? {}).some((guest) => guest.agent === number);
    if (there || inviting === number) return;
    inviting = number;
    await give("conference", { to: { number } });
    inviting = "";
  }

  const rank = (place) => (first.includes(place.number) ? first.indexOf(place.number) : first.length);

  function why(kind = "") {
    const field = h("input", { id: "control-reason", name: "reason", required: true, maxLength: 200, placeholder: kind ? "例如：反复辱骂，无诉求" : "例如：市民报银行卡号" });
    const go = (event) => (event.preventDefault(), kind ? mark(kind, field.value) : give("pause_recording", { reason: field.value }));
    fill(open, h("form", { class: "row", onsubmit: go }, h("label", { for: field.id }, kind ? "标记的理由" : "暂停录音的原因"), field, h("button", { type: "submit", class: "button main" }, "确定")));
    opening();
    field.focus();
  }

  async function choose() {
    if (!at) return false;
    if (!open.hidden) return (shut(), true);
    fill(open, h("p", { class: "quiet" }, "正在读取…"));
    opening();
    try {
      const told = await call("GET", "/api/v1/calls/targets");
      const other = h("input", { id: "control-number", name: "number", inputmode: "tel", maxLength: 30, placeholder: "其他号码" });
      const row = (label, hint, to) =>
        h("li", {}, h("span", {}, h("b", {}, label), h("small", { class: "quiet" }, ` ${hint}`)), three(to));
      const three = (to) =>
        h("span", { class: "row" }, [["conference", "三方"], ["consult", "先咨询"], ["transfer", "直接转"]].map(([order, label]) => h("button", { type: "button", class: "button", onclick: () => give(order, { to: to() }) }, label)));
      fill(
        open,
        h("ul", { class: "plain" }, [
          ...[...told.emergency].sort((a, b) => rank(a) - rank(b)).map((place) => row(place.number, place.name, () => ({ number: place.number }))),
          h("li", {}, h("label", { class: "unseen", for: other.id }, "其他号码"), other, three(() => ({ number: other.value }))),
          ...told.colleagues.map((person) => row(person.name, `${person.role} · ${person.seat}`, () => ({ agent: person.user }))),
        ]),
      );
      one("button", open)?.focus();
    } catch (error) {
      fill(open, h("p", { class: "wrong" }, error.message));
    }
    return true;
  }

  async function reread() {
    const asked = at;
    if (!asked) return;
    const told = await call("GET", `/api/v1/calls/${encodeURIComponent(asked)}/talk`).catch(() => null);
    if (!told || at !== asked) return;
    now = told.talk;
    paint();
  }

  function show(callId) {
    if (callId === at) return reread();
    at = callId;
    now = {};
    shut();
    tell("");
    paint();
    return reread();
  }

  const keys = [
    { key: "F7", says: "通话：转接、咨询或三方", does: choose },
    { key: "F9", says: "通话：保持或取消保持", does: () => give(now.held ? "unhold" : "hold") },
    { key: "F10", says: "通话：静音或取消静音", does: () => give(now.muted ? "unmute" : "mute") },
  ];
  return { show, reread, keys, conference, speaks: () => Boolean(at), likely: (numbers) => (first = numbers), shut: () => (open.hidden ? false : (shut(), true)) };
}
