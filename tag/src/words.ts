/** The tag's own words; a page replaces any of them with standfast("words", {...}). */
export const words = {
  close: "Close",
  done: "Done",
  retry: "Try again",
  proceed: "Continue",
  options: "See other options",
  request: "Your request",
  working: "One moment…",
  later: "This takes longer than usual. We will finish it, you can close this.",
  unreachable: "We could not reach our server. It is safe to try again: nothing is done twice.",
  failed: "This did not work. Please reload the page.",
};

export type Words = typeof words;
