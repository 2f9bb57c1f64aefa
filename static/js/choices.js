/**
 * Fields that hang on a choice: form[data-shows="name"] hides [data-shown-for="a b"] unless the choice is a or b, and
 * [data-shown-if="name=a"] unless that choice is a.
 */

/** @param {HTMLFormElement} form */
function show(form) {
  const choice = form.elements.namedItem(form.dataset.shows ?? "");
  const value = /** @type {HTMLSelectElement | null} */ (choice)?.value ?? "";
  for (const part of form.querySelectorAll("[data-shown-for]")) {
    const names = (part.getAttribute("data-shown-for") ?? "").split(" ");
    part.toggleAttribute("hidden", !names.includes(value));
  }
  for (const part of form.querySelectorAll("[data-shown-if]")) {
    const [name, wanted] = (part.getAttribute("data-shown-if") ?? "").split("=");
    const control = /** @type {HTMLSelectElement | null} */ (form.elements.namedItem(name));
    part.toggleAttribute("hidden", control?.value !== wanted);
  }
}

/** @param {ParentNode} root */
export function enhance(root) {
  const forms = [...root.querySelectorAll("form[data-shows]")];
  if (root instanceof HTMLFormElement && root.dataset.shows) forms.push(root);
  for (const form of forms) show(/** @type {HTMLFormElement} */ (form));
}

document.addEventListener("change", (event) => {
  const form = /** @type {Element} */ (event.target).closest("form[data-shows]");
  if (form instanceof HTMLFormElement) show(form);
});
document.addEventListener("htmx:load", (event) => enhance(/** @type {CustomEvent} */ (event).detail.elt));
// After the drafts, which may bring another choice back.
window.addEventListener("DOMContentLoaded", () => enhance(document));
enhance(document);
