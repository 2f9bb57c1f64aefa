/** The thin line under the top bar: whether what the page shows is live, and why not. */

import { live } from "./live.js";

/** @typedef {"" | "live" | "reconnecting" | "offline" | "simulated" | "closed"} Shown */

/** @param {HTMLElement} line @param {Shown} state @param {string} [time] */
function draw(line, state, time = "") {
  line.hidden = !state;
  if (line.dataset.state === state && !time) return;
  line.dataset.state = state;
  const words = line.querySelector("[data-words]") ?? line;
  words.textContent = state ? (line.dataset[state] ?? "").replace("{time}", time) : "";
}

/** @param {HTMLElement} line @returns {[Shown, string]} */
function market(line) {
  const until = line.dataset.closedUntil;
  if (until && Date.parse(until) > Date.now()) {
    const opens = new Date(until);
    const today = opens.toDateString() === new Date().toDateString();
    const format = { timeStyle: "short", ...(today ? {} : { dateStyle: "short" }) };
    return ["closed", new Intl.DateTimeFormat(document.documentElement.lang, /** @type {any} */ (format)).format(opens)];
  }
  return [line.dataset.market === "simulated" ? "simulated" : "live", ""];
}

export function startConnection() {
  const line = /** @type {HTMLElement | null} */ (document.querySelector("[data-connection]"));
  if (!line) return;
  /** @type {"" | import("./live.js").State} */
  let state = "";
  const update = () => {
    if (!navigator.onLine) return draw(line, "offline");
    if (!state) return draw(line, "");
    if (state !== "live") return draw(line, state);
    return draw(line, ...market(line));
  };
  /** @type {number | undefined} */
  let patience;
  live.on("state", (now) => {
    clearTimeout(patience);
    // the first connection, and one that is back within a second, are nothing to tell
    const wait = now === "reconnecting" ? (state ? 1500 : 4000) : 0;
    patience = window.setTimeout(() => {
      state = now;
      update();
    }, wait);
  });
  new MutationObserver(update).observe(line, { attributeFilter: ["data-market", "data-closed-until"] });
  window.addEventListener("online", update);
  window.addEventListener("offline", update);
  update();
}
