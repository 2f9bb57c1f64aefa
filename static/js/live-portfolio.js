/** Keeps the figures of a portfolio's page, or of the dashboard, as they are now: one stream a page. */

import { show } from "./figures.js";
import { live } from "./live.js";

const WAIT_FOR_ALLOCATION = 3000;
const root = /** @type {HTMLElement | null} */ (document.querySelector("[data-follow]"));
const allocation = () => /** @type {HTMLElement | null} */ (document.querySelector("[data-allocation-by]"));

/** @returns {Record<string, unknown>} what this page asks for */
function wanted() {
  const by = allocation()?.dataset.allocationBy ?? "instrument";
  const asked = { type: "subscribe", by };
  return root?.dataset.follow === "portfolio" ? { ...asked, portfolios: [root.dataset.followId] } : { ...asked, everything: true };
}

/**
 * Walk from a frame to the value that a path names, as in ``positions/<id>/value``.
 * @param {any} now
 * @param {string} path
 */
const at = (now, path) => path.split("/").reduce((part, name) => part?.[name], now);

/** @param {any} now what the stream says of everything that the page shows */
function shown(now) {
  if (now.gone) return;
  const { allocation: spreadNow, ...figures } = now;
  showIn(document, figures);
  for (const element of /** @type {NodeListOf<HTMLTimeElement>} */ (document.querySelectorAll("[data-live-time]"))) {
    const value = at(now, element.dataset.liveTime ?? "");
    if (value) showTime(element, value);
  }
  spread(spreadNow);
  label(Object.values(now.positions));
}

/**
 * @param {ParentNode} part
 * @param {any} now
 */
function showIn(part, now) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (part.querySelectorAll("[data-live][data-as]"))) {
    const value = at(now, element.dataset.live ?? "");
    if (value !== undefined) show(element, value);
  }
}

/** Let the line under the top bar say so where every price is of a simulated market. */
function label(/** @type {{price_quality: string}[]} */ positions) {
  const line = /** @type {HTMLElement | null} */ (document.querySelector("[data-connection]"));
  const simulated = positions.length > 0 && positions.every((one) => one.price_quality === "simulated");
  if (line) line.dataset.market = simulated ? "simulated" : "";
}

/**
 * @param {HTMLTimeElement} element
 * @param {string} at an instant
 */
function showTime(element, at) {
  if (element.dateTime === at) return;
  const style = /** @type {const} */ ({ dateStyle: "medium", timeStyle: "medium" });
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { ...style, timeZone: element.dataset.zone });
  element.dateTime = at;
  element.textContent = format.format(new Date(at));
}

/**
 * Show how the value is spread: new figures where the order is the same, else the piece as the server draws it.
 * @param {{by: string, items: {label: string, value: string, share: string | null}[]}} told
 */
function spread(told) {
  const panel = allocation();
  const rows = [...(panel?.querySelectorAll(".allocation-list li") ?? [])];
  if (!panel || !told || told.by !== panel.dataset.allocationBy) return;
  const labels = rows.map((row) => row.querySelector(".allocation-label")?.textContent);
  if (labels.length !== told.items.length || told.items.some((one, index) => one.label !== labels[index])) {
    drawAnew(panel);
    return;
  }
  showIn(panel, { allocation: told });
  turn(panel, told.items);
}

/**
 * Let the arcs of the donut have the new shares (see the tag `donut`).
 * @param {Element} panel
 * @param {{share: string | null}[]} slices
 */
function turn(panel, slices) {
  const arcs = [...panel.querySelectorAll("svg circle[stroke-dasharray]")];
  const shares = slices.map((one) => Number(one.share)).filter((share) => share > 0);
  if (arcs.length !== shares.length) return;
  let done = 0;
  shares.forEach((share, index) => {
    const length = shares.length > 1 ? Math.max(share * 100 - 0.6, 0.2) : 100;
    arcs[index].setAttribute("stroke-dasharray", `${length.toFixed(3)} ${(100 - length).toFixed(3)}`);
    arcs[index].setAttribute("stroke-dashoffset", (-done * 100).toFixed(3));
    done += share;
  });
}

let asked = 0;

/** @param {HTMLElement} panel whose slices stand in another order now */
function drawAnew(panel) {
  const url = panel.querySelector("a[aria-current]")?.getAttribute("href");
  const busy = panel.contains(document.activeElement) || Date.now() - asked < WAIT_FOR_ALLOCATION;
  if (!url || busy) return;
  asked = Date.now();
  // @ts-expect-error htmx is a script of its own
  window.htmx.ajax("GET", url, { target: "#allocation", swap: "outerHTML" });
}

if (root) {
  const stream = live.socket("/ws/portfolios/", {
    opened: (socket) => socket.send(wanted()),
    message: (frame) => {
      frame.figures?.forEach(shown);
      if (frame.type === "delta") document.dispatchEvent(new CustomEvent("florin-live:moved", { detail: frame.figures }));
    },
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (/** @type {HTMLElement} */ (event.target).id === "allocation") stream.send(wanted());
  });
}
