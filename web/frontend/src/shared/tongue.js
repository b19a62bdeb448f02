// The page's words in the reader's language: t("Chinese sentence") from the table that English pages carry.

const node = document.querySelector("#english");
const table = node ? JSON.parse(node.textContent) : {};
export const english = Boolean(node);
export const t = (text) => table[text] ?? text;

// A refusal of the server: its own sentence in Chinese, in English by its code.
export const sayingOf = (error) => (english ? (table[error.message] ?? table[`code:${error.code}`] ?? `${table["code:other"]} (${error.code})`) : error.message);
export const fieldsOf = (error) => Object.fromEntries(Object.entries(error.fields ?? {}).map(([name, saying]) => [name, t(saying)]));
