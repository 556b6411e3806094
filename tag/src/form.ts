/** The questions of a prompt: one survey, or a few inputs. */

import type { ExtraWords } from "./furnish";
import type { Make } from "./make";
import type { Field } from "./protocol";

export interface Form {
  /** The answers by question; null: something is missing, and it is said beside it. */
  read: (mustAnswer: boolean) => Record<string, string> | null;
  /** Said beside its question; false: there is no such question. */
  complain: (key: string, text: string) => boolean;
}

interface Question {
  answer: () => string;
  /** What is missing; "" is nothing. Whether the answer fits is known to the server. */
  fault: () => string;
  complain: (text: string) => void;
}

export function makeForm(
  fields: Field[],
  into: HTMLElement,
  words: ExtraWords,
  make: Make,
): Form {
  const questions = new Map(
    fields.map((field) => [field.key, makeQuestion(field, into, words, make)]),
  );

  return {
    complain(key, text) {
      const found = questions.get(key);
      if (found) found.complain(text);
      return !!found;
    },

    read(mustAnswer) {
      const values: Record<string, string> = {};
      for (const [key, one] of questions) {
        const fault = one.fault();
        if (!fault) values[key] = one.answer();
        // Who says no is not held back by half an answer.
        else if (mustAnswer) {
          one.complain(fault);
          return null;
        }
      }
      return values;
    },
  };
}

function makeQuestion(
  field: Field,
  into: HTMLElement,
  words: ExtraWords,
  make: Make,
): Question {
  const { kind, required } = field;
  const isSurvey = kind === "choice";
  const id = `q-${field.key}`;
  const box = make(isSurvey ? "fieldset" : "div", "question");
  const label = make(isSurvey ? "legend" : "label", "label", field.label);
  const error = make("div", "error");

  const entry = (): HTMLInputElement => {
    const input = make("input", "answer");
    input.id = id;
    // A number's own input changes it when somebody only wants to scroll.
    if (kind === "date") input.type = kind;
    if (kind === "number") input.inputMode = "numeric";
    box.append(input);
    return input;
  };

  /** Within its label. */
  const radio = (one: Field["choices"][number]): HTMLInputElement => {
    const choice = make("label", "choice");
    const input = make("input");
    input.type = "radio";
    input.name = id;
    input.value = one.value;
    choice.id = "";
    choice.append(input, one.label);
    box.append(choice);
    return input;
  };

  const inputs = isSurvey ? field.choices.map((one) => radio(one)) : [entry()];
  // What is told of belongs to what has the focus: the group, or the only input.
  const told = isSurvey ? box : inputs[0]!;

  label.id = "";
  error.id = `${id}-error`;
  box.id = "";
  if (isSurvey) box.setAttribute("role", "radiogroup");
  else label.setAttribute("for", id);
  told.setAttribute("aria-required", `${required}`);
  told.setAttribute("aria-describedby", error.id);
  if (!required) label.append(make("span", "optional", ` ${words.optional}`));
  box.prepend(label);
  box.append(error);
  into.append(box);

  const mark = (text: string): void => {
    error.textContent = text;
    error.hidden = !text;
    told.setAttribute("aria-invalid", `${!!text}`);
  };
  const chosen = (): HTMLInputElement | undefined =>
    isSurvey ? inputs.find((one) => one.checked) : inputs[0];
  const answer = (): string => {
    const one = chosen();
    return one ? one.value.trim() : "";
  };

  box.addEventListener("input", () => mark(""));
  mark("");
  return {
    answer,
    fault() {
      const isHalf = inputs[0]!.validity.badInput; // as half a date
      return !answer() && (required || isHalf) ? words.unanswered : "";
    },
    complain(text) {
      mark(text);
      (chosen() || inputs[0]!).focus();
    },
  };
}
