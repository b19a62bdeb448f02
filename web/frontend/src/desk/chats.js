export const chats = () => ({ reread() {}, became() {} });
