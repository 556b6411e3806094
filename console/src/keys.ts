// "g" and then a letter goes to a page of the menu; "/" goes to the search field.

const TOGETHER_MS = 1200;

export function watchKeys(): void {
  let pressedAt = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "g") {
      pressedAt = event.timeStamp;
      return;
    }
    if (event.key === "/") {
      const search = document.querySelector<HTMLInputElement>("main input[type=search]");
      if (search) {
        event.preventDefault();
        search.focus();
      }
      return;
    }
    if (event.timeStamp - pressedAt > TOGETHER_MS || !/^[a-z]$/.test(event.key)) return;
    pressedAt = 0;
    const link = document.querySelector<HTMLAnchorElement>(`.sidebar [data-key="${event.key}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, dialog") !== null;
}
