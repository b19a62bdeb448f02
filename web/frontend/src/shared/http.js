// One way to speak to the server: JSON in, JSON out, refusals thrown as { status, code, message, fields }.

export class Refused extends Error {
  constructor(status, code, message, fields = {}) {
    super(message);
    Object.assign(this, { name: "Refused", status, code, fields });
  }
}

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
// A random key; randomUUID() is missing where a page is served without TLS.
export const randomKey = () => [...crypto.getRandomValues(new Uint8Array(24))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
export const user = () => meta("user");

const OFFLINE = "网络不通，您填写的内容还在，请稍后再试。";
const ODD = "服务器没有正常回应，您填写的内容还在，请稍后再试。";

async function parsed(answer) {
  const text = await answer.text();
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return undefined;
  }
}

// call("POST", "/api/v1/cases", body, { headers }) → the JSON answer; throws Refused. status 0: nobody was reached.
export async function call(method, path, body, { headers = {}, signal } = {}) {
  const sent = { Accept: "application/json", "X-CSRFToken": meta("csrf-token"), ...headers };
  const form = body instanceof FormData;
  if (body !== undefined && !form) sent["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers: sent, signal, body: body === undefined || form ? body : JSON.stringify(body), credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "offline", OFFLINE);
  }
  const told = await parsed(answer);
  if (answer.ok && told !== undefined) return told;
  const error = told?.error;
  throw new Refused(answer.status, error?.code ?? "error", error?.message ?? ODD, error?.fields ?? {});
}
