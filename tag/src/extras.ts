/** What only prompts with questions or a price load: the main file brings it in for them. */

import { type Ask, furnish, type More, type OwnWords } from "./furnish";
import type { Make } from "./make";
import type { Prompt } from "./protocol";
import type { IsPassing, Wire } from "./wire";

export type Extras = (
  prompt: Prompt,
  message: HTMLElement,
  words: OwnWords,
  wire: Wire,
  make: Make,
  isPassing: IsPassing,
) => More;

const begin: Extras = (prompt, message, words, wire, make, isPassing) => {
  const step = prompt.steps[0]!;
  const asked = { token: prompt.token, step: step.key, button: "accept" };
  const ask: Ask = (values) =>
    wire.insist("previews", { ...asked, values }, () => message.isConnected);
  return furnish(step, message, words, prompt.show_price && ask, make, isPassing);
};
export { begin as default };
