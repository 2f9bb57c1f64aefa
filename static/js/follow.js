/** What follows a chart's period: [data-follows-chart="URL"] names where its pieces come from, each found by its id. */

import { enhance } from "./choices.js";
import { fetchFragment } from "./page.js";

/** @type {AbortController | null} */
let running = null;

document.addEventListener("florin-chart:range", async (event) => {
  const { range } = /** @type {CustomEvent} */ (event).detail;
  const source = document.querySelector("[data-follows-chart]")?.getAttribute("data-follows-chart");
  if (!source) return;
  const url = new URL(source, window.location.href);
  url.searchParams.set("range", range);
  // What else was asked for stays in the address; days of one's own, and a page of a list, went with the old period.
  const here = new URL(window.location.href);
  for (const gone of ["from", "to", "page"]) here.searchParams.delete(gone);
  here.searchParams.set("range", range);
  running?.abort();
  running = new AbortController();
  try {
    const template = document.createElement("template");
    template.innerHTML = await fetchFragment(url.href, "period", running.signal);
    for (const piece of [...template.content.children]) document.getElementById(piece.id)?.replaceWith(piece);
    enhance(document);
    window.history.replaceState(null, "", here);
  } catch (error) {
    if (/** @type {Error} */ (error).name !== "AbortError") window.location.assign(here);
  }
});
