/** What follows a chart's period: [data-follows-chart="URL"] names where its pieces come from, each found by its id. */

import { enhance } from "./choices.js";
import { fetchFragment } from "./page.js";

const [SOONEST, PERIOD] = [10_000, "[data-follows-chart]"];
/** @type {AbortController | null} */
let running = null;
let drawn = Date.now();

/**
 * Put new pieces in the place of those on the page.
 * @param {URL} url
 */
async function replacePieces(url) {
  running?.abort();
  running = new AbortController();
  const template = document.createElement("template");
  template.innerHTML = await fetchFragment(url.href, "period", running.signal);
  for (const piece of [...template.content.children]) document.getElementById(piece.id)?.replaceWith(piece);
  enhance(document);
  drawn = Date.now();
}

document.addEventListener("florin-chart:range", async (event) => {
  const { range } = /** @type {CustomEvent} */ (event).detail;
  const source = document.querySelector(PERIOD)?.getAttribute("data-follows-chart");
  if (!source) return;
  const url = new URL(source, window.location.href);
  url.searchParams.set("range", range);
  // What else was asked for stays in the address; days of one's own, and a page of a list, went with the old period.
  const here = new URL(window.location.href);
  for (const gone of ["from", "to", "page"]) here.searchParams.delete(gone);
  here.searchParams.set("range", range);
  try {
    await replacePieces(url);
    window.history.replaceState(null, "", here);
  } catch (error) {
    if (/** @type {Error} */ (error).name !== "AbortError") window.location.assign(here);
  }
});

// Prices moved: what they did to the period is asked for at most every ten seconds, while somebody looks.
document.addEventListener("florin-live:moved", async () => {
  const piece = document.querySelector(PERIOD);
  const source = piece?.getAttribute("data-follows-chart");
  const busy = document.hidden || piece?.contains(document.activeElement) || Date.now() - drawn < SOONEST;
  if (!source || busy) return;
  drawn = Date.now();
  const url = new URL(source, window.location.href);
  const range = new URL(window.location.href).searchParams.get("range");
  if (range) url.searchParams.set("range", range);
  await replacePieces(url).catch(() => undefined); // the figures on the page stay
});
