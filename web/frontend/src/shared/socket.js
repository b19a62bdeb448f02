// The live line: the server says what changed (id, version, kind), the page reads it again by itself.
//
// live("/desk", { pop: f, call: g }, { again: reread }) calls `again` at each connection, also the first: what was
// said while the line was down is read, not lost. While it is down, `again` runs every 20 seconds.

import { io } from "socket.io-client";

const WHILE_DOWN = 20_000;

export function live(namespace, heard, { again = () => {}, state = () => {} } = {}) {
  const line = io(namespace, { transports: ["websocket", "polling"], reconnectionDelayMax: 10_000 });
  line.on("connect", () => (state(true), again()));
  line.on("disconnect", () => state(false));
  line.on("connect_error", () => state(false));
  for (const [event, act] of Object.entries(heard)) line.on(event, act);
  setInterval(() => line.connected || again(), WHILE_DOWN);
  return line;
}
