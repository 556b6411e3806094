/** Short-lived and tiny: makes the queue and brings in the main file, which lives for ever. */

/** The main file's hashed name, set by the build. */
declare const MAIN: string;

type Face = {
  (...call: unknown[]): void;
  q?: { push: (call: ArrayLike<unknown>) => unknown };
  app?: string;
  open?: (name: string) => void;
};

try {
  const me = document.currentScript as HTMLScriptElement;
  const page = window as unknown as { standfast: Face | undefined };
  const known = page.standfast;
  // An element with the id "standfast" stands there too.
  const face: Face =
    typeof known === "function"
      ? known
      : (page.standfast = function () {
          (face.q = face.q || ([] as ArrayLike<unknown>[])).push(arguments);
        } as Face);
  if (!face.app) {
    face.app = me.dataset["app"]!;
    face.open = (name) => face("open", name); // the others come with the main file
    const main = document.createElement("script");
    main.src = new URL(MAIN, me.src).href;
    document.head.append(main);
  }
} catch {
  // never into the page
}
