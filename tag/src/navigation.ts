/** Tells when the address changes without a new page. */

import { listen, safe } from "./guard";

/** Calls back once for each new address; the answer stops it and gives the page its own back. */
export function followNavigation(changed: (hasNewPath: boolean) => void): () => void {
  let { href, pathname } = location;
  const look = safe(() => {
    const before = pathname;
    if (location.href === href) return;
    ({ href, pathname } = location);
    changed(pathname !== before);
  });
  const stops = [listen(window, "popstate", look), wrap("pushState", look), wrap("replaceState", look)];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Others may have wrapped after us; then ours stays in the chain and does nothing. */
function wrap(name: "pushState" | "replaceState", look: () => unknown): () => void {
  const before = history[name];
  let isOn = true;
  const wrapped: History[typeof name] = (...values) => {
    before.apply(history, values);
    if (isOn) look();
  };
  history[name] = wrapped;
  return () => {
    isOn = false;
    if (history[name] === wrapped) history[name] = before;
  };
}
