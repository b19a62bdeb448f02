// The steps of a department, as a table: what each is called, what is said when it is done, and what it asks for (names
// as in the interface).

export const ROW = [
  { name: "sign", key: "Alt+1" },
  { name: "contact", key: "Alt+2" },
  { name: "hand_down", key: "Alt+3" },
  { name: "reply", key: "Alt+4" },
];
export const MORE = ["return", "request_extension", "interim", "suspend", "resume", "appeal"];

const FACTS = ["属实", "部分属实", "不属实", "无法核实"].map((word) => [word, word]);

export const FORMS = {
  sign: { label: "签收", done: "已签收", fields: [] },
  resume: { label: "恢复办理", done: "已恢复办理", fields: [] },
  contact: {
    label: "联系记录",
    done: "已记下联系",
    title: "联系市民的记录",
    go: "记下",
    fields: [
      { name: "how", label: "怎么联系的", kind: "select", choices: ["电话", "上门", "短信", "现场见面", "其他"].map((word) => [word, word]) },
      { name: "result", label: "结果", kind: "long", needed: true, hint: "市民说了什么，约定了什么" },
    ],
  },
  hand_down: {
    label: "下派",
    done: "已下派",
    title: "下派给下属单位",
    go: "下派",
    fields: [
      { name: "unit", label: "下属单位", kind: "text", needed: true },
      { name: "due", label: "内部期限（可不填）", kind: "moment", hint: "不改变对市民的答复时限" },
    ],
  },
  reply: {
    label: "答复",
    done: "答复已提交审核",
    title: "答复",
    go: "提交审核",
    fields: [
      { name: "facts", label: "诉求是否属实", kind: "select", choices: FACTS, needed: true },
      { name: "solved", label: "是否解决", kind: "radio", needed: true, choices: [["true", "已解决"], ["false", "未解决"]] },
      { name: "reason", label: "未解决的原因", kind: "long", rows: 2, hint: "未解决时必填" },
      { name: "public", label: "给市民的答复", kind: "long", rows: 6, needed: true, hint: "市民会看到这段话：查到了什么、做了什么、以后怎么办" },
      { name: "internal", label: "内部办理情况", kind: "long", rows: 2, hint: "只给工作人员看" },
    ],
  },
  return: {
    label: "退回",
    done: "已申请退单",
    title: "申请退单",
    go: "申请退单",
    fields: [
      { name: "reason", label: "不属于本部门职责的依据", kind: "long", needed: true, hint: "退单由中心裁定；市民的答复时限不因此重新计算" },
      { name: "suggest", label: "建议承办部门", kind: "select", choices: [], departments: true },
    ],
  },
  request_extension: {
    label: "延期",
    done: "已申请延期",
    title: "申请延期",
    go: "申请延期",
    fields: [
      { name: "days", label: "延长几个工作日", kind: "number", least: "1", most: "10", needed: true, hint: "只能延期一次；超过 5 个工作日要由单位负责人申请，最多 10 个工作日" },
      { name: "reason", label: "理由", kind: "long", needed: true },
    ],
  },
  appeal: {
    label: "申诉",
    done: "已提出申诉",
    title: "对评价申诉",
    go: "提出申诉",
    fields: [
      { name: "claim", label: "认为是", kind: "select", needed: true, choices: [["mistaken", "误评：评错了对象或事情"], ["malicious", "恶意评价"]] },
      { name: "reason", label: "理由", kind: "long", needed: true, hint: "由中心裁定并经另一人复核；本件照常整改，时限不变" },
      { name: "evidence", label: "证据", kind: "long", needed: true, hint: "写明文书、照片、录音等各是什么、存在哪里" },
    ],
  },
  interim: { label: "阶段答复", done: "阶段答复已发出", title: "阶段答复", go: "发出", fields: [{ name: "text", label: "告诉市民目前的进展", kind: "long", needed: true, hint: "不影响答复时限；超期后在这里说明理由的，不列入通报" }] },
  suspend: { label: "挂起", done: "已申请挂起", title: "申请挂起", go: "申请挂起", fields: [{ name: "reason", label: "在等市民做什么", kind: "long", needed: true, hint: "只有等待市民才可以挂起，由值班长批准" }] },
};
