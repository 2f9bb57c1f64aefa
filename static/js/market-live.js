/** Changes that move with their prices: `data-live-change` is the instrument's UUID, `data-base` what it is since. */

import { show } from "./figures.js";
import { live } from "./live.js";

const PLACES = 8;

/** @type {Map<string, () => void>} by instrument */
const followed = new Map();

/** @param {import("./live.js").Quote} quote */
function draw({ id, price }) {
  for (const place of document.querySelectorAll(`[data-live-change="${CSS.escape(id)}"]`)) {
    const element = /** @type {HTMLElement} */ (place);
    const base = Number(element.dataset.base);
    // a ratio of two prices, shown with two places: a binary number is exact enough
    if (base > 0) show(element, (Number(price) / base - 1).toFixed(PLACES));
  }
}

/** Follow what the page shows now, and nothing else. */
function follow() {
  const places = [...document.querySelectorAll("[data-live-change]")];
  const shown = new Set(places.map((one) => one.getAttribute("data-live-change") ?? ""));
  for (const [id, end] of followed) {
    if (shown.has(id)) continue;
    end();
    followed.delete(id);
  }
  for (const id of shown) {
    if (!followed.has(id)) followed.set(id, live.prices([id], draw));
  }
}

document.addEventListener("htmx:afterSettle", follow);
follow();
