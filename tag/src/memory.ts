/** What is kept in the browser. A page may forbid storage; then nothing is. */

/** `local` is kept for ever, `session` as long as the tab is open. "" forgets. */
export function remember(shelf: "local" | "session", key: string, value?: string): string {
  try {
    const store = window[`${shelf}Storage`];
    if (value !== undefined) store.setItem(key, value);
    if (value === "") store.removeItem(key);
    return store.getItem(key) || "";
  } catch {
    return "";
  }
}
