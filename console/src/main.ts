// What makes the console quick. Every page also works without it.
import { enrichComboboxes } from "./combobox";
import { watchCopying } from "./copying";
import { watchDialogs } from "./dialogs";
import { watchForms } from "./forms";
import { watchKeys } from "./keys";
import { watchMenus } from "./menus";
import { watchPreview } from "./prompt-preview";
import { tellTimes } from "./times";
import { watchToasts } from "./toasts";

document.documentElement.classList.add("scripted");
watchMenus();
watchDialogs();
watchForms();
watchKeys();
watchToasts();

/** What must be done anew for every part that arrives: by the page, then by htmx. */
function furnish(part: ParentNode): void {
  tellTimes(part);
  watchCopying(part);
  enrichComboboxes(part);
  watchPreview(part);
}

furnish(document);
document.addEventListener("htmx:load", (event) => {
  if (event.target instanceof Element) furnish(event.target);
});
