// Writing the case down and taking its first step. What was written stays written: when the step fails, only the step
// is tried again; a double click or a repeated request makes one case.

import { call } from "../shared/http.js";
import { act } from "../shared/case-view.js";

const BLANK = { key: "", body: "", made: null };

export function bodyOf(form, { category, call: id }) {
  const value = (name) => form.elements[name].value.trim();
  return {
    kind: value("kind"),
    content: value("content"),
    channel: value("channel"),
    citizen: { name: value("name"), phone: value("phone") },
    place: { area: value("area"), address: value("address") },
    occurred_at: value("occurred_at") ? `${value("occurred_at")}:00+08:00` : null,
    urgency: value("urgency"),
    confidential: form.elements.confidential.checked,
    anonymous: form.elements.anonymous.checked,
    category,
    call: id ?? "",
  };
}

export function sender() {
  let kept = { ...BLANK };

  // `path` is where this case is made: an opened talk has its own.
  async function create(body, path) {
    const text = path + JSON.stringify(body);
    if (kept.made) return kept.made;
    if (kept.body !== text) kept = { key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, body: text, made: null };
    kept.made = await call("POST", path, body, { headers: { "Idempotency-Key": kept.key } });
    return kept.made;
  }

  // Resolves to { made, told }; throws Refused, with `made` on it when the case itself is already written.
  async function send(body, action, given, path = "/api/v1/cases") {
    const made = await create(body, path);
    try {
      const told = await act(made.number, made.version, action, given);
      kept = { ...BLANK };
      return { made, told };
    } catch (error) {
      error.made = made;
      throw error;
    }
  }
  return { send, forget: () => (kept = { ...BLANK }), written: () => kept.made };
}
