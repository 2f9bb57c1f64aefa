/** Light, dark, or as the device: kept with the account, or in a cookie for a visitor. */

import { send } from "./page.js";

const YEAR = 365 * 24 * 60 * 60;

/** Show which choice holds. */
function mark() {
  const current = document.documentElement.dataset.theme ?? "system";
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.getAttribute("data-theme-choice") === current));
  }
}

/**
 * @param {string} choice system, light or dark
 * @param {string | undefined} account the address that keeps the choice of a signed-in reader
 */
function keep(choice, account) {
  if (account) {
    // The page has already changed; where saving fails the choice holds until the next load.
    send(account, { method: "PATCH", json: { appearance: choice } }).catch(() => undefined);
  } else {
    document.cookie = `theme=${choice}; path=/; max-age=${YEAR}; SameSite=Lax`;
  }
}

/** Answer the switches in the menus. */
export function startTheme() {
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-theme-choice]");
    if (!button) return;
    const choice = button.getAttribute("data-theme-choice") ?? "system";
    document.documentElement.dataset.theme = choice;
    mark();
    const group = /** @type {HTMLElement | null} */ (button.closest("[data-theme-switch]"));
    keep(choice, group?.dataset.themeSwitch || undefined);
  });
  mark();
}
