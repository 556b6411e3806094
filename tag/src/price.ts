/** What accepting costs, under the message. Without a price nothing can be accepted. */

import type { ExtraWords } from "./furnish";
import type { Make } from "./make";
import type { Quote } from "./protocol";

export interface Price {
  /**
   * The quote of the price before the visitor's eyes. Where the answers are others by now, or it
   * stood too long, it is asked for again first; null: it is another price, to be looked at.
   */
  agreed: () => Promise<string | null>;
  /** Asks anew; `note` stands before the price. */
  renew: (note?: string) => Promise<void>;
}

/** The server keeps its word for 15 minutes; the click must arrive in time. */
const FRESH_MS = 14 * 60_000;

/**
 * `ask` answers without a `quote` where there is no price; its text says why. Without that either,
 * asking again may help.
 */
export function makePrice(
  ask: (values: object) => Promise<Quote>,
  answers: () => object,
  into: HTMLElement,
  accept: HTMLElement,
  words: ExtraWords,
  make: Make,
): Price {
  const line = make("div", "price");
  const told = make("output", "amount"); // says itself what is new in it
  const retry = make("button", "retry", words.retry);
  let quote: string | null = null;
  let text = "";
  let asked = "";
  let at = 0;

  const renew = async (note = ""): Promise<void> => {
    const mine = (asked = JSON.stringify(answers()));
    quote = null;
    accept.setAttribute("aria-disabled", "true");
    retry.remove();
    told.className = "working";
    told.textContent = words.working;
    const found = await ask(answers());
    // Other answers are asked about by now, or what another button did is told.
    if (mine !== asked || !into.isConnected) return;
    ({ quote, text } = found);
    at = Date.now();
    told.className = quote ? "known" : text && "denied";
    told.textContent = (quote && note) + text || words.no_price;
    if (!text) line.append(retry);
    // Another button may have been clicked in the meantime.
    if (quote && !accept.parentElement!.querySelector(".working")) accept.removeAttribute("aria-disabled");
  };

  line.append(told);
  into.append(line);
  accept.setAttribute("aria-describedby", "amount");
  retry.addEventListener("click", () => {
    accept.focus(); // it goes away under the finger
    renew();
  });

  return {
    renew,
    async agreed() {
      const seen = text;
      if (JSON.stringify(answers()) !== asked || Date.now() - at > FRESH_MS) await renew();
      if (!quote || accept.hasAttribute("aria-disabled")) return null;
      if (text === seen) return quote;
      told.textContent = words.new_price + text;
      return null;
    },
  };
}
