/**
 * What stands beside a live price and moves with it, each by the instrument's UUID: `data-live-change` since
 * `data-base`, `data-live-distance` to `data-level`, the instant (`data-live-at`) and the quality
 * (`data-live-quality`). What is of a later day than the quote (`data-live-after`) waits for the next.
 */

import { show } from "./figures.js";
import { live } from "./live.js";

const PLACES = 8;
const words = /** @type {HTMLTemplateElement | null} */ (document.getElementById("quality-words"));
const language = document.documentElement.lang || "en";

/** @param {Intl.DateTimeFormatOptions} options */
function format(options) {
  const made = new Intl.DateTimeFormat(language, { ...options, timeZone: words?.dataset.zone || undefined });
  // as the templates write it in English
  return (/** @type {string} */ at) => made.format(new Date(at)).replace(/\u202f/g, " ").replace("AM", "a.m.").replace("PM", "p.m.");
}

const time = format({ timeStyle: "short" });
const whole = format({ dateStyle: "medium", timeStyle: "short" });

/** @typedef {import("./live.js").Quote} Quote */
/** @type {Record<string, (place: HTMLElement, quote: Quote) => void>} */
const DRAWN = {
  "data-live-change": (place, { price }) => {
    const base = Number(place.dataset.base);
    // a ratio of two prices, shown with two places: a binary number is exact enough
    if (base > 0) show(place, (Number(price) / base - 1).toFixed(PLACES));
  },
  "data-live-distance": (place, { price }) => {
    const level = Number(place.dataset.level);
    if (Number(price) > 0) show(place, (level / Number(price) - 1).toFixed(PLACES));
  },
  "data-live-at": (place, { as_of }) => {
    // a quote of another day than today's stays dated as the server wrote it
    if (place.hasAttribute("data-whole")) place.textContent = whole(as_of);
    else if (Date.now() - Date.parse(as_of) < 43_200_000) place.textContent = time(as_of);
  },
  "data-live-quality": (place, quote) => {
    const known = words?.content.querySelector(`[data-quality="${CSS.escape(quote.quality)}"]`);
    const [badge, hint] = [place.querySelector(".badge"), place.querySelector(".hint-text")];
    if (!known || !badge || !hint || !words) return;
    badge.className = `badge badge--${quote.quality}`;
    badge.textContent = known.textContent;
    hint.textContent = [
      (words.dataset.asOf ?? "").replace("{at}", whole(quote.as_of)),
      known.getAttribute("data-words") ?? "",
      (words.dataset.source ?? "").replace("{source}", quote.source),
    ].join(" ");
  },
};
const NAMES = Object.keys(DRAWN);

/** @type {Map<string, () => void>} by instrument */
const followed = new Map();

/** @param {Quote} quote */
function draw(quote) {
  for (const name of NAMES) {
    for (const place of document.querySelectorAll(`[${name}="${CSS.escape(quote.id)}"]`)) {
      const after = place.getAttribute("data-live-after");
      if (!after || quote.as_of.slice(0, after.length) >= after) DRAWN[name](/** @type {HTMLElement} */ (place), quote);
    }
  }
}

/** Follow what the page shows now, and nothing else. */
function follow() {
  const places = NAMES.flatMap((name) => [...document.querySelectorAll(`[${name}]`)].map((one) => one.getAttribute(name) ?? ""));
  const shown = new Set(places);
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
