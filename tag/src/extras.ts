/** What only prompts with questions or a price load: the main file brings it in for them. */

import { furnish, type ExtraWords, type More } from "./furnish";
import type { Prompt, Quote } from "./protocol";
import type { Wire } from "./wire";

export type Extras = (
  prompt: Prompt,
  message: HTMLElement,
  words: Partial<ExtraWords>,
  wire: Wire,
) => More;

const begin: Extras = (prompt, message, words, wire) => {
  const step = prompt.steps[0]!;
  const asked = { token: prompt.token, step: step.key, button: "accept" };
  const ask = (): Promise<Quote> => wire.insist("previews", asked, () => message.isConnected);
  return furnish(step, message, words, prompt.show_price && ask);
};
export default begin;
