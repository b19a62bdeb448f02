// Time in words people use, in Asia/Shanghai, by the server's clock (a drill may run on another day).

const ZONE = "Asia/Shanghai";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SHIFT = 8 * HOUR; // China keeps no summer time
const PARTS = new Intl.DateTimeFormat("zh-CN", { timeZone: ZONE, year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const ENGLISH = document.documentElement.lang === "en";
const DAY_IN_ENGLISH = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, day: "numeric", month: "short" });
const WEEK = new Intl.DateTimeFormat("zh-CN", { timeZone: ZONE, weekday: "short" });
const RELATIVE = { "-2": "前天", "-1": "昨天", 0: "今天", 1: "明天", 2: "后天" };

const told = Date.parse(document.querySelector('meta[name="now"]')?.content ?? "");
const ahead = Number.isNaN(told) ? 0 : told - Date.now();
export const now = () => new Date(Date.now() + ahead);

const parts = (at) => Object.fromEntries(PARTS.formatToParts(at).map(({ type, value }) => [type, value]));
const dayNumber = (at) => Math.floor((at.getTime() + SHIFT) / DAY);

// 今天 · 明天 · 11月28日 周六 · 2027年1月4日
export function dayWords(iso, seen = now()) {
  const at = new Date(iso);
  if (ENGLISH) return DAY_IN_ENGLISH.format(at);
  const near = RELATIVE[dayNumber(at) - dayNumber(seen)];
  if (near) return near;
  const day = parts(at);
  const written = `${day.month}月${day.day}日`;
  return day.year === parts(seen).year ? `${written} ${WEEK.format(at)}` : `${day.year}年${written}`;
}

// 17:40
export function clockWords(iso) {
  const { hour, minute } = parts(new Date(iso));
  return `${hour}:${minute}`;
}

// 今天 17:40
export const momentWords = (iso, seen = now()) => `${dayWords(iso, seen)} ${clockWords(iso)}`;

// 1 天 2 小时 · 3 小时 · 12 分钟
export function lengthWords(milliseconds) {
  const days = Math.floor(milliseconds / DAY);
  const hours = Math.floor((milliseconds % DAY) / HOUR);
  if (days) return hours ? `${days} 天 ${hours} 小时` : `${days} 天`;
  if (hours) return `${hours} 小时`;
  return `${Math.max(Math.floor(milliseconds / MINUTE), 1)} 分钟`;
}

// 45 秒 · 12 分 · 3 小时 5 分: how long something has lasted.
export function spanWords(seconds) {
  if (seconds < 60) return `${seconds} 秒`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} 分` : `${Math.floor(minutes / 60)} 小时 ${minutes % 60} 分`;
}

// 还剩 3 小时 · 超期 1 天 2 小时
export function leftWords(iso, seen = now()) {
  const left = new Date(iso) - seen;
  return left >= 0 ? `还剩 ${lengthWords(left)}` : `超期 ${lengthWords(-left)}`;
}

// 今天 17:40 到期 · 还剩 3 小时
export const dueWords = (iso, seen = now()) => `${momentWords(iso, seen)} 到期 · ${leftWords(iso, seen)}`;

// How it stands with a clock as cases carry it: done ✓, paused ‖, red ■, yellow ◆ (a day or less left), or plain.
export function dueMark(row, seen = now()) {
  if (row.stopped_at) return { mark: "✓", level: "good" };
  if (row.paused) return { mark: "‖", level: "quiet" };
  const left = new Date(row.due_at) - seen;
  if (left < 0) return { mark: "■", level: "bad" };
  return left <= DAY ? { mark: "◆", level: "warn" } : { mark: "", level: "plain" };
}
