/** What accepting costs, under the message. Without a price nothing can be accepted. */

import type { ExtraWords } from "./furnish";
import { make } from "./make";
import type { Quote } from "./protocol";

export interface Price {
  /** The quote the visitor has before their eyes; null: there is none, or a new one is asked for. */
  agreed: () => string | null;
  /** Asks anew; `note` stands before the price. */
  renew: (note: string) => unknown;
}

/** The server keeps its word for 15 minutes; the click must arrive in time. */
const FRESH_MS = 14 * 60_000;

export function makePrice(
  ask: () => Promise<Quote>,
  into: HTMLElement,
  accept: HTMLElement,
  words: ExtraWords,
): Price {
  const line = make("div", "price");
  const told = make("output", "amount"); // says itself what is new in it
  const retry = make("button", "retry", words.retry);
  let quote: string | null = null;
  let at = 0;

  const renew = async (note: string): Promise<void> => {
    quote = null;
    accept.setAttribute("aria-disabled", "true");
    retry.remove();
    told.className = "working";
    told.textContent = words.pricing;
    try {
      const found = await ask();
      quote = found.quote;
      at = Date.now();
      told.className = "known";
      told.textContent = note + found.text;
      // Another button may have been clicked in the meantime.
      if (!accept.parentElement!.querySelector(".working")) accept.removeAttribute("aria-disabled");
    } catch {
      told.className = "";
      told.textContent = words.no_price;
      line.append(retry);
    }
  };

  line.append(told);
  into.append(line);
  accept.setAttribute("aria-describedby", "amount");
  retry.addEventListener("click", () => {
    accept.focus(); // it goes away under the finger
    renew("");
  });
  renew("");

  return {
    renew,
    agreed() {
      if (quote && Date.now() - at > FRESH_MS) renew(words.new_price);
      return quote;
    },
  };
}
