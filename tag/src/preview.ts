/**
 * The very card a visitor will see, without a network: for the console's preview and screenshots.
 *
 * Either `standfastPreview.show({...})` in the frame, or a message from a page of the same origin:
 * `frame.contentWindow.postMessage({ standfastPreview: {...} }, location.origin)`.
 */

import { type Card, makeCard } from "./card";
import { furnish, type More } from "./furnish";
import { log, safe } from "./guard";
import { make } from "./make";
import type { Button, Quote, Recorded, State, Step, Texts } from "./protocol";
import { isPassing } from "./wire";
import { words, type Words } from "./words";

export interface Preview {
  /** Null takes the card away. */
  step: Step | null;
  texts?: Texts;
  /** What to show: the offer, a click being worked on, or a result. */
  state?: State | "offer" | "working" | "unreachable";
  words?: Partial<Words>;
  dir?: "ltr" | "rtl";
  /** The price line as it would read; none is shown without. "" is one that cannot be had. */
  price?: string;
  /** The visitor's words where the offer cannot be kept, in place of a price. */
  price_refused?: string;
}

/** In a frame nothing may take the focus from whoever is typing beside it. */
const isFramed = typeof window !== "undefined" && window.parent !== window;
const FRAMED = `
  :host { position: fixed !important; inset: 0 !important; background: rgb(16 20 30 / 0.4) !important }
  dialog { position: fixed; inset: 0; margin: auto; height: fit-content; animation: none;
    max-width: calc(100% - 32px); max-height: calc(100% - 32px) }
  @media (max-width: 480px) { dialog { max-width: none; margin-bottom: 0 } }`;

let card: Card | null = null;

/** Shows this and nothing else. A click shows what the visitor would see next. */
export function show(preview: Preview): void {
  card?.unmount();
  card = null;
  const { state = "offer", dir = "ltr" } = preview;
  if (!preview.step) return;
  const step = { ...preview.step, form: preview.step.form || [] };
  document.documentElement.dir = dir;
  const own = { ...words, ...preview.words };
  const next = (to: Preview["state"]) => show({ ...preview, state: to! });
  let more: More | null = null;
  const done = (button: Button) => next(button === "decline" ? "offer" : "succeeded");
  const listener = {
    // What must be answered first is said here too.
    chosen: (button: Button) => (more ? more(button, async () => (done(button), TOLD)) : done(button)),
    again: () => next("offer"),
    left: () => next("offer"),
  };
  card = makeCard(step, own, listener);
  const { price, price_refused: refusal } = preview;
  const ask = (price ?? refusal) !== undefined && (() => priced(price, refusal));
  if (ask || step.form.length) more = furnish(step, card.message, own, ask, make, isPassing);
  card.mount();
  if (isFramed) settle();
  if (state === "working") card.work("accept");
  else if (state !== "offer" && state !== "none") tell(card, state, preview.texts, own);
}

const TOLD = { refusal: null } as Recorded;

async function priced(text?: string, refusal?: string): Promise<Quote> {
  if (!text) throw { reason: refusal, message: refusal };
  return { quote: "example", text };
}

/** The look of a modal dialog without being one. */
function settle(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(FRAMED);
  const root = document.querySelector("standfast-prompt")!.shadowRoot!;
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

function stayAway(): void {
  HTMLElement.prototype.focus = () => {};
  HTMLDialogElement.prototype.showModal = function () {
    this.setAttribute("open", "");
  };
}

function tell(on: Card, state: Exclude<Preview["state"], undefined>, texts: Texts | undefined, own: Words): void {
  const link = texts?.fallback_link;
  if (state === "succeeded") on.tell("succeeded", texts?.succeeded || "", null);
  else if (state === "pending") on.tell("pending", texts?.pending || "", null);
  else if (state === "unreachable") on.tell("refused", own.unreachable, { label: own.retry });
  else if (state === "needs_visitor") {
    on.tell("needs_visitor", texts?.needs_visitor || "", { label: own.proceed, link: "#" });
  } else on.tell("refused", texts?.refused || "", link ? { label: own.options, link } : null);
}

if (typeof window !== "undefined") {
  if (isFramed) stayAway();
  Object.assign(window, { standfastPreview: { show: safe(show) } });
  addEventListener(
    "message",
    safe((event: MessageEvent<{ standfastPreview?: Preview } | null>) => {
      const asked = event.data && event.data.standfastPreview;
      if (event.origin !== location.origin || !asked) return log("not for us");
      return show(asked);
    }),
  );
}
