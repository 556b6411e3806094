/** A prompt's message as nodes: an allow-list of plain elements, of the rest their text. */

const ALLOWED = /^(p|br|b|strong|i|em|a|ul|ol|li)$/;
const DROPPED_WITH_TEXT = /^(script|style|noscript|iframe|textarea|title|svg|math)$/;

export function read(message: string): DocumentFragment {
  const into = document.createDocumentFragment();
  try {
    // The parsed document is inert: no script of it runs and nothing is loaded.
    copy(new DOMParser().parseFromString(message, "text/html").body, into);
  } catch {
    into.append(message.replace(/<[^>]*>/g, "")); // the page forbids parsing: trusted types
  }
  return into;
}

function copy(from: Node, into: Node): void {
  from.childNodes.forEach((node) => {
    const name = node.nodeName.toLowerCase();
    if (name === "#text") into.appendChild(document.createTextNode(node.nodeValue!));
    else if (ALLOWED.test(name)) {
      const element = document.createElement(name);
      if (name === "a") lead(element as HTMLAnchorElement, (node as Element).getAttribute("href"));
      copy(node, into.appendChild(element));
    } else if (!DROPPED_WITH_TEXT.test(name)) copy(node, into);
  });
}

/**
 * Whether a visitor may be led there; then in a tab of its own, so that the prompt is there when
 * they come back.
 */
export function lead(link: HTMLAnchorElement, address: string | null | undefined): boolean {
  link.href = address || "";
  const isSafe = !!address && /^(https?|mailto):/.test(link.protocol);
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  if (!isSafe) link.removeAttribute("href");
  return isSafe;
}
