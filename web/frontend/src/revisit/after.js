// What follows a bad answer: the verdict, its approval by a second person, the order to do it again.

import { VERDICTS } from "../shared/case-words.js";

export const VERDICT_WORDS = VERDICTS;
const HINTS = {
  justified: "属实，按期整改",
  complex: "属实，情况复杂，按复杂期限整改",
  no_ground: "诉求没有依据，要值班长复核",
  mistaken: "误评，要值班长复核",
  malicious: "恶意评价，要值班长复核",
};

export const AFTER = {
  judge: {
    label: "判定已记录",
    title: "判定这次不满意",
    go: "判定",
    fields: [
      { name: "verdict", label: "是不是部门的责任", kind: "select", needed: true, choices: Object.entries(VERDICTS).map(([code, label]) => [code, `${label} — ${HINTS[code]}`]) },
      { name: "reason", label: "理由", kind: "long", needed: true, hint: "写明查到的事实，部门和复核的人都会看到" },
    ],
  },
  approve_verdict: {
    label: "复核已记录",
    title: (told) => `复核判定：${VERDICTS[told.verdict] ?? told.verdict}`,
    go: "复核",
    fields: [
      { name: "granted", label: "同意这个判定吗", kind: "radio", needed: true, choices: [["true", "同意，结案"], ["false", "不同意，退回再核"]] },
      { name: "reason", label: "意见", kind: "long", rows: 3 },
    ],
  },
  redo: {
    label: "已发回重办",
    title: "发回重办",
    go: "重办",
    fields: [{ name: "opinion", label: "给承办部门的意见", kind: "long", needed: true, hint: "市民哪里不满意，要改什么" }],
  },
};
