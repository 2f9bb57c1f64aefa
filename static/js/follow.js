/** What follows a chart's period: [data-follows-chart="URL"] names where its pieces come from, each found by its id. */

import { fetchFragment } from "./page.js";

/** @type {AbortController | null} */
let running = null;

document.addEventListener("florin-chart:range", async (event) => {
  const { range } = /** @type {CustomEvent} */ (event).detail;
  const url = document.querySelector("[data-follows-chart]")?.getAttribute("data-follows-chart");
  if (!url) return;
  running?.abort();
  running = new AbortController();
  try {
    const template = document.createElement("template");
    template.innerHTML = await fetchFragment(`${url}?range=${encodeURIComponent(range)}`, "period", running.signal);
    for (const piece of [...template.content.children]) document.getElementById(piece.id)?.replaceWith(piece);
    window.history.replaceState(null, "", `?range=${encodeURIComponent(range)}`);
  } catch (error) {
    if (/** @type {Error} */ (error).name !== "AbortError") window.location.assign(`?range=${encodeURIComponent(range)}`);
  }
});
