/** The drawer: explanations beside the page. A link with data-drawer is a page of its own without it. */

import { fetchFragment } from "./page.js";

/** @returns {HTMLDialogElement} the page's one drawer */
function drawer() {
  const known = document.getElementById("drawer");
  if (known instanceof HTMLDialogElement) return known;
  throw new Error("the page has no drawer");
}

/**
 * @param {string} url
 */
async function open(url) {
  const dialog = drawer();
  const content = /** @type {HTMLElement} */ (dialog.querySelector("[data-drawer-content]"));
  const waiting = /** @type {HTMLTemplateElement} */ (dialog.querySelector("template"));
  content.replaceChildren(waiting.content.cloneNode(true));
  if (!dialog.open) dialog.showModal();
  try {
    content.innerHTML = await fetchFragment(url, "drawer");
  } catch {
    window.location.assign(url); // the page itself says what is wrong
    return;
  }
  const heading = content.querySelector("h2");
  if (heading) {
    heading.id = "drawer-title";
    heading.tabIndex = -1;
    heading.focus();
  }
}

/** Answer the links of the page, those swapped in later too. */
export function startDrawers() {
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("a[data-drawer]");
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    if (!(link instanceof HTMLAnchorElement) || !plain || !document.getElementById("drawer")) return;
    event.preventDefault();
    open(link.href);
  });
}
