/** Keeps elements with `data-live-price` up to date: the instrument's UUID; `data-live-field` if not the price. */

import { show } from "./figures.js";
import { live } from "./live.js";

/** How each member of a quote is drawn, where the element does not say so itself (`data-as`). */
const STYLES = { price: "price", change: "signed_money", change_ratio: "signed_percent", volume: "quantity" };

/** @type {Map<string, () => void>} by instrument */
const followed = new Map();

/** @type {Map<string, boolean>} whether what is shown of an instrument is invented */
const invented = new Map();

/** @param {import("./live.js").Quote} quote */
function draw(quote) {
  label(quote);
  for (const element of document.querySelectorAll(`[data-live-price="${CSS.escape(quote.id)}"]`)) {
    const place = /** @type {HTMLElement} */ (element);
    const after = place.dataset.liveAfter; // what is shown is of a later day than the quote
    if (after && quote.as_of.slice(0, after.length) < after) continue;
    const field = /** @type {keyof typeof STYLES} */ (place.dataset.liveField ?? "price");
    place.dataset.as ??= STYLES[field] ?? "price";
    show(place, /** @type {any} */ (quote)[field] ?? null);
  }
}

/** Let the line under the top bar say so where every price on the page is of a simulated market. */
function label(/** @type {import("./live.js").Quote} */ { id, quality }) {
  invented.set(id, quality === "simulated");
  const line = /** @type {HTMLElement | null} */ (document.querySelector("[data-connection]"));
  const market = [...invented.values()].every(Boolean) ? "simulated" : "";
  if (line && (line.dataset.market ?? "") !== market) line.dataset.market = market;
}

/** Follow what the page shows now, and nothing else. */
function follow() {
  const places = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-live-price]"));
  const shown = new Set([...places].map((one) => one.dataset.livePrice ?? "").filter(Boolean));
  for (const [id, end] of followed) {
    if (!shown.has(id)) {
      end();
      followed.delete(id);
      invented.delete(id);
    }
  }
  for (const id of shown) {
    if (!followed.has(id)) followed.set(id, live.prices([id], draw));
  }
}

export function startLivePrices() {
  document.addEventListener("htmx:afterSettle", follow);
  follow();
}
