/** Toasts: what just happened, said once, with undo where it can be undone. */

import { send } from "./page.js";

const STAY = 8_000;
const STAY_TO_UNDO = 20_000;

/**
 * @typedef {object} ToastOptions
 * @property {string} [text] what happened
 * @property {string} [say] instead of `text`: the name of a sentence in the page's toast region (data-say-…)
 * @property {"info" | "success" | "warning" | "error"} [level]
 * @property {string} [undo] an address; a POST to it takes back what happened
 * @property {string} [url] a page of ours with more of it
 * @property {"bell" | ""} [icon] one of the template's
 */

/** @param {Element} toast */
function leaveLater(toast) {
  if (toast.matches(".toast--error")) return; // an error stays until it is read
  const stay = toast.querySelector("[data-undo]:not([hidden])") ? STAY_TO_UNDO : STAY;
  let timer = setTimeout(() => toast.remove(), stay);
  const hold = () => clearTimeout(timer);
  const release = () => {
    timer = setTimeout(() => toast.remove(), stay);
  };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", release);
  toast.addEventListener("focusout", release);
}

/**
 * @param {HTMLButtonElement} button
 * @param {Element} toast
 */
async function undo(button, toast) {
  button.setAttribute("aria-disabled", "true");
  try {
    const response = await send(button.dataset.undo ?? "");
    if (!response.ok) throw new Error(String(response.status));
    window.location.reload();
  } catch {
    toast.remove();
    showToast({ level: "error", say: "undo-failed" });
  }
}

/**
 * @param {ToastOptions} options
 * @returns {Element | null} the toast
 */
export function showToast({ text = "", say = "", level = "info", undo: undoUrl = "", url = "", icon = "" }) {
  const region = document.getElementById("toasts");
  const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("toast-template"));
  if (!region || !template) return null;
  const toast = /** @type {Element} */ (template.content.firstElementChild?.cloneNode(true));
  toast.classList.add(`toast--${level}`);
  const words = text || region.getAttribute(`data-say-${say}`) || "";
  const line = /** @type {Element} */ (toast.querySelector("p"));
  line.textContent = words;
  if (url) line.replaceChildren(Object.assign(document.createElement("a"), { href: url, textContent: words }));
  toast.querySelectorAll("[data-icon]").forEach((one) => one.getAttribute("data-icon") === icon || one.remove());
  const button = /** @type {HTMLButtonElement} */ (toast.querySelector("[data-undo]"));
  button.hidden = !undoUrl;
  button.dataset.undo = undoUrl;
  region.append(toast);
  leaveLater(toast);
  return toast;
}

/** @param {ParentNode} root */
export function enhanceToasts(root) {
  root.querySelectorAll("[data-toast]").forEach(leaveLater);
}

/** Answer the buttons, and toasts that the server asks for (HX-Trigger: toast). */
export function startToasts() {
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const toast = target.closest("[data-toast]");
    if (!toast) return;
    const button = target.closest("[data-undo]");
    if (button instanceof HTMLButtonElement) undo(button, toast);
    else if (target.closest("[data-dismiss]")) toast.remove();
  });
  document.body.addEventListener("toast", (event) => showToast(/** @type {CustomEvent} */ (event).detail));
}
