/** Puts questions and a price under a prompt's message. */

import style from "./extras.css";
import { makeForm } from "./form";
import type { Make } from "./make";
import { makePrice } from "./price";
import type { Button, Given, Quote, Recorded, Step } from "./protocol";
import type { Failed, IsPassing } from "./wire";
import type { Words } from "./words";

/** The words only these need; a page replaces them with the others. */
const ownWords = {
  optional: "optional",
  unanswered: "Please answer this.",
  no_price: "We cannot tell the price now.",
  new_price: "Please look again: ",
};
/** What the page has replaced is among the card's own words. */
export type OwnWords = Words & Partial<typeof ownWords>;
export type ExtraWords = Words & typeof ownWords;

/** Sends a click, once all is answered and priced; null: something is to be mended first. */
export type More = (
  button: Button,
  send: (given: Given) => Promise<Recorded>,
) => Promise<Recorded | null>;

/** What accepting costs with these answers. */
export type Ask = (values: object) => Promise<Quote>;

/** `ask` false: no price. `make` and `isPassing` are the main file's, which is not loaded twice. */
export function furnish(
  step: Step,
  message: HTMLElement,
  words: OwnWords,
  ask: Ask | false,
  make: Make,
  isPassing: IsPassing,
): More {
  const own = { ...ownWords, ...words };
  const root = message.getRootNode() as ShadowRoot;
  const accept = root.getElementById("accept")!; // what has a price has this button
  const text = make("div", "text");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  text.append(...message.childNodes);
  message.append(text);
  // The dialog stays described by its words alone.
  root.querySelector("dialog")!.setAttribute("aria-describedby", "text status");
  const form = makeForm(step.form, message, own, make);
  /** Said beside the question it is about; false: it is about none. */
  const mend = ({ field, detail }: Failed): boolean => {
    const [, key] = /values\.(.+)/.exec(field || "") || [];
    return !!key && message.isConnected && form.complain(key, detail!);
  };
  /** No price: why, in words, where asking again cannot help. */
  const explain = (failed: Failed): Quote => ({
    quote: "",
    text: failed.reason
      ? failed.message!
      : isPassing(failed)
        ? ""
        : mend(failed)
          ? own.no_price
          : own.failed,
  });
  const answers = (): object => form.read(false)!;
  const price =
    ask && makePrice((values) => ask(values).catch(explain), answers, message, accept, own, make);
  let given: Given = {};
  if (price) {
    // What is typed changes in the middle of a click, and is asked about then.
    message.addEventListener("change", ({ target }) => {
      if ((target as HTMLInputElement).checked || accept.hasAttribute("aria-disabled")) price.renew();
    });
    price.renew();
  }

  const rest = (): void => {
    for (const one of root.querySelectorAll(".pill")) {
      one.removeAttribute("aria-disabled");
      one.classList.remove("working");
    }
    root.getElementById("status")!.textContent = "";
  };

  return async (button, send) => {
    // Once told, the offer is gone: what is tried again is the very same.
    if (message.isConnected) {
      const values = form.read(!!step.buttons[button]!.must_answer);
      if (!values) return null;
      const quote = price && button === "accept" ? await price.agreed() : undefined;
      if (quote === null || !message.isConnected) return null; // or closed in the meantime
      given = { values, quote };
    }
    try {
      const now = await send(given);
      const isOver = price && now.refusal && now.refusal.reason === "quote_refused";
      if (!isOver || !message.isConnected) return now;
      rest();
      price.renew(own.new_price);
    } catch (error) {
      if (!mend(error as Failed)) throw error;
      rest();
    }
    return null;
  };
}
