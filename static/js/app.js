/** The entry of every page: starts what the page's markup asks for. */

import { csrfToken } from "./page.js";
import { startConnection } from "./connection.js";
import { startDialogs } from "./dialog.js";
import { startDrawers } from "./drawer.js";
import { enhanceForms, startForms } from "./forms.js";
import { startLivePrices } from "./live-prices.js";
import { startMenus } from "./menus.js";
import { startSearch } from "./search.js";
import { startBell } from "./notifications.js";
import { enhanceTables, startTables } from "./table.js";
import { startTheme } from "./theme.js";
import { enhanceToasts, showToast, startToasts } from "./toast.js";

/** @param {ParentNode} root a page, or what was swapped into it */
function enhance(root) {
  enhanceForms(root);
  enhanceTables(root);
  enhanceToasts(root);
}

function startHtmx() {
  document.addEventListener("htmx:configRequest", (event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    if (detail.verb !== "get") detail.headers["X-CSRFToken"] = csrfToken();
  });
  document.addEventListener("htmx:load", (event) => {
    const { elt } = /** @type {CustomEvent} */ (event).detail;
    if (elt !== document.body) enhance(elt);
  });
  // A form that comes back with errors answers 400 or 422: show it like any other answer.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    if ([400, 422].includes(detail.xhr.status) && detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/html")) {
      detail.shouldSwap = true;
      detail.isError = false;
    }
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => showToast({ level: "error", say: "failed" }));
  }
}

/** Bring the tab of the page into sight where the tabs are wider than the screen. */
function startTabs() {
  for (const current of document.querySelectorAll(".tabs > [aria-current]")) {
    const tabs = /** @type {Element} */ (current.parentElement);
    const [tab, row] = [current.getBoundingClientRect(), tabs.getBoundingClientRect()];
    tabs.scrollLeft += tab.left + tab.width / 2 - row.left - row.width / 2;
  }
}

function startOfflinePage() {
  const worker = document.body.dataset.serviceWorker;
  if (worker && "serviceWorker" in navigator && window.isSecureContext) {
    // A browser that refuses (private mode) only lacks the offline page.
    navigator.serviceWorker.register(worker).catch(() => undefined);
  }
  document.querySelector("[data-reload]")?.addEventListener("click", (event) => {
    event.preventDefault();
    window.location.reload();
  });
}

startTheme();
startMenus();
startSearch();
startToasts();
startForms();
startTables();
startDrawers();
startDialogs();
startHtmx();
startTabs();
startConnection();
startLivePrices();
startBell();
startOfflinePage();
enhance(document);
