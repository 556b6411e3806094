/** Asks what may be shown on this page, and shows one thing at a time. */

import type { Extras } from "./extras";
import { log, safe, sleep } from "./guard";
import { remember } from "./memory";
import { followNavigation } from "./navigation";
import type { Decision, HeldOut, Pending, Prompt, Traits } from "./protocol";
import { report, show, type Showing, type Told } from "./showing";
import { type Identity, openWire } from "./wire";
import { words as ownWords } from "./words";

/** The hashed name of what only some prompts need, set by the build. */
declare const EXTRAS: string;

const GATHER_MS = 20;
const RESERVE_MS = 300;
const SEEN = "standfast.seen";

export type Commands = Record<string, (...values: never[]) => unknown>;

export function startTag(origin: string, app: string): Commands {
  const wire = openWire(origin, app);
  const words = { ...ownWords };
  const traits: Traits = {};
  const listeners: [string, (facts: object) => unknown][] = [];
  let offers: (Prompt | HeldOut)[] = [];
  let showing: Showing | null = null;
  let asking: object | null = null;
  /** One is about to be shown. */
  let isBusy = false;
  let event: object | null = null;
  let wish = "";

  const tell = (what: Told, facts: object): void => {
    log(what, facts);
    for (const [wanted, listener] of listeners) if (wanted === what) listener(facts);
  };

  /** What was decided for another moment no longer counts. */
  const forget = (): void => {
    asking = null;
    offers = [];
  };

  /** Calls that come together ask once. A quiet answer opens nothing by itself. */
  const askSoon = (isQuiet?: boolean): void => {
    forget();
    const mine = (asking = {});
    setTimeout(
      safe(() => asking === mine && ask(mine, isQuiet)),
      GATHER_MS,
    );
  };

  const ask = async (mine: object, isQuiet?: boolean): Promise<void> => {
    try {
      const body = { ...page(), traits, event };
      event = null;
      const found = await wire.insist<Decision>("decide", body, () => asking === mine);
      if (asking !== mine) return;
      offers = [...found.holdouts, ...found.prompts];
      const wished = fits(wish);
      if (wished) fire(wished);
      if (!isQuiet) begin(found.pending, offers);
    } finally {
      if (asking === mine) {
        asking = null;
        wish = "";
      }
    }
  };

  const begin = (pending: Pending[], current: (Prompt | HeldOut)[]): void => {
    const seen = remember("session", SEEN);
    const earlier = pending.filter((one) => !seen.includes(one.interaction)).pop();
    if (earlier && !showing) {
      showing = show(stage, null, earlier.prompt);
      showing.resume(earlier.result_token).catch(showing.vanish);
    }
    for (const one of current) {
      const { auto, delay_seconds: delay } = one.triggers;
      if (auto) setTimeout(() => current === offers && fire(one), delay * 1000);
    }
  };

  const fits = (name: string): Prompt | HeldOut | undefined =>
    offers.find((one) => one.triggers.manual.includes(name));

  const fire = (one: Prompt | HeldOut): void => {
    if (!("steps" in one)) safe(report)(wire, one, "holdout");
    else if (one.type === "modal" && !showing && !isBusy) {
      isBusy = true;
      safe(offer)(one).then(() => (isBusy = false));
    }
  };

  const offer = async (prompt: Prompt): Promise<void> => {
    const extras =
      (prompt.show_price || !!prompt.steps[0]!.form.length) &&
      ((await import(`${origin}/tag/${EXTRAS}`)) as { default: Extras }).default;
    const impression = report(wire, prompt, "impression").catch(log);
    if (prompt.reserve) {
      // A prompt that is limited asks first; no answer in time is a no.
      const answer = await Promise.race([impression, sleep(RESERVE_MS)]);
      if (!answer || !answer.show) return;
    }
    if (showing || !offers.includes(prompt)) return;
    showing = show(stage, prompt, prompt.prompt, extras);
    showing.appear();
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
      wire.become(identity);
      if (showing) showing.vanish(); // another visitor's
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
      if (showing) showing.vanish();
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
