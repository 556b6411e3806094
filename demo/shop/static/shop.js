"use strict";
/* What the shop does with Standfast: says who is here, opens a prompt, shows what came of it. */

window.standfast =
  window.standfast ||
  function () {
    (window.standfast.q = window.standfast.q || []).push(arguments);
  };

const { console: consoleUrl, signedIn } = document.currentScript.dataset;
const WAIT_MS = 5000;
const LAST = "northwind.happened";
const WORDS = {
  succeeded: "Done",
  pending: "Under way",
  refused: "Refused",
  needs_visitor: "Waiting for a card",
  unreachable: "Not reached",
};

let isShown = false;

async function token() {
  const answer = await fetch("/standfast-token");
  if (!answer.ok) throw new Error("nobody is signed in");
  return answer.text();
}

if (signedIn !== undefined) standfast("identify", token);

standfast("on", "shown", () => {
  isShown = true;
});

standfast("on", "result", ({ state, runs }) => {
  const run = runs && runs[0];
  if (!WORDS[state] || !run) return;
  sessionStorage.setItem(LAST, JSON.stringify({ state, run: run.id }));
  tellLast();
  if (state === "succeeded") refreshPlan();
});

/* In the bar on top: what became of the last click, and where the console tells all of it. */
function tellLast() {
  const place = document.getElementById("happened");
  const last = JSON.parse(sessionStorage.getItem(LAST) || "null");
  if (!place || !last) return;
  const link = document.createElement("a");
  link.href = `${consoleUrl}/runs/${encodeURIComponent(last.run)}`;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = "See the run";
  place.replaceChildren(`Last click: ${WORDS[last.state]}. `, link);
  place.dataset.state = last.state;
}

/* The plan as billing knows it now, read by our back end. */
async function refreshPlan() {
  const area = document.querySelector("[data-plan]");
  if (!area) return;
  const answer = await fetch("/account/plan");
  if (!answer.ok) return;
  area.innerHTML = await answer.text();
  area.classList.add("changed");
}

/* A button that opens a prompt; where none comes, the page says what to do instead. */
function open(name) {
  const fallback = document.querySelector(`[data-fallback="${name}"]`);
  if (fallback) fallback.hidden = true;
  isShown = false;
  standfast("open", name);
  setTimeout(() => {
    if (fallback && !isShown) fallback.hidden = false;
  }, WAIT_MS);
}

document.addEventListener("click", ({ target }) => {
  const opener = target.closest("[data-open]");
  if (opener) open(opener.dataset.open);
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});

document.addEventListener("keydown", ({ key }) => {
  const menu = document.querySelector("[data-menu][open]");
  if (key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

/* A simulated billing site has no portal; our page plays it. */
document.addEventListener(
  "click",
  (event) => {
    const link = event.composedPath().find((one) => one.href);
    if (!link || !new URL(link.href).hostname.endsWith(".billingportal.com")) return;
    link.href = "/account/card";
  },
  true,
);

tellLast();
