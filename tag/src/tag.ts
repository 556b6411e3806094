/** Asks what may be shown on this page, and shows one thing at a time. */

import { log, safe } from "./guard";
import { remember } from "./memory";
import { followNavigation } from "./navigation";
import type { Decision, HeldOut, Prompt, Recorded, Traits } from "./protocol";
import { report, show, type Showing, type Told } from "./showing";
import { type Identity, openWire } from "./wire";
import { words as ownWords } from "./words";

const GATHER_MS = 20;
const RESERVE_MS = 300;
const SEEN = "standfast.seen";

export type Commands = Record<string, (...values: never[]) => unknown>;

export function startTag(origin: string, app: string): Commands {
  const wire = openWire(origin, app);
  const words = { ...ownWords };
  const traits: Traits = {};
  const listeners: [string, (facts: object) => unknown][] = [];
  let decision: Decision | null = null;
  let showing: Showing | null = null;
  let asking: AbortController | null = null;
  let isReserving = false;
  let event: object | null = null;
  let wish = "";

  const tell = (what: Told, facts: object): void => {
    log(what, facts);
    for (const [wanted, listener] of listeners) if (wanted === what) listener(facts);
  };

  /** What was decided for another moment no longer counts. */
  const forget = (): void => {
    if (asking) asking.abort();
    decision = asking = null;
  };

  /** Calls that come together ask once. A quiet answer opens nothing by itself. */
  const askSoon = (isQuiet?: boolean): void => {
    forget();
    const mine = (asking = new AbortController());
    setTimeout(
      safe(() => asking === mine && ask(mine, isQuiet)),
      GATHER_MS,
    );
  };

  const ask = async (mine: AbortController, isQuiet?: boolean): Promise<void> => {
    try {
      const body = { ...page(), traits, event };
      event = null;
      const found = await wire.insist<Decision>("decide", body, mine.signal);
      if (asking !== mine) return;
      decision = found;
      if (!isQuiet) begin(found);
    } finally {
      if (asking === mine) asking = null;
    }
    const wished = fits(wish);
    wish = "";
    if (wished) fire(wished);
  };

  const begin = (now: Decision): void => {
    const { prompts, holdouts, pending } = now;
    const seen = remember("session", SEEN);
    const earlier = pending.filter((one) => !seen.includes(one.interaction)).pop();
    if (earlier && !showing) {
      showing = show(stage, null, earlier.prompt);
      showing.resume(earlier.result_token).catch(showing.close);
    }
    for (const one of [...holdouts, ...prompts]) {
      const { auto, delay_seconds: delay } = one.triggers;
      if (auto) setTimeout(() => decision === now && fire(one), delay * 1000);
    }
  };

  const fits = (name: string): Prompt | HeldOut | undefined =>
    decision
      ? [...decision.prompts, ...decision.holdouts].find((one) => one.triggers.manual.includes(name))
      : undefined;

  const fire = (one: Prompt | HeldOut): void => {
    if (!("steps" in one)) safe(report)(wire, one, "holdout");
    else if (one.type !== "modal") log("not shown", one);
    else if (!showing && !isReserving) safe(offer)(one);
  };

  const offer = async (prompt: Prompt): Promise<void> => {
    const impression = report(wire, prompt, "impression").catch(log);
    if (prompt.reserve && !(await isReserved(impression))) return;
    if (showing || !decision || !decision.prompts.includes(prompt)) return;
    showing = show(stage, prompt, prompt.prompt);
    showing.open();
  };

  /** A prompt that is limited asks first; no answer in time is a no. */
  const isReserved = async (impression: Promise<Recorded | void>): Promise<boolean> => {
    isReserving = true;
    const late = new Promise<void>((give) => setTimeout(give, RESERVE_MS));
    const answer = await Promise.race([impression, late]);
    isReserving = false;
    return !!answer && answer.show;
  };

  const free = (isUsed: boolean): void => {
    showing = null;
    // What was chosen changes what may be offered; nothing pops up right behind it.
    if (isUsed) askSoon(true);
  };

  const seen = (interaction: string): void => {
    remember("session", SEEN, interaction + remember("session", SEEN));
  };

  const stage = { wire, words, tell, left: free, seen };
  const stopFollowing = followNavigation((hasNewPath) => {
    if (hasNewPath && showing) showing.moveOn();
    askSoon();
  });
  askSoon();

  return {
    identify(identity: Identity) {
      wire.identify(identity);
      if (showing) showing.close(); // another visitor's
      askSoon();
    },
    /** By its manual name, now or as soon as the server has answered. */
    open(name: string) {
      const found = fits(name);
      if (found) return fire(found);
      wish = name;
      if (!asking) askSoon(true);
    },
    event(name: string, properties: Traits = {}) {
      event = { name, properties };
      askSoon();
    },
    traits(some: Traits) {
      Object.assign(traits, some);
      askSoon();
    },
    words(some: Partial<typeof words>) {
      Object.assign(words, some);
    },
    on(what: Told, listener: (facts: object) => unknown) {
      listeners.push([what, safe(listener)]);
    },
    shutdown() {
      stopFollowing();
      listeners.length = 0;
      if (showing) showing.close();
      forget();
    },
  };
}

function page(): object {
  const isTouch = matchMedia("(pointer:coarse)").matches;
  return {
    page: location.href.slice(0, 2000),
    referrer: document.referrer.slice(0, 2000),
    device: !isTouch ? "desktop" : screen.width < 600 ? "mobile" : "tablet",
    language: navigator.language,
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}
