// Suggestions while typing: categories, department, area, place, time, urgency, danger. What the agent touched stays.

import { call } from "../shared/http.js";
import { all, fill, h, one } from "../shared/dom.js";
import { kbd } from "../shared/keys.js";
import { shareWords } from "../shared/case-words.js";
import { now } from "../shared/time.js";

const PAUSE = 300;
const CHIP_KEYS = ["Alt+Z", "Alt+X", "Alt+C"];
const ASKS_AGAIN = new Set(["content", "area", "phone"]);
const PLACES = new Set(["street", "estate", "village"]);
const SORTS = { organisation: "单位", area: "区域", street: "街道", estate: "小区", village: "村", time: "时间", phone: "电话", plate: "车牌", id_card: "证件号" };
const PLACE_ONLY = 2;

// What the gazetteer knows is an area of the city, or a place that lies in one.
const isArea = ({ text, value }) => Boolean(value?.startsWith(text));
const sortOf = (field) => (field.kind === "area" && !isArea(field) ? "地名" : SORTS[field.kind]);
const covers = (one, other) => one.start <= other.start && one.end >= other.end;

// Readings of the same words, best first: an area of the city, then what it is called itself, then where it lies.
const weight = (field) => (field.kind !== "area" ? 1 : isArea(field) ? 0 : PLACE_ONLY);

// Whether another reading of the same words says as much; a mere place also where it is part of a longer name.
const outdone = (field, place, fields) =>
  fields.some((other, before) => {
    if (other === field || !covers(other, field)) return false;
    if (weight(other) !== weight(field)) return weight(other) < weight(field) && (weight(field) === PLACE_ONLY || covers(field, other));
    return before < place && covers(field, other);
  });
const readOnce = (fields) => fields.filter((field, place) => !outdone(field, place, fields));

