/** A text that is shown once: a button copies it, and a reload of its page does not send the form again. */

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const source = document.getElementById(button.dataset.copy ?? "");
  const label = button.querySelector("span");
  if (!(source instanceof HTMLInputElement) || !label) return;
  source.select();
  try {
    await navigator.clipboard.writeText(source.value);
  } catch {
    return; // the browser forbids it; the text is selected, for the keyboard to copy
  }
  label.textContent = button.dataset.copied ?? "";
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  // browsers offer the clipboard on https and on this machine only
  /** @type {HTMLButtonElement} */ (button).hidden = !navigator.clipboard;
  button.addEventListener("click", () => copy(/** @type {HTMLButtonElement} */ (button)));
}
if (document.querySelector("[data-shown-once]")) {
  window.history.replaceState(null, "", document.querySelector("[data-shown-once]")?.getAttribute("data-shown-once"));
  document.querySelector("[data-shown-once] h2")?.focus();
}
