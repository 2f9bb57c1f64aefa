/**
 * The editor of an alert. What is typed survives a reload: form[data-keeps] is kept as it would be sent, and what was
 * kept is drawn by the server, whose fields hang on what is chosen.
 */

import { memory } from "./page.js";

const NOT_KEPT = new Set(["csrfmiddlewaretoken", "act", "redraw"]);

/** @returns {HTMLFormElement | null} */
function form() {
  return document.querySelector("form[data-keeps]");
}

/** @param {HTMLFormElement} found */
function key(found) {
  return `draft.${found.dataset.keeps}`;
}

/** @param {HTMLFormElement} found */
function typed(found) {
  const all = [...new FormData(found).entries()].map(([name, value]) => [name, String(value)]);
  return all.filter(([name]) => !NOT_KEPT.has(name));
}

/** Whether anything was typed or chosen on this page. */
let touched = false;

/** @param {Event} event */
function keep(event) {
  const found = form();
  touched ||= event.type !== "htmx:afterSettle" && Boolean(found?.contains(/** @type {Node} */ (event.target)));
  if (found && touched) memory.write(key(found), typed(found), window.sessionStorage);
}

function forget() {
  const found = form();
  if (found) memory.write(key(found), null, window.sessionStorage);
}

/** Say that what was typed is back, and offer to begin anew. */
function note() {
  const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("draft-template"));
  const said = template?.content.firstElementChild?.cloneNode(true);
  if (!(said instanceof HTMLElement)) return;
  said.querySelector("button")?.addEventListener("click", () => {
    forget();
    window.location.reload();
  });
  form()?.prepend(said);
}

async function restore() {
  const found = form();
  if (!found || found.querySelector("[data-error-summary]")) return;
  const draft = memory.read(key(found), window.sessionStorage);
  if (!draft || JSON.stringify(draft) === JSON.stringify(typed(found))) return;
  // an address that names what the alert is about was followed just now, and is newer
  if (window.location.search) return;
  const body = new FormData();
  for (const [name, value] of draft) body.append(name, value);
  body.append("redraw", "1");
  const headers = { "HX-Request": "true", "X-CSRFToken": String(new FormData(found).get("csrfmiddlewaretoken") ?? "") };
  const response = await fetch(found.action, { method: "POST", body, headers, credentials: "same-origin" });
  if (!response.ok) return;
  // @ts-expect-error htmx is a script of its own
  window.htmx.swap("#alert-form", await response.text(), { swapStyle: "outerHTML" });
  touched = true;
  note();
}

document.addEventListener("input", keep);
document.addEventListener("picker:chosen", keep);
document.addEventListener("htmx:afterSettle", keep);
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented && event.target === form()) forget();
});
restore();
