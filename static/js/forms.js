/** Forms: the error summary takes the focus, drafts survive a reload, nothing is sent twice. */

import { memory } from "./page.js";

/** Fields that are never kept: secrets, files, and what the server made for this one page. */
const NOT_KEPT = 'input[type="password"], input[type="file"], input[type="hidden"], [name="csrfmiddlewaretoken"], [data-no-draft]';

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/**
 * @param {HTMLFormElement} form
 * @returns {Control[]}
 */
function kept(form) {
  return [...form.elements].filter(
    (one) =>
      (one instanceof HTMLInputElement || one instanceof HTMLSelectElement || one instanceof HTMLTextAreaElement) &&
      one.name !== "" &&
      !one.matches(NOT_KEPT),
  ).map((one) => /** @type {Control} */ (one));
}

/** @param {Control} control */
function isChoice(control) {
  return control instanceof HTMLInputElement && ["checkbox", "radio"].includes(control.type);
}

/** @param {HTMLFormElement} form */
function saveDraft(form) {
  const fields = kept(form).map((one) =>
    isChoice(one) ? [one.name, one.value, /** @type {HTMLInputElement} */ (one).checked] : [one.name, one.value, null],
  );
  memory.write(`draft.${form.dataset.draft}`, { fields, sent: false }, window.sessionStorage);
}

/** @param {HTMLFormElement} form */
function dropDraft(form) {
  memory.write(`draft.${form.dataset.draft}`, null, window.sessionStorage);
}

/**
 * Put a draft back into its form.
 * @param {HTMLFormElement} form
 */
function restoreDraft(form) {
  const draft = memory.read(`draft.${form.dataset.draft}`, window.sessionStorage);
  if (!draft) return;
  if (draft.sent) {
    dropDraft(form); // it was sent, and no error page took that back
    return;
  }
  if (form.querySelector("[data-error-summary]")) return; // the server's answer is newer
  let changed = false;
  for (const one of kept(form)) {
    const match = draft.fields.find(
      (/** @type {[string, string, boolean | null]} */ [name, value, checked]) =>
        name === one.name && (checked === null || value === one.value),
    );
    if (!match) continue;
    if (isChoice(one)) {
      const input = /** @type {HTMLInputElement} */ (one);
      changed ||= input.checked !== match[2];
      input.checked = match[2];
    } else {
      changed ||= one.value !== match[1];
      one.value = match[1];
    }
  }
  if (changed) showDraftNote(form);
}

/** @param {HTMLFormElement} form */
function showDraftNote(form) {
  const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("draft-template"));
  const note = template?.content.firstElementChild?.cloneNode(true);
  if (!(note instanceof HTMLElement)) return;
  note.querySelector("button")?.addEventListener("click", () => {
    dropDraft(form);
    form.reset();
    note.remove();
  });
  form.prepend(note);
}

/** A failed request brings its draft back: the error page says so by its class. */
function keepAfterFailure() {
  if (!document.querySelector(".failure")) return;
  try {
    for (const key of Object.keys(window.sessionStorage).filter((one) => one.startsWith("florin.draft."))) {
      const name = key.replace("florin.", "");
      memory.write(name, { ...memory.read(name, window.sessionStorage), sent: false }, window.sessionStorage);
    }
  } catch {
    /* storage is off: there are no drafts */
  }
}

/** @param {ParentNode} root */
export function enhanceForms(root) {
  const forms = [...root.querySelectorAll("form[data-draft]")];
  if (root instanceof HTMLFormElement && root.dataset.draft) forms.push(root);
  for (const form of forms) restoreDraft(/** @type {HTMLFormElement} */ (form));
  /** @type {HTMLElement | null} */ (root.querySelector("[data-error-summary]"))?.focus();
}

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (event.defaultPrevented) return;
  if (form.dataset.draft) {
    const key = `draft.${form.dataset.draft}`;
    const draft = memory.read(key, window.sessionStorage);
    if (draft) memory.write(key, { ...draft, sent: true }, window.sessionStorage);
  }
  if (!form.matches("[data-form]") || form.matches("[hx-post], [hx-get], [data-download]")) return;
  if (form.dataset.sending) event.preventDefault();
  form.dataset.sending = "yes";
}

/** Answer every form of the page, those swapped in later too. */
export function startForms() {
  keepAfterFailure();
  document.addEventListener("input", (event) => {
    const form = /** @type {Element} */ (event.target).closest("form[data-draft]");
    if (form instanceof HTMLFormElement) saveDraft(form);
  });
  document.addEventListener("submit", onSubmit);
  // Back from the next page, a form may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sending]")) form.removeAttribute("data-sending");
  });
}
