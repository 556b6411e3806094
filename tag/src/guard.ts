/** Nothing of ours may ever throw into the page, and nothing is said unless asked. */

let isTalking = false;

export const talk = (): void => {
  isTalking = true;
};

export const log = (...what: unknown[]): void => {
  if (isTalking) console.debug("[standfast]", ...what);
};

/** The same function, silent when it fails, at once or later. */
export const safe =
  <A extends unknown[]>(work: (...values: A) => unknown) =>
  async (...values: A): Promise<void> => {
    try {
      await work(...values);
    } catch (error) {
      log(error);
    }
  };

export const sleep = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

/** Listens until the answer is called. */
export function listen(
  target: EventTarget,
  name: string,
  work: (event: Event) => unknown,
): () => void {
  const listener = safe(work);
  target.addEventListener(name, listener);
  return () => target.removeEventListener(name, listener);
}
