/** One prompt on the screen: from the impression over the click to its result. */

import { makeCard, type Way } from "./card";
import type { Extras } from "./extras";
import { listen, log, safe, sleep } from "./guard";
import { make } from "./make";
import type { Button, Given, Kind, Prompt, Recorded } from "./protocol";
import { type Failed, isPassing, type Wire } from "./wire";
import type { Words } from "./words";

export type Told = "shown" | "result" | "closed";

/** What a showing needs of the page it is on. */
export interface Stage {
  wire: Wire;
  words: Words;
  tell: (what: Told, facts: object) => void;
  /** The overlay is free again; `isUsed` once something was chosen. */
  left: (isUsed: boolean) => void;
  /** This result has been seen. */
  seen: (interaction: string) => void;
}

export interface Showing {
  appear: () => void;
  /** The result of a click made before this page was loaded. */
  resume: (resultToken: string) => Promise<void>;
  /** The page moves on: an offer not answered is dismissed, a result may stay. */
  moveOn: () => void;
  /** Away without a word. */
  vanish: () => void;
}

const FOLLOW_MS = 60_000;
const WAIT_MS = 5000;

/** `prompt` null: an earlier click's result is told. `extras`: it asks or has a price. */
export function show(
  stage: Stage,
  prompt: Prompt | null,
  promptId: string,
  extras?: Extras | false,
): Showing {
  const { wire, words, tell } = stage;
  let chosen: Button | null = null;
  let recorded: Recorded | null = null;
  let isGone = false;

  const result = (token: string, wait_ms: number): Promise<Recorded> =>
    wire.once("results", { result_token: token, wait_ms });

  const say = (state: string, facts?: object): void =>
    tell("result", { prompt: promptId, kind: chosen, state, ...facts });

  const receive = async (now: Recorded): Promise<void> => {
    recorded = now;
    const { state, message, link } = now;
    say(state, { interaction: now.interaction, runs: now.runs });
    if (isGone) return;
    if (state === "none") return leave("button");
    const label = state === "needs_visitor" ? words.proceed : words.options;
    card.tell(state, message, link && state !== "succeeded" ? { label, link } : null);
    if (!now.is_settled) await follow(now.result_token!);
  };

  /** Asks until it is settled, at most for a minute. */
  const follow = async (token: string): Promise<void> => {
    const until = Date.now() + FOLLOW_MS;
    for (let turn = 0; !isGone && Date.now() < until; turn++) {
      const now = await result(token, WAIT_MS).catch(log);
      if (now && now.is_settled) return receive(now);
      await sleep(turn * 500);
    }
    if (!isGone) card.tell("pending", words.later);
  };

  const choose = async (button: Button): Promise<void> => {
    const send = (given?: Given): Promise<Recorded> => {
      chosen = button;
      card.work(button);
      return report(wire, prompt!, button, given);
    };
    try {
      const now = await (more ? more(button, send) : send());
      if (now) await receive(now);
      else chosen = null; // something is to be mended first
    } catch (error) {
      fail(error as Failed);
    }
  };

  const fail = (failed: Failed): void => {
    say("unreachable");
    if (isGone) return;
    if (isPassing(failed)) card.tell("refused", words.unreachable, { label: words.retry });
    else card.tell("refused", words.failed);
  };

  /** A visitor who was sent away to act has come back. */
  const lookAgain = async (): Promise<void> => {
    if (!recorded || recorded.state !== "needs_visitor") return;
    const token = recorded.result_token!;
    await result(token, 0); // sets it going again
    await receive(await result(token, WAIT_MS));
  };

  const vanish = (): void => {
    if (isGone) return;
    isGone = true;
    for (const stop of listening) stop();
    card.unmount();
    stage.left(!!chosen);
  };

  const leave = (way: Way | "page"): void => {
    if (isGone) return;
    if (prompt && !chosen) safe(report)(wire, prompt, "dismiss");
    if (recorded) stage.seen(recorded.interaction);
    vanish();
    tell("closed", { prompt: promptId, way });
  };

  const again = () => choose(chosen!);
  const card = makeCard(prompt && prompt.steps[0]!, words, { chosen: choose, again, left: leave });
  const more = extras && extras(prompt!, card.message, words, wire, make, isPassing);
  const listening = [
    listen(window, "pagehide", () => leave("page")),
    listen(window, "focus", lookAgain),
  ];

  const appear = (): void => {
    card.mount();
    tell("shown", { prompt: promptId });
  };

  return {
    appear,
    vanish,
    moveOn() {
      if (prompt && !chosen) leave("page");
    },
    async resume(token) {
      const now = await result(token, 0);
      appear();
      await receive(now);
    },
  };
}

/** One interaction. It may be reported again and again: the server counts it once. */
export async function report(
  wire: Wire,
  { token, steps }: { token: string; steps?: Prompt["steps"] },
  kind: Kind,
  given?: Given,
): Promise<Recorded> {
  const step = steps ? steps[0]!.key : "";
  const interactions = [{ token, kind, step, ...given }];
  return (await wire.insist<{ results: [Recorded] }>("interactions", { interactions })).results[0];
}
