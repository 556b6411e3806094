// Forms: what is not saved is not lost by accident, and nothing is sent twice.

let leaving = false;

export function watchForms(): void {
  for (const event of ["input", "change"]) document.addEventListener(event, mark);
  document.addEventListener("submit", sent);
  document.addEventListener("reset", (event) => {
    if (event.target instanceof HTMLFormElement) show(event.target, false);
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && document.querySelector("form[data-changed]")) event.preventDefault();
  });
  // A page that comes back from the browser's memory is as one left it.
  window.addEventListener("pageshow", () => {
    leaving = false;
    for (const form of document.querySelectorAll("form[data-sent]")) form.removeAttribute("data-sent");
  });
}

function mark(event: Event): void {
  const form = event.target instanceof Element ? event.target.closest("form[data-guard]") : null;
  if (form instanceof HTMLFormElement) show(form, isChanged(form));
}

function sent(event: SubmitEvent): void {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method === "get") return;
  if (form.hasAttribute("data-sent")) {
    event.preventDefault();
    return;
  }
  leaving = true;
  form.setAttribute("data-sent", "");
}

function show(form: HTMLFormElement, changed: boolean): void {
  form.toggleAttribute("data-changed", changed);
  const note = form.querySelector<HTMLElement>("[data-unsaved]");
  if (note) note.hidden = !changed;
}

function isChanged(form: HTMLFormElement): boolean {
  if (form.hasAttribute("data-edited")) return true; // drawn anew from what was typed
  return [...form.elements].some((one) => {
    if (one instanceof HTMLInputElement && ["checkbox", "radio"].includes(one.type)) {
      return one.checked !== one.defaultChecked;
    }
    if (one instanceof HTMLInputElement || one instanceof HTMLTextAreaElement) {
      return one.type !== "hidden" && one.value !== one.defaultValue;
    }
    if (one instanceof HTMLSelectElement) {
      return [...one.options].some((option) => option.selected !== option.defaultSelected);
    }
    return false;
  });
}
