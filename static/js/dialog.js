/** Dialogs: opened by a button, closed by Escape, the cross or the backdrop; some ask for a name. */

/** @param {MouseEvent} event */
function onClick(event) {
  const target = /** @type {Element} */ (event.target);
  const opener = target.closest("[data-dialog-open]");
  if (opener) {
    const dialog = document.getElementById(opener.getAttribute("data-dialog-open") ?? "");
    if (dialog instanceof HTMLDialogElement) {
      event.preventDefault();
      dialog.showModal();
    }
  } else if (target.closest("[data-dialog-close]") || target instanceof HTMLDialogElement) {
    target.closest("dialog")?.close(); // the dialog itself is only hit on its backdrop
  }
}

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const name = form.dataset.confirm;
  if (name === undefined) return;
  const input = /** @type {HTMLInputElement} */ (form.elements.namedItem("confirm"));
  const right = input.value.trim() === name.trim();
  const wrong = document.getElementById(input.getAttribute("aria-describedby") ?? "");
  if (wrong) wrong.hidden = right;
  input.setAttribute("aria-invalid", String(!right));
  if (!right) {
    event.preventDefault();
    input.focus();
  }
}

/** Answer every dialog of the page. */
export function startDialogs() {
  document.addEventListener("click", onClick);
  document.addEventListener("submit", onSubmit);
}
