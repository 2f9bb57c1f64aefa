/**
 * The list of alerts: it follows what happens to them, many are ticked at once, and questions open in a dialog.
 *
 * [data-alerts] holds the address of what is listed. It is asked anew when an alert was changed on this page or
 * told (`alerts-changed`), and when a price has crossed a level that the list shows ([data-crosses]).
 */

const SOON = 400;
const AFTER_A_CROSSING = 1_500;
let timer = 0;

function list() {
  return /** @type {HTMLElement | null} */ (document.querySelector("[data-alerts]"));
}

/** Whether somebody is in the middle of something that a new list would take away. */
function isBusy() {
  const host = list();
  return Boolean(document.querySelector("dialog[open]") || host?.querySelector("details[open], input[name=alert]:checked"));
}

/** @param {number} wait milliseconds */
function refresh(wait) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const host = list();
    if (!host) return;
    if (isBusy()) refresh(AFTER_A_CROSSING);
    // @ts-expect-error htmx is a script of its own
    else window.htmx.ajax("GET", host.dataset.alerts, { target: "#alerts", swap: "outerHTML" });
  }, wait);
}

/** @param {HTMLElement} bulk */
function count(bulk) {
  const boxes = /** @type {HTMLInputElement[]} */ ([...bulk.querySelectorAll("input[name=alert]")]);
  const ticked = boxes.filter((one) => one.checked).length;
  const all = /** @type {HTMLInputElement | null} */ (bulk.querySelector("[data-bulk-all]"));
  const words = /** @type {HTMLElement | null} */ (bulk.querySelector("[data-bulk-words]"));
  bulk.toggleAttribute("data-chosen", ticked > 0);
  if (all) {
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }
  if (words) {
    words.dataset.none ??= words.textContent ?? "";
    const said = ticked === 1 ? words.dataset.one : words.dataset.many;
    words.textContent = ticked ? (said ?? "").replace("{count}", String(ticked)) : words.dataset.none;
  }
}

document.addEventListener("change", (event) => {
  const box = /** @type {HTMLInputElement} */ (event.target);
  const bulk = /** @type {HTMLElement | null} */ (box.closest("[data-bulk]"));
  if (!bulk) return;
  if (box.matches("[data-bulk-all]")) {
    for (const one of bulk.querySelectorAll("input[name=alert]")) /** @type {HTMLInputElement} */ (one).checked = box.checked;
  }
  count(bulk);
});

// A question opens in the page's dialog; without it the link is a page of its own.
document.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest("a[data-asks]");
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  const dialog = document.getElementById("alert-dialog");
  if (!(link instanceof HTMLAnchorElement) || !plain || !(dialog instanceof HTMLDialogElement)) return;
  event.preventDefault();
  link.closest("details")?.removeAttribute("open");
  // @ts-expect-error htmx is a script of its own
  window.htmx.ajax("GET", link.href, { target: "#alert-dialog-content", swap: "innerHTML" }).then(() => {
    if (!dialog.open) dialog.showModal();
  });
});

// It comes from what was done here, with the server's answer, or with a notification: that closes nothing.
document.addEventListener("alerts-changed", (event) => {
  if (/** @type {CustomEvent} */ (event).detail) {
    const dialog = document.getElementById("alert-dialog");
    if (dialog instanceof HTMLDialogElement) dialog.close();
    for (const box of document.querySelectorAll("[data-bulk] input:checked")) /** @type {HTMLInputElement} */ (box).checked = false;
    for (const menu of document.querySelectorAll("[data-alerts] details[open]")) menu.removeAttribute("open");
  }
  refresh(0);
}, true);

/** @type {WeakMap<Element, boolean>} on which side of its level each price was last seen */
const sides = new WeakMap();

function watchCrossings() {
  const watcher = new MutationObserver((changes) => {
    for (const { target } of changes) {
      const place = /** @type {Element} */ (target instanceof Element ? target : target.parentElement)?.closest("[data-crosses]");
      if (!place) continue;
      const above = (place.textContent ?? "").startsWith("\u2212");
      if (sides.has(place) && sides.get(place) !== above) refresh(AFTER_A_CROSSING);
      sides.set(place, above);
    }
  });
  for (const place of document.querySelectorAll("[data-crosses]")) {
    sides.set(place, (place.textContent ?? "").startsWith("\u2212"));
    watcher.observe(place, { childList: true, subtree: true });
  }
}

document.addEventListener("htmx:load", watchCrossings);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh(SOON);
});
watchCrossings();
