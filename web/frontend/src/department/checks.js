// What the public text of a reply is checked for while it is typed. Advice, not refusal: the review decides.

import { fill, h, one } from "../shared/dom.js";

const LEAST = 30;
const PHONE = /(?<!\d)(?:1[3-9]\d{9}|0\d{2,3}[- ]?\d{7,8})(?!\d)/;
const STOP = /[,。、;:!?,.;:!?\s""'()()\d]/g;

const pairs = (text) => {
  const plain = text.replace(STOP, "");
  return new Set([...plain].slice(1).map((_, index) => plain.slice(index, index + 2)));
};

// Whether the answer takes up at least a few of the demand's own words.
function answers(text, demand) {
  const wanted = pairs(demand);
  const said = pairs(text);
  const shared = [...wanted].filter((pair) => said.has(pair)).length;
  return wanted.size === 0 || shared >= Math.min(3, wanted.size);
}

export function wrongWith(text, told) {
  const said = text.trim();
  if (!said) return [];
  return [
    said.length < LEAST && `只有 ${said.length} 个字，市民可能看不明白（建议 ${LEAST} 字以上）`,
    PHONE.test(said) && "写有电话号码，请确认是对外公布的号码",
    told.citizen.name.length > 1 && !told.citizen.masked && said.includes(told.citizen.name) && "写有市民姓名，公开答复中请不要出现",
    !answers(said, `${told.title}${told.content}`) && "没有提到诉求里的事，请对照市民说的逐项答复",
  ].filter(Boolean);
}

export function replyChecks(form, told) {
  const field = form.elements.public;
  const place = one('[data-of="public"]', form);
  const reason = form.elements.reason;
  const check = () => {
    const wrong = wrongWith(field.value, told);
    const good = field.value.trim() && wrong.length === 0;
    fill(place, wrong.map((words) => h("p", { class: "check warn" }, `◆ ${words}`)), good ? h("p", { class: "check good" }, "✓ 没有发现问题") : null);
    reason.required = form.elements.solved.value === "false";
    reason.closest(".field").hidden = !reason.required;
  };
  form.addEventListener("input", check);
  form.addEventListener("change", check);
  check();
}
