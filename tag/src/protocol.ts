/** What passes between page and server (docs/api.md), and what a result means to a person. */

export type Button = (typeof BUTTONS)[number];
/** In the order they are shown. */
export const BUTTONS = ["accept", "secondary_accept", "decline"] as const;
export type Kind = Button | "impression" | "dismiss" | "holdout";

export interface Step {
  key: string;
  title: string;
  message: string;
  buttons: Partial<Record<Button, { label: string }>>;
}

/** `auto`: the server found that this page opens it. */
export interface Triggers {
  auto: boolean;
  delay_seconds: number;
  manual: string[];
}

export interface Texts {
  succeeded: string;
  pending: string;
  refused: string;
  needs_visitor: string;
  fallback_link: string | null;
}

export interface HeldOut {
  token: string;
  prompt: string;
  triggers: Triggers;
}

export interface Prompt extends HeldOut {
  type: string;
  steps: Step[];
  texts: Texts;
  reserve: boolean;
}

export interface Pending {
  interaction: string;
  prompt: string;
  result_token: string;
}

export interface Decision {
  prompts: Prompt[];
  holdouts: HeldOut[];
  pending: Pending[];
}

export interface Run {
  id: string;
  state: string;
  message: string;
  link: string | null;
}

export interface Recorded {
  interaction: string;
  show: boolean;
  runs: Run[];
  result_token: string | null;
  refusal: { message: string; link?: string } | null;
}

export type Traits = Record<string, string | number | boolean>;

/** How a click stands. `none`: nothing was to be done. */
export type State = "none" | "succeeded" | "pending" | "needs_visitor" | "refused";

export interface Verdict {
  state: State;
  message: string;
  link?: string | null;
}

const READINGS: [State, RegExp][] = [
  ["pending", /accepted|retrying|unknown/],
  ["needs_visitor", /waiting/],
  ["refused", /refused|failed|cancelled/],
  ["pending", /operator/],
  ["succeeded", /succeeded/],
];

/** The first reading that fits a run rules, so that one failure among several is never hidden. */
export function verdictOf({ refusal, runs }: Recorded): Verdict {
  if (refusal) return { state: "refused", ...refusal };
  for (const [state, words] of READINGS) {
    const run = runs.find((one) => words.test(one.state));
    if (run) return { state, message: run.message, link: run.link };
  }
  return { state: "none", message: "" };
}

/** Whether waiting can tell more without anybody acting. */
export const isUnderWay = (recorded: Recorded): boolean =>
  recorded.runs.some((run) => READINGS[0]![1].test(run.state));
