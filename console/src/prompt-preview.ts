// The very tag draws the prompt in a frame, from what stands in the form at this moment.

const BUTTONS = ["accept", "secondary_accept", "decline"] as const;
const TEXTS = ["succeeded", "pending", "refused", "needs_visitor"] as const;

interface PreviewWindow extends Window {
  standfastPreview?: { show: (preview: unknown) => void };
}

/** What the card shows of the form. */
const DRAWN = '[data-preview-field], [data-preview-price], [data-question] *';
const FORM = "steps[0].form";

/** A desktop page is this wide, in pixels, and drawn smaller to fit beside the form. */
const DESKTOP = 720;
const HEIGHT = 480;

let state = "offer";

/** Draws anew after every change, and after htmx has drawn the form anew. */
export function watchPreview(part: ParentNode): void {
  const panel = part.querySelector<HTMLElement>("[data-preview]");
  if (panel) begin(panel);
  else if (document.querySelector("[data-preview]")) draw();
}

function begin(panel: HTMLElement): void {
  state = "offer";
  frame()?.addEventListener("load", draw);
  document.addEventListener("input", (event) => {
    if (event.target instanceof Element && event.target.matches(DRAWN)) draw();
  });
  document.addEventListener("focusin", (event) => {
    const name = event.target instanceof HTMLElement ? event.target.dataset["previewField"] : undefined;
    if (!name) return;
    const wanted = (TEXTS as readonly string[]).includes(name) ? name : "offer";
    if (wanted !== state) choose(panel, "state", wanted);
  });
  panel.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    for (const kind of ["device", "scheme", "state"]) {
      const value = button?.getAttribute(`data-preview-${kind}`);
      if (value) choose(panel, kind, value);
    }
  });
  const isDark = getComputedStyle(document.documentElement).colorScheme === "dark";
  const prefersDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = document.documentElement.dataset["theme"];
  if (theme === "dark" || (theme !== "light" && (isDark || prefersDark))) choose(panel, "scheme", "dark");
  const stage = panel.querySelector("[data-preview-stage]");
  if (stage) new ResizeObserver(() => fit(panel)).observe(stage);
  draw();
}

function fit(panel: HTMLElement): void {
  const inside = frame();
  const stage = panel.querySelector<HTMLElement>("[data-preview-stage]");
  if (!inside || !stage) return;
  const room = stage.clientWidth;
  const isPhone = panel.dataset["device"] === "phone";
  const width = isPhone ? Math.min(room, 360) : Math.max(room, DESKTOP);
  const scale = Math.min(room / width, 1);
  inside.style.width = `${width}px`;
  inside.style.height = `${HEIGHT / scale}px`;
  inside.style.transform = `translateX(-50%) scale(${scale})`;
  stage.style.height = `${HEIGHT}px`;
}

function choose(panel: HTMLElement, kind: string, value: string): void {
  for (const button of panel.querySelectorAll(`[data-preview-${kind}]`)) {
    const isChosen = button.getAttribute(`data-preview-${kind}`) === value;
    button.setAttribute("aria-pressed", String(isChosen));
  }
  if (kind === "state") state = value;
  else panel.dataset[kind] = value;
  if (kind === "device") fit(panel);
  draw();
}

function draw(): void {
  const inside = frame();
  const view = inside?.contentWindow as PreviewWindow | null | undefined;
  const root = inside?.contentDocument?.documentElement;
  if (!view?.standfastPreview || !root) return;
  root.dataset["scheme"] = document.querySelector<HTMLElement>("[data-preview]")?.dataset["scheme"] ?? "light";
  const focused = document.activeElement;
  view.standfastPreview.show(asked());
  // The card takes the focus of its own page, which is right there and wrong here.
  if (focused instanceof HTMLElement && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

function asked(): unknown {
  const buttons: Record<string, { label: string; must_answer: boolean }> = {};
  for (const kind of BUTTONS) {
    const label = typed(kind);
    if (label || kind === "accept") buttons[kind] = { label, must_answer: kind !== "decline" };
  }
  const texts: Record<string, string | null> = { fallback_link: typed("fallback_link") || null };
  for (const name of TEXTS) texts[name] = typed(name);
  const form = [...rows(FORM)].map(question);
  const step = { key: "preview", title: typed("title"), message: typed("message"), buttons, form };
  const price = document.querySelector<HTMLInputElement>("[data-preview-price]:checked");
  return { step, texts, state, ...(price && { price: price.dataset["previewPrice"] }) };
}

function question(row: string): unknown {
  const choices = [...rows(`${row}.choices`)].map((one) => {
    const label = named(`${one}.label`);
    return { label, value: named(`${one}.value`) || label };
  });
  const isRequired = document.querySelector<HTMLInputElement>(`[name="${row}.required"]`)?.checked;
  return {
    key: named(`${row}.key`) || row,
    label: named(`${row}.label`),
    kind: named(`${row}.kind`),
    choices: choices.filter((one) => one.label),
    required: Boolean(isRequired),
  };
}

/** The stems of all rows that are there, as in "steps[0].form[1]". */
function* rows(stem: string): Generator<string> {
  for (let place = 0; field(`${stem}[${place}].label`); place++) yield `${stem}[${place}]`;
}

function named(name: string): string {
  return field(name)?.value ?? "";
}

function field(name: string): HTMLInputElement | HTMLSelectElement | null {
  return document.querySelector(`[name="${name}"]`);
}

function typed(name: string): string {
  const found = document.querySelector(`[data-preview-field="${name}"]`);
  const isField = found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement;
  return isField ? found.value : "";
}

function frame(): HTMLIFrameElement | null {
  return document.querySelector("[data-preview-frame]");
}
