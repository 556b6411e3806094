// A sentence at the lower edge goes away by itself, unless it tells of a problem.

const STAYS_MS = 6000;

export function watchToasts(): void {
  for (const toast of document.querySelectorAll<HTMLElement>("[data-toast]:not(.bad)")) {
    setTimeout(() => toast.remove(), STAYS_MS);
  }
}
