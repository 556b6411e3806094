/** Puts questions and a price under a prompt's message. */

import style from "./extras.css";
import { makeForm } from "./form";
import { make } from "./make";
import { makePrice } from "./price";
import type { Button, Given, Quote, Recorded, Step } from "./protocol";
import type { Failed } from "./wire";

/** The words only these need; a page replaces them with the others. */
const ownWords = {
  retry: "",
  optional: "optional",
  unanswered: "Please answer this.",
  unfit_number: "Please write a whole number.",
  pricing: "Getting the price…",
  no_price: "We cannot tell the price now. Please try again.",
  new_price: "Please look again: ",
};
export type ExtraWords = typeof ownWords;

/** Sends a click, once all is answered and priced; null: something is to be mended first. */
export type More = (
  button: Button,
  send: (given: Given) => Promise<Recorded>,
) => Promise<Recorded | null>;

/** `ask` false: there is no price. */
export function furnish(
  step: Step,
  message: HTMLElement,
  words: Partial<ExtraWords>,
  ask: (() => Promise<Quote>) | false,
): More {
  const own = { ...ownWords, ...words };
  const root = message.getRootNode() as ShadowRoot;
  const accept = root.getElementById("accept");
  dress(root, message);
  const form = makeForm(step.form, message, own);
  const price = ask && accept && makePrice(ask, message, accept, own);
  let given: Given = {};

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
      const quote = price && button === "accept" ? price.agreed() : undefined;
      if (!values || quote === null) return null;
      given = { values, quote };
    }
    try {
      const now = await send(given);
      const isOver = price && now.refusal && now.refusal.reason === "quote_refused";
      if (!isOver || !message.isConnected) return now;
      rest();
      price.renew(own.new_price);
    } catch (error) {
      const { field, detail } = error as Failed;
      const [, key] = /values\.([\w-]+)$/.exec(field || "") || [];
      if (!message.isConnected || !key || !form.complain(key, detail || own.unanswered)) throw error;
      rest();
    }
    return null;
  };
}

/** The dialog stays described by its words alone. */
function dress(root: ShadowRoot, message: HTMLElement): void {
  const sheet = new CSSStyleSheet();
  const text = make("div", "text");
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  text.append(...message.childNodes);
  message.append(text);
  root.querySelector("dialog")!.setAttribute("aria-describedby", "text status");
}
