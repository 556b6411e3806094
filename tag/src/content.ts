/**
 * A prompt's message as nodes: an allow-list of plain elements, of the rest their text.
 *
 * Read by hand: a parser of the browser's would report every style and handler to a strict page.
 */

const PIECE = /<!--[^]*?-->|<(\/?)(\w+)((?:"[^"]*"|'[^']*'|[^>"'])*)>|[^<]+|</g;
const ALLOWED = /^(p|br|b|strong|i|em|a)$/;
const DROPPED_WITH_TEXT = /^(script|style|title|textarea|iframe)$/;
const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"' };

export function read(message: string): DocumentFragment {
  const root = document.createDocumentFragment();
  let into: Node = root;
  let dropped = "";
  for (const [piece, end, tag, attributes] of message.matchAll(PIECE)) {
    const name = (tag || "").toLowerCase();
    if (dropped || DROPPED_WITH_TEXT.test(name)) {
      if (!dropped) dropped = end ? "" : name;
      else if (end && name === dropped) dropped = "";
    } else if (ALLOWED.test(name)) {
      if (!end) {
        const element = document.createElement(name);
        const [, address] = /href\s*=\s*["']?([^"'\s>]*)/i.exec(attributes!) || [];
        if (name === "a") lead(element as HTMLAnchorElement, address && decoded(address));
        into.appendChild(element);
        if (name !== "br") into = element;
      } else if (into.nodeName.toLowerCase() === name) into = into.parentNode!;
    } else if (!name && piece.slice(0, 2) !== "<!") {
      into.appendChild(document.createTextNode(decoded(piece)));
    }
  }
  return root;
}

const decoded = (text: string): string =>
  text.replace(/&(?:#(\d+)|(\w+));/g, (all, code, name) =>
    code ? String.fromCharCode(code) : NAMED[name] || all,
  );

/**
 * Whether a visitor may be led there; then in a tab of its own, so that the prompt is there when
 * they come back.
 */
export function lead(link: HTMLAnchorElement, address: string | null | undefined): boolean {
  link.href = address || "";
  const isSafe = !!address && /^(https?|mailto):/.test(link.protocol);
  link.target = "_blank";
  link.rel = "noreferrer";
  if (!isSafe) link.removeAttribute("href");
  return isSafe;
}