// `talk` is the running call: what is recognised as danger is asked into it with one press.
export function suggesting(form, pick, { onSimilar, talk }) {
  const kindSays = one("#kind-says");
  const touched = new Set();
  const box = one("#chips");
  let found = null;
  let confirmed = "";
  let asked = 0;
  let timer = 0;
  let warned = ""; // what the line of danger says

  const put = (name, value) => {
    const field = form.elements[name];
    if (!value || touched.has(name) || field.value === value) return;
    field.value = value;
    field.classList.toggle("suggested", field.value !== "");
  };

  const department = (choice) => {
    one("#department-reason").textContent = choice?.reason ? `${choice.reason}${coWords()}` : "";
    if (touched.has("department")) return;
    choice?.department ? pick.set(choice.department) : pick.clear();
    form.elements.department.classList.toggle("suggested", Boolean(choice?.department) && !confirmed);
  };
  const coWords = () => (found?.co?.length ? ` 协办：${found.co.map(pick.name).join("、")}` : "");

  const chip = (choice, index) => {
    const mine = choice.category === (confirmed || found.category);
    return h(
      "button",
      {
        type: "button",
        role: "radio",
        class: `chip${confirmed === choice.category ? " confirmed" : mine ? " suggested" : ""}`,
        "aria-checked": String(mine),
        data: { category: choice.category },
        onclick: () => choose(index),
      },
      h("span", {}, choice.category_name),
      h("b", {}, shareWords(choice.confidence)),
      kbd(CHIP_KEYS[index]),
    );
  };

  const paint = () => {
    const top = found?.top?.slice(0, 3) ?? [];
    fill(box, top.map(chip));
    one("#chips-says").textContent = !found ? "边写边给建议" : confirmed ? "✓ 已确认" : found.manual ? "建议，把握不大，请确认" : "建议，未确认";
  };

  const dangerWords = (risk) => {
    const whole = form.elements.content.value.trim().length;
    const words = [...new Set((risk.signs ?? []).map((sign) => sign.word))].filter((word) => word.length < whole); // the model weighs the text as a whole
    const said = words.length ? ` 提到“${words.join("”“")}”。` : " 听起来像险情，请先问清有没有危险。";
    const how = talk.speaks() ? `${words.length ? "立即" : "需要时"}接入三方，或请市民拨打：` : "请市民拨打 ";
    return said + how;
  };
  const invite = (number) =>
    talk.speaks() ? h("button", { type: "button", class: "button", data: { line: number }, onclick: () => talk.conference(number) }, `三方 ${number}`) : h("strong", {}, number);

  // Drawn anew only where it says something else: a button under the finger stays.
  const danger = (risk = found?.risk) => {
    const line = one("#danger");
    const lines = risk?.lines ?? [];
    talk.likely(lines);
    line.hidden = !lines.length;
    const words = line.hidden ? "" : dangerWords(risk);
    const said = `${words}${lines}`;
    if (said === warned) return;
    warned = said;
    fill(line, h("b", {}, "■ 可能危及生命财产"), words, lines.map(invite));
  };

  const places = (fields) => {
    const text = fields.filter((field) => PLACES.has(field.kind)).map((field) => field.text);
    put("address", [...new Set(text)].join(" "));
    const when = fields.find((field) => field.kind === "time")?.value ?? "";
    const moment = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d))?/.exec(when);
    const written = moment && `${moment[1]}T${moment[2] ?? "00:00"}`;
    if (written && new Date(`${written}:00+08:00`) <= now()) put("occurred_at", written); // what lies ahead has not happened
    put("phone", fields.find((field) => field.kind === "phone")?.value);
  };

  // What was recognised, each a button that marks it where it stands in the citizen's words.
  const marks = one("#found");
  const mark = ({ start, end }) => {
    const content = form.elements.content;
    const letters = Array.from(content.value.trimStart()); // places count letters, the field counts halves of them
    const place = (at) => content.value.length - letters.slice(at).join("").length;
    content.focus();
    content.setSelectionRange(place(start), place(end));
  };
  const recognised = (all) => {
    const fields = readOnce(all);
    marks.hidden = !fields.length;
    fill(marks, fields.length ? ["话里认出：", ...fields.map((field) => h("button", { type: "button", class: "found-one", title: "标出它在话里的位置", onclick: () => mark(field) }, h("span", { class: "quiet" }, sortOf(field)), ` ${field.text}`))] : []);
  };

  // The kind decides the deadline: what the machine says stays marked until somebody confirms or changes it.
  const kind = (told) => {
    put("kind", told?.kind);
    const open = Boolean(told) && !touched.has("kind");
    kindSays.hidden = !open;
    fill(kindSays, open ? [`${shareWords(told.confidence)} `, kbd("Alt+T")] : []);
    kindSays.title = "按话里的意思建议的类型，还没有确认；类型决定答复时限";
  };
  const confirmKind = () => {
    if (kindSays.hidden) return false;
    touched.add("kind");
    form.elements.kind.classList.remove("suggested");
    kind(found.kind);
    return true;
  };
  kindSays.addEventListener("click", confirmKind);

  function show(told) {
    found = told;
    kind(told.kind);
    if (confirmed && !told.top.some((choice) => choice.category === confirmed)) confirmed = "";
    put("area", told.area);
    if (told.urgency !== "一般") put("urgency", told.urgency);
    places(told.fields);
    recognised(told.fields);
    paint();
    department(told.top.find((choice) => choice.category === confirmed) ?? told);
    danger(told.risk);
    onSimilar(told.similar);
  }

  async function ask() {
    const text = form.elements.content.value.trim();
    const turn = ++asked;
    if (text.length < 4) return;
    const area = touched.has("area") ? form.elements.area.value : "";
    try {
      const told = await call("POST", "/api/v1/triage", { text, area, phone: form.elements.phone.value.replace(/[^\d-]/g, "") });
      if (turn === asked) show(told);
    } catch (error) {
      if (turn === asked) one("#chips-says").textContent = `没有建议：${error.message} 可直接选部门转办。`;
    }
  }

  function choose(index) {
    const choice = found?.top?.[index];
    if (!choice) return false;
    confirmed = choice.category;
    touched.delete("department");
    paint();
    department(choice);
    form.dispatchEvent(new Event("change"));
    return true;
  }

  form.addEventListener("input", (event) => {
    const { name } = event.target;
    if (event.isTrusted && name !== "content") {
      touched.add(name);
      event.target.classList.remove("suggested");
      if (name === "kind") kindSays.hidden = true;
    }
    if (!ASKS_AGAIN.has(name)) return;
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });

  const reset = () => {
    touched.clear();
    recognised([]);
    clearTimeout(timer);
    asked += 1;
    found = null;
    confirmed = "";
    for (const field of all(".suggested", form)) field.classList.remove("suggested");
    one("#department-reason").textContent = "";
    danger(null);
    kindSays.hidden = true;
    paint();
  };

  return {
    choose,
    confirmKind,
    put,
    reset,
    ask,
    touch: (name) => touched.add(name),
    touched,
    danger: () => danger(),
    category: () => confirmed,
    restore: (code) => (confirmed = code),
    co: (lead) => (found && found.department === lead && (!confirmed || confirmed === found.category) ? found.co : []),
    chipKeys: CHIP_KEYS,
  };
}
