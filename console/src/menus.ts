// Menus are details elements. They close by Escape, by a click beside them, and when one leaves.

export function watchMenus(): void {
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!isWithin(menu, event.target)) menu.open = false;
  });
  document.addEventListener("focusin", (event) => {
    for (const menu of openMenus()) if (!isWithin(menu, event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" ? openMenus().at(-1) : undefined;
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}

function openMenus(): HTMLDetailsElement[] {
  return [...document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")];
}

function isWithin(menu: HTMLDetailsElement, target: EventTarget | null): boolean {
  return target instanceof Node && menu.contains(target);
}
