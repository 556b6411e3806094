// Buttons that put a text on the clipboard; they appear only where that can work.

const DONE_FOR_MS = 1600;

export function watchCopying(part: ParentNode): void {
  if (!navigator.clipboard) return;
  for (const button of part.querySelectorAll<HTMLButtonElement>("button[data-copy][hidden]")) {
    button.hidden = false;
    button.addEventListener("click", () => void copy(button));
  }
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const label = button.querySelector("[data-copy-label]");
  const before = label?.textContent ?? "";
  let told = "Copied";
  try {
    await navigator.clipboard.writeText(button.dataset["copy"] ?? "");
  } catch {
    told = "Select and copy it";
  }
  if (!label) return;
  label.textContent = told;
  setTimeout(() => (label.textContent = before), DONE_FOR_MS);
}
