/** What accepting costs, under the message. Without a price nothing can be accepted. */

import type { Ask, ExtraWords } from "./furnish";
import type { Make } from "./make";

export type Answers = Record<string, string>;

export interface Price {
  /**
   * The quote of the price before the visitor's eyes. Where the answers are others by now, or it
   * stood too long, it is asked for again first; null: it is another price, to be looked at.
   */
  agreed: (values: Answers) => Promise<string | null>;
  /** Asks anew; `note` stands before the price. */
  renew: (values: Answers, note?: string) => Promise<void>;
}

/** The server keeps its word for 15 minutes; the click must arrive in time. */
const FRESH_MS = 14 * 60_000;

export function makePrice(
  ask: Ask,
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

  const renew = async (values: Answers, note = ""): Promise<void> => {
    quote = null;
    asked = JSON.stringify(values);
    accept.setAttribute("aria-disabled", "true");
    retry.remove();
    told.className = "working";
    told.textContent = words.working;
    try {
      ({ quote, text } = await ask(values));
      at = Date.now();
      told.className = "known";
      told.textContent = note + text;
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
    renew(JSON.parse(asked));
  });

  return {
    renew,
    async agreed(values) {
      const seen = text;
      if (JSON.stringify(values) !== asked || Date.now() - at > FRESH_MS) await renew(values);
      if (!quote || accept.hasAttribute("aria-disabled")) return null;
      if (text === seen) return quote;
      told.textContent = words.new_price + text;
      return null;
    },
  };
}
