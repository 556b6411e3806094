/** What passes between page and server (docs/api.md). */

export type Button = (typeof BUTTONS)[number];
/** In the order they are shown. */
export const BUTTONS = ["accept", "secondary_accept", "decline"] as const;
export type Kind = Button | "impression" | "dismiss" | "holdout";

/** One question. `value` of a choice is what is sent, `label` what is read. */
export interface Field {
  key: string;
  label: string;
  kind: "choice" | "text" | "number" | "date";
  choices: { value: string; label: string }[];
  required: boolean;
}

/** `must_answer`: a click on this button wants every required answer. */
export interface Step {
  key: string;
  title: string;
  message: string;
  buttons: Partial<Record<Button, { label: string; must_answer?: boolean }>>;
  form: Field[];
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
  /** It may be accepted only at a price that was shown. */
  show_price: boolean;
}

/** What accepting costs, in words, and the signature of it. */
export interface Quote {
  quote: string;
  text: string;
}

/** What goes with a click. */
export interface Given {
  values?: Record<string, string>;
  quote?: string | undefined;
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

/** How a click stands. `none`: nothing was to be done. */
export type State = "none" | "succeeded" | "pending" | "needs_visitor" | "refused";

/** `message`: one sentence of what happened and what did not. `is_settled`: nothing is under way. */
export interface Recorded {
  interaction: string;
  show: boolean;
  state: State;
  message: string;
  link: string | null;
  is_settled: boolean;
  runs: Run[];
  result_token: string | null;
  refusal: { reason: string } | null;
}

export type Traits = Record<string, string | number | boolean>;
