/** What a visitor sees: one modal dialog in a shadow root. It knows no network. */

import { lead, read } from "./content";
import { listen } from "./guard";
import { type Icon, icon } from "./icons";
import { make } from "./make";
import { type Button, BUTTONS, type Step } from "./protocol";
import style from "./card.css";
import type { Words } from "./words";

export type Way = "button" | "escape" | "backdrop";

export interface Listener {
  chosen: (button: Button) => unknown;
  again: () => unknown;
  left: (way: Way) => unknown;
}

/** The one thing that can be done after a result: follow a link, or try again. */
export interface Next {
  label: string;
  link?: string;
}

export interface Card {
  /** Where more than words may be put. */
  message: HTMLElement;
  mount: () => void;
  unmount: () => void;
  /** A request is under way: nothing can be chosen until there is a result. */
  work: (button: Button) => void;
  /** The result in place of the offer. */
  tell: (look: Icon, text: string, next?: Next | null) => void;
}

/** `step` null: only a result will be told. */
export function makeCard(step: Step | null, words: Words, listener: Listener): Card {
  const host = make("standfast-prompt");
  const dialog = make("dialog");
  const scroll = make("div", "scroll");
  const title = make("h2", "title", step ? step.title : words.request);
  const message = make("div", "message");
  const status = make("output", "status"); // says itself what is new in it
  const buttons = make("div", "buttons");
  const cross = make("button", "close");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  let pressed: EventTarget | null;

  const pill = (label: string, kind: string, work: () => unknown): void => {
    const button = make("button", `pill ${kind}`, label);
    listen(button, "click", () => button.hasAttribute("aria-disabled") || work());
    buttons.append(button);
  };

  /** Long texts scroll inside and can then be reached by keyboard. */
  const settle = (): void => {
    scroll.tabIndex = scroll.scrollHeight > scroll.clientHeight ? 0 : -1;
  };

  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  dialog.setAttribute("aria-labelledby", "title");
  dialog.setAttribute("aria-describedby", "message status");
  cross.setAttribute("aria-label", words.close);
  title.tabIndex = -1;
  cross.append(icon("cross"));
  if (step) {
    message.append(read(step.message));
    for (const kind of BUTTONS) {
      const shown = step.buttons[kind];
      if (shown) pill(shown.label, kind, () => listener.chosen(kind));
    }
  }
  scroll.append(title, message, status);
  dialog.append(scroll, buttons, cross);
  root.append(dialog);

  listen(cross, "click", () => listener.left("button"));
  // Escape: the browser has closed it.
  listen(dialog, "close", () => host.isConnected && listener.left("escape"));
  // Pressed and released outside: who selects text may let go there.
  listen(dialog, "pointerdown", ({ target }) => (pressed = target));
  listen(dialog, "click", ({ target }) => {
    const isBusy = buttons.querySelector(".working");
    if (target === dialog && pressed === dialog && !isBusy) listener.left("backdrop");
  });
  // The page's shortcuts are not meant.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());

  return {
    message,

    mount() {
      document.body.append(host);
      dialog.showModal();
      // Not a button: a stray Enter must not change a bill.
      title.focus();
      settle();
    },

    unmount() {
      dialog.close();
      host.remove();
    },

    work(button) {
      for (const one of buttons.children) {
        one.setAttribute("aria-disabled", "true");
        if (one.id === button) one.className += " working";
      }
      status.textContent = words.working;
    },

    tell(look, text, next) {
      dialog.className = "told";
      message.remove();
      buttons.textContent = "";
      const old = scroll.querySelector("svg");
      if (old) old.remove();
      scroll.prepend(icon(look));
      status.textContent = text;
      if (next) {
        const link = make("a", "pill accept", next.label);
        if (lead(link, next.link)) buttons.append(link);
        else pill(next.label, "accept", listener.again);
      }
      const label = look === "succeeded" ? words.done : words.close;
      pill(label, next || look === "pending" ? "secondary_accept" : "accept", () => listener.left("button"));
      (buttons.firstChild as HTMLElement).focus();
      settle();
    },
  };
}
