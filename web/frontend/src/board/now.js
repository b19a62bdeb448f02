// Now: who waits, who answers, the rolling day, the last hour by channel.

import { h } from "../shared/dom.js";
import { s } from "../shared/svg.js";
import { figure, percent, seconds } from "./words.js";

const GOAL = 0.95;
const LOOKS = [
  [(seat) => seat.state === "talking", "good", "通话"],
  [(seat) => ["ringing", "reserved"].includes(seat.state), "info", "振铃"],
  [(seat) => seat.status === "break", "warn", "小休"],
  [(seat) => seat.status === "wrap_up" || seat.state === "wrap_up", "quiet", "话后"],
  [() => true, "free", "空闲"],
];
const lookOf = (seat) => LOOKS.find(([fits]) => fits(seat));

function tile(seat) {
  const [, level, word] = lookOf(seat);
  return h("li", { class: `tile ${level}` }, h("b", {}, seat.name), h("span", {}, `${word}${seat.reason ? ` · ${seat.reason}` : ""}`), h("span", {}, seconds(seat.seconds)));
}

// One short line instead of many tiles where the room is small.
function summary(seats) {
  const counted = LOOKS.map(([, level, word]) => [level, word, seats.filter((seat) => lookOf(seat)[1] === level).length]);
  return h("p", { class: "seat-summary" }, counted.filter(([, , count]) => count).map(([level, word, count]) => h("span", { class: `tag ${level}` }, `${word} ${count}`)));
}

const SIZES = { desk: { wide: 600, high: 30, bar: 340, at: 110 }, wall: { wide: 1840, high: 44, bar: 1300, at: 200 } };

export function channelBars(channels, wall) {
  const rows = channels.filter((row) => row.count > 0);
  const most = Math.max(...rows.map((row) => row.count), 1);
  const { wide, high, bar, at } = SIZES[wall ? "wall" : "desk"];
  const drawn = rows.map((row, index) => [
    s("text", { x: 0, y: index * high + high * 0.72, class: "axis" }, row.label),
    s("rect", { x: at, y: index * high + high * 0.15, width: (row.count / most) * bar, height: high * 0.7, class: "bar-used" }),
    s("text", { x: at + 12 + (row.count / most) * bar, y: index * high + high * 0.72, class: "axis" }, String(row.count)),
  ]);
  const label = rows.map((row) => `${row.label} ${row.count}`).join("，") || "没有";
  return rows.length
    ? s("svg", { viewBox: `0 0 ${wide} ${rows.length * high}`, class: "channel-bars", role: "img", "aria-label": `最近一小时受理：${label}` }, drawn.flat())
    : h("p", { class: "quiet" }, "最近一小时没有新的诉求。");
}

const rated = (rate, good) => ({
  note: `${rate.numerator} / ${rate.denominator}`,
  level: rate.value === null || good(rate.value) ? "" : "bad",
  code: rate.code,
});

export function now(told, { wall, open }) {
  const rate = Object.fromEntries(told.rates.map((row) => [row.code, row]));
  const { calls, chats } = told;
  return [
    h(
      "div",
      { class: "figs" },
      figure("等候电话", String(calls.count), { level: calls.count ? "warn" : "", code: "waiting" }),
      figure("最长等候", calls.count ? seconds(calls.longest_seconds) : "—", { level: calls.longest_seconds > 15 ? "bad" : "", code: "longest" }),
      figure("咨询等候", String(chats.waiting), { note: chats.waiting ? `最长 ${seconds(chats.longest_seconds)}` : `正在接待 ${chats.talking}`, code: "chats" }),
      figure("24 小时接通率", percent(rate.connect.value), { ...rated(rate.connect, (value) => value >= GOAL), open }),
      figure("15 秒应答率（自来电）", percent(rate.answer_15s_invite.value), { ...rated(rate.answer_15s_invite, () => true), open }),
      figure("15 秒应答率（自提示音）", percent(rate.answer_15s_notice.value), { ...rated(rate.answer_15s_notice, () => true), open }),
    ),
    h("h3", {}, `坐席 ${told.seats.length}`),
    told.seats.length ? summary(told.seats) : h("p", { class: "quiet" }, "没有坐席签到。"),
    h("ul", { class: "tiles" }, told.seats.map(tile)),
    h("h3", {}, "最近一小时受理"),
    channelBars(told.channels, wall),
  ];
}
