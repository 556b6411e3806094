/** Drawn as nodes, coloured by the style sheet. */

const SPACE = "http://www.w3.org/2000/svg";
const DRAWINGS = {
  cross: "M6 6l12 12M18 6L6 18",
  succeeded: "M5 12.5l4.5 4.5L19 7.5",
  pending: "", // a ring that turns
  refused: "M12 6v7m0 4v0",
  needs_visitor: "M3 10h18M3 6h18v12H3z",
};

export type Icon = keyof typeof DRAWINGS;

export function icon(name: Icon): SVGElement {
  const svg = document.createElementNS(SPACE, "svg");
  const path = document.createElementNS(SPACE, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", name);
  path.setAttribute("d", DRAWINGS[name]);
  svg.append(path);
  return svg;
}
