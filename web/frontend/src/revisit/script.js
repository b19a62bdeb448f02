// The script on screen: three questions, each answer one key; not reached counts as a try.

import { fill, h } from "../shared/dom.js";
import { kbd } from "../shared/keys.js";
import { momentWords } from "../shared/time.js";
import { LEVELS } from "../shared/case-words.js";

const yesNo = (yes, no) => [[true, yes], [false, no]];
const QUESTIONS = [
  { name: "contacted_by_department", asks: "承办部门联系过您吗？", keys: ["q", "w"], answers: yesNo("联系过", "没有联系过") },
  { name: "solved", asks: "您反映的事解决了吗？", keys: ["a", "s"], answers: yesNo("解决了", "没有解决") },
  { name: "satisfaction", asks: "您对办理结果满意吗？", keys: ["5", "4", "3", "2", "1"], answers: [5, 4, 3, 2, 1].map((level) => [level, LEVELS[level]]) },
];

// Why nobody was reached; the first is what the key N says.
const RESULTS = [["no_answer", "无人接听"], ["busy", "占线"], ["off", "关机或停机"], ["wrong_number", "空号或号码不对"], ["declined", "拒接"], ["later", "请另约时间"]];

const isBad = (given) => given.solved === false || (given.satisfaction !== undefined && given.satisfaction < 3);

function question(asked, given, choose) {
  const options = asked.answers.map(([value, label], index) =>
    h("button", { type: "button", class: "button answer", "aria-pressed": String(given[asked.name] === value), onclick: () => choose(asked.name, value) }, label, kbd(asked.keys[index].toUpperCase())),
  );
  return h("fieldset", { class: "field" }, h("legend", {}, asked.asks), h("div", { class: "row" }, options));
}

// script({ tries, words, close, judge, send }) → { node, press, submit, read, write }; `send(given)` does the revisit.
export function script({ tries, words, close, judge, send }) {
  const given = {};
  const area = h("textarea", { id: "revisit-words", name: "words", rows: "3" });
  const questions = h("div", { class: "stack" });
  const verdict = h("p", { class: "small", "aria-live": "polite" });
  const waits = Boolean(tries.next_at);
  const done = h("button", { type: "submit", class: "button main" }, "记下回访", kbd("Ctrl+Enter"));
  const missed = h(
    "button",
    { type: "button", class: "button", disabled: waits, id: "not-reached", onclick: () => notReached() },
    "没有接通",
    kbd("N"),
  );
  const why = h("select", { name: "result", id: "try-result", disabled: waits, "aria-label": "没有接通的原因" }, RESULTS.map(([value, label]) => h("option", { value }, label)));
  const node = h(
    "form",
    { class: "step-form stack", data: { step: "revisit" }, onsubmit: (event) => (event.preventDefault(), submit()) },
    h("p", {}, "您好，这里是 12345 热线回访。您反映的事部门已经答复，想听听您的意见。"),
    questions,
    h("div", { class: "field" }, h("label", { for: "revisit-words" }, "市民的话"), area),
    verdict,
    h("p", { class: "foot" }, h("span", { class: "row missed" }, why, missed), done),
    h("p", { class: "small quiet", id: "tries" }, words, waits ? `。同一个半天只计一次，${momentWords(tries.next_at)} 起可再计。` : ""),
    close ? h("button", { type: "button", class: "button", onclick: close }, `${tries.count} 次未接通，结案`) : null,
    judge ? h("button", { type: "button", class: "button", onclick: judge }, `${tries.count} 次未接通，直接判定`) : null,
  );

  function paint() {
    fill(questions, QUESTIONS.map((asked) => question(asked, given, choose)));
    verdict.textContent = isBad(given) ? "◆ 市民不满意：记下后马上判定是否属实。" : "";
    verdict.className = isBad(given) ? "check warn" : "small";
    done.disabled = given.solved === undefined || given.satisfaction === undefined;
  }
  function choose(name, value) {
    given[name] = value;
    paint();
    node.dispatchEvent(new Event("input"));
    return true;
  }
  function submit() {
    if (done.disabled) return false;
    send({ reached: true, ...given, words: area.value.trim() });
    return true;
  }
  function notReached() {
    if (waits) return false;
    send({ reached: false, result: why.value, words: area.value.trim() });
    return true;
  }
  function press(key) {
    if (key === "n") return notReached();
    const asked = QUESTIONS.find((one) => one.keys.includes(key));
    return choose(asked.name, asked.answers[asked.keys.indexOf(key)][0]);
  }
  paint();
  return {
    node,
    press,
    submit,
    read: () => ({ ...given, words: area.value }),
    write: (_form, values) => {
      const { words: said = "", ...rest } = values;
      Object.assign(given, rest);
      area.value = said;
      paint();
    },
  };
}

script.KEYS = [...QUESTIONS.flatMap((asked) => asked.answers.map(([, label], index) => [asked.keys[index], label])), ["n", "没有接通"]];
