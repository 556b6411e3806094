// A select becomes a field one can search, as the ARIA practices describe a combobox with a list.

const MOST_SHOWN = 100;
let count = 0;

export function enrichComboboxes(part: ParentNode): void {
  for (const wrap of part.querySelectorAll<HTMLElement>("[data-combobox]")) {
    const select = wrap.querySelector("select");
    if (select && !wrap.classList.contains("combobox")) new Combobox(wrap, select);
  }
}

class Combobox {
  private readonly input = document.createElement("input");
  private readonly list = document.createElement("div");
  private shown: HTMLOptionElement[] = [];
  private active = -1;

  constructor(
    private readonly wrap: HTMLElement,
    private readonly select: HTMLSelectElement,
  ) {
    const hadFocus = document.activeElement === select;
    this.furnish();
    this.tell();
    if (hadFocus) this.input.focus(); // htmx gave it to the select, by the id they share
    this.input.addEventListener("input", () => this.open(this.input.value));
    this.input.addEventListener("click", () => this.open(""));
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => this.pick(event));
  }

  private furnish(): void {
    const { input, list, select, wrap } = this;
    const id = select.id;
    list.id = `list-${++count}`;
    list.className = "combobox-list";
    list.setAttribute("role", "listbox");
    list.hidden = true;
    input.className = "combobox-input";
    input.type = "text";
    input.autocomplete = "off";
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    for (const name of ["aria-describedby", "aria-invalid"]) {
      const value = select.getAttribute(name);
      if (value) input.setAttribute(name, value);
    }
    const label = document.querySelector(`label[for="${CSS.escape(id)}"]`);
    if (label) list.setAttribute("aria-label", label.textContent?.trim() ?? "");
    // The label, and a finding's link, now lead to the field one can see.
    select.id = `${id}-select`;
    input.id = id;
    input.disabled = select.matches(":disabled");
    wrap.classList.add("combobox");
    wrap.prepend(input);
    wrap.append(list);
  }

  private tell(): void {
    const chosen = this.select.selectedOptions[0];
    this.input.value = chosen?.value ? chosen.text : "";
    this.input.placeholder = chosen?.value ? "" : (this.select.options[0]?.text ?? "");
  }

  private open(text: string): void {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (one: HTMLOptionElement) => {
      const has = one.text.toLowerCase();
      return words.every((word) => has.includes(word));
    };
    this.shown = [...this.select.options].filter(fits).slice(0, MOST_SHOWN);
    this.list.replaceChildren(...this.shown.map((one, place) => this.drawn(one, place)));
    if (!this.shown.length) {
      const none = document.createElement("p");
      none.className = "combobox-none";
      none.textContent = "Nothing fits.";
      this.list.append(none);
    }
    const wasHidden = this.list.hidden;
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    if (wasHidden) this.list.scrollIntoView({ block: "nearest" });
    const chosen = this.shown.findIndex((one) => one.selected);
    this.point(words.length ? 0 : Math.max(chosen, 0));
  }

  private drawn(option: HTMLOptionElement, place: number): HTMLElement {
    const row = document.createElement("div");
    row.className = "combobox-option";
    row.id = `${this.list.id}-${place}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(option.selected));
    row.dataset["place"] = String(place);
    row.append(option.dataset["label"] ?? option.text);
    const note = option.dataset["note"];
    if (note) {
      const small = document.createElement("small");
      small.textContent = note;
      row.append(small);
    }
    return row;
  }

  private point(place: number): void {
    const rows = this.list.querySelectorAll(".combobox-option");
    rows[this.active]?.removeAttribute("data-active");
    this.active = rows.length ? Math.min(Math.max(place, 0), rows.length - 1) : -1;
    const row = rows[this.active];
    if (!row) return this.input.removeAttribute("aria-activedescendant");
    for (const one of rows) one.removeAttribute("data-active");
    row.setAttribute("data-active", "");
    row.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", row.id);
  }

  private key(event: KeyboardEvent): void {
    const isOpen = !this.list.hidden;
    const moves: Record<string, number> = {
      ArrowDown: this.active + 1,
      ArrowUp: this.active - 1,
      PageDown: this.active + 8,
      PageUp: this.active - 8,
    };
    const place = moves[event.key];
    if (place !== undefined) {
      event.preventDefault();
      if (isOpen) this.point(place);
      else this.open("");
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      this.choose(this.shown[this.active]);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  private pick(event: MouseEvent): void {
    event.preventDefault(); // the field keeps the focus
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-place]") : null;
    if (row) this.choose(this.shown[Number(row.dataset["place"])]);
  }

  private choose(option: HTMLOptionElement | undefined): void {
    if (!option) return;
    const isNew = !option.selected;
    this.select.value = option.value;
    this.close();
    if (isNew) this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private close(): void {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.tell();
  }
}
