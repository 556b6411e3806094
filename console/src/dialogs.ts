// Without script a dialog is a popover. With it, it is modal: the page behind waits.

export function watchDialogs(): void {
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const opener = event.target.closest<HTMLElement>("[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset["dialog"] ?? "");
      if (dialog instanceof HTMLDialogElement) {
        event.preventDefault();
        open(dialog);
      }
      return;
    }
    const dialog = event.target.closest<HTMLDialogElement>("dialog.dialog[open]");
    if (!dialog) return;
    if (event.target.closest("[data-dialog-close]") || event.target === dialog) {
      event.preventDefault();
      dialog.close();
    }
  });
}

function open(dialog: HTMLDialogElement): void {
  if (dialog.open || dialog.matches(":popover-open")) return;
  dialog.showModal();
  // The harmless button is the one that Enter presses.
  dialog.querySelector<HTMLElement>("[data-dialog-close]")?.focus();
}
