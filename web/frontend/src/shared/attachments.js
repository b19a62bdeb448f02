// Photos and documents: chosen, made small, sent one by one with what each says; shown as small pictures, opened large.
//
// gallery(items, { path, headers }) draws what is kept; picker({ send, words }) is the two buttons with the list of what
// is on its way. Files are fetched with the reader's own headers, so no query code stands in an address.

import { fill, h } from "./dom.js";
import { call, Refused } from "./http.js";

const LARGE = 1_500_000; // a photo beyond this is made small before it travels
const SIDE = 2560;
export const ACCEPT = "image/jpeg,image/png,image/webp,image/gif,application/pdf,.docx,.xlsx";

export const WORDS = {
  camera: "拍照",
  file: "选照片或文件",
  hint: "照片、PDF、Word、Excel，照片里的位置信息会自动去掉",
  sending: "正在上传…",
  sent: "✓ 已上传",
  again: "重试",
  drop: "去掉",
  open: "打开",
  shut: "关闭",
  closed: "可能显示市民身份，热线核看后才能打开",
  reason: "先填写查看理由，再打开",
  failed: "打不开",
  document: "文件",
};

// --- showing ----------------------------------------------------------------------------------------------------------

async function fetched(path, headers) {
  const answer = await fetch(path, { headers: { Accept: "application/json", ...headers }, credentials: "same-origin" });
  if (answer.ok) return URL.createObjectURL(await answer.blob());
  const error = (await answer.json().catch(() => null))?.error;
  throw new Refused(answer.status, error?.code ?? "error", error?.message ?? WORDS.failed);
}

async function enlarge(item, path, headers, words) {
  const address = await fetched(path, headers);
  if (!item.picture) {
    h("a", { href: address, download: item.name || "file" }).click();
    return;
  }
  const dialog = h(
    "dialog",
    { class: "large", "aria-label": item.name || words.document, onclose: () => (dialog.remove(), URL.revokeObjectURL(address)) },
    h("img", { src: address, alt: item.name || words.document }),
    h("form", { method: "dialog" }, h("button", { class: "button main" }, words.shut)),
  );
  document.body.append(dialog);
  dialog.showModal();
}

function card(item, { path, headers = {}, words }) {
  const name = item.name || item.purpose_label;
  const told = h("span", { class: "small" }, item.open ? name : words.closed);
  if (!item.open) return h("li", { class: "shut" }, h("span", { "aria-hidden": "true" }, "🔒"), told);
  const face = item.picture ? h("img", { alt: "", width: "96", height: "96" }) : h("span", { class: "paper", "aria-hidden": "true" }, item.type === "application/pdf" ? "PDF" : words.document);
  const show = () => enlarge(item, path(item), headers, words).catch((error) => (told.textContent = error.message));
  const button = h("button", { type: "button", onclick: show, "aria-label": `${words.open} ${name}` }, face);
  if (item.picture) fetched(`${path(item)}?thumb=1`, headers).then((address) => (face.src = address), (error) => (told.textContent = error.message));
  return h("li", {}, button, told);
}

export const gallery = (items, how) =>
  items.length ? h("ul", { class: "files" }, items.map((item) => card(item, { words: WORDS, ...how }))) : null;

// What a chat's message brought, as an item of a gallery; its type follows from the name the citizen gave.
export const sent = (message) => ({
  id: message.file,
  name: message.text.replace(/^\[文件\] ?/, ""),
  picture: /\.(jpe?g|png|webp|gif)$/i.test(message.text),
  type: /\.pdf$/i.test(message.text) ? "application/pdf" : "",
  open: true,
});

// --- sending ----------------------------------------------------------------------------------------------------------

// A canvas keeps the dots only; what the browser cannot read goes as it is and the server decides.
async function small(file) {
  if (!file.type.startsWith("image/") || file.size < LARGE) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    const canvas = h("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg" }) : file;
  } catch {
    return file;
  }
}

// upload(path, file, { purpose }, headers) → what was kept. Throws Refused.
export async function upload(path, file, fields = {}, headers = {}) {
  const body = new FormData();
  body.set("file", await small(file), file.name);
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  return call("POST", path, body, { headers });
}

// `send(file)` resolves once it is kept; without it the files wait in `waiting` until `flush(send)`.
export function picker({ send = null, words = WORDS, label = "", id = "files" }) {
  const list = h("ul", { class: "sending", "aria-live": "polite" });
  const rows = [];
  const input = (more, name) => h("input", { type: "file", class: "unseen", id: `${id}-${name}`, onchange: taken, ...more });
  const row = (file) => {
    const mine = { file, state: "waiting", node: h("li", {}) };
    rows.push(mine);
    list.append(mine.node);
    paint(mine);
    return mine;
  };
  const drop = (mine) => (rows.splice(rows.indexOf(mine), 1), mine.node.remove());
  function paint(mine, said = "") {
    const wait = mine.state === "waiting" || mine.state === "failed";
    fill(
      mine.node,
      h("span", { class: mine.state === "failed" ? "wrong" : "" }, `${mine.file.name} `, said),
      mine.state === "failed" ? h("button", { type: "button", class: "button", onclick: () => go(mine) }, words.again) : null,
      wait ? h("button", { type: "button", class: "button", "aria-label": `${words.drop} ${mine.file.name}`, onclick: () => drop(mine) }, words.drop) : null,
    );
  }
  async function go(mine, by = send) {
    mine.state = "sending";
    mine.by = by ?? mine.by;
    paint(mine, words.sending);
    try {
      await mine.by(mine.file);
      mine.state = "sent";
      paint(mine, words.sent);
    } catch (error) {
      mine.state = "failed";
      paint(mine, error.message);
    }
  }
  async function taken(event) {
    const chosen = [...event.target.files];
    event.target.value = "";
    for (const mine of chosen.map(row)) if (send) await go(mine);
  }
  async function flush(by) {
    for (const mine of rows.filter(({ state }) => state === "waiting" || state === "failed")) await go(mine, by);
    return rows.filter(({ state }) => state === "failed").length;
  }
  const camera = h("label", { class: "button", for: `${id}-camera` }, words.camera);
  const other = h("label", { class: "button", for: `${id}-other` }, words.file);
  const node = h(
    "div",
    { class: "field picker", role: "group", "aria-label": label || words.file },
    label ? h("p", { class: "label" }, label) : null,
    h("p", { class: "hint" }, words.hint),
    h("p", { class: "row" }, input({ accept: "image/*", capture: "environment" }, "camera"), camera, input({ accept: ACCEPT, multiple: true }, "other"), other),
    list,
  );
  return { node, flush, count: () => rows.filter(({ state }) => state !== "sent").length, rows };
}
