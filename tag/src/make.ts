/** Elements by name; its class is its part too, and the last word of it its id, for pages that style. */

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name?: string,
  text?: string,
): HTMLElementTagNameMap[K];
export function make(tag: string, name?: string, text?: string): HTMLElement;
export function make(tag: string, name = "", text = ""): HTMLElement {
  const element = document.createElement(tag);
  if (name) {
    element.className = name;
    element.setAttribute("part", name);
    element.id = name.replace(/.* /, "");
  }
  element.textContent = text;
  return element;
}

export type Make = typeof make;
