/**
 * The instrument picker: [data-picker="URL"] holds a text field and a hidden one for the UUID. As one types, the
 * address answers options; without scripts the text itself (a symbol or an ISIN) is what counts.
 */

import { fetchFragment } from "./page.js";

const PAUSE = 140;
let count = 0;

class Picker {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.host = host;
    this.url = host.dataset.picker ?? "";
    this.input = /** @type {HTMLInputElement} */ (host.querySelector("input:not([type=hidden])"));
    this.key = /** @type {HTMLInputElement} */ (host.querySelector("input[type=hidden]"));
    this.list = document.createElement("div");
    this.list.className = "search-results picker-list";
    this.list.id = `picker-${(count += 1)}`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    host.append(this.list);
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-expanded": "false",
      "aria-autocomplete": "list",
      "aria-controls": this.list.id,
    })) this.input.setAttribute(name, value);
    this.timer = 0;
    this.chosen = -1;
    /** @type {AbortController | null} */
    this.running = null;
    this.input.addEventListener("input", () => this.onInput());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.close(), PAUSE));
    // Before the field loses the focus, so that the click is not lost with it.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = /** @type {Element} */ (event.target).closest("[role=option]");
      if (option instanceof HTMLElement) this.take(option);
    });
    // Somebody was quicker than this script.
    if (document.activeElement === this.input && !this.key.value) this.onInput();
  }

  onInput() {
    this.key.value = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.find(), PAUSE);
  }

  async find() {
    const text = this.input.value.trim();
    this.running?.abort();
    if (!text) {
      this.close();
      return;
    }
    this.running = new AbortController();
    try {
      this.list.innerHTML = await fetchFragment(`${this.url}?q=${encodeURIComponent(text)}`, "choices", this.running.signal);
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "AbortError") this.close(); // the typed symbol still counts
      return;
    }
    this.options().forEach((option, index) => {
      option.id = `${this.list.id}-${index}`;
    });
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.choose(-1);
  }

  close() {
    clearTimeout(this.timer);
    this.running?.abort();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** @returns {HTMLElement[]} */
  options() {
    return [...this.list.querySelectorAll("[role=option]")].map((one) => /** @type {HTMLElement} */ (one));
  }

  /** @param {number} index */
  choose(index) {
    this.chosen = index;
    this.options().forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === index));
      if (at !== index) return;
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    });
    if (index < 0) this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const options = this.options();
    if (this.list.hidden || !options.length) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.choose((Math.max(this.chosen, step > 0 ? -1 : 0) + step + options.length) % options.length);
    } else if (event.key === "Enter" && this.chosen >= 0) {
      event.preventDefault();
      this.take(options[this.chosen]);
    }
  }

  /** @param {HTMLElement} option */
  take(option) {
    this.close();
    if (option.dataset.own) {
      openOwn(option.dataset.own, this);
      return;
    }
    this.set(option.dataset);
  }

  /** @param {DOMStringMap} data */
  set({ uuid = "", symbol = "", currency = "" }) {
    this.input.value = symbol;
    this.key.value = uuid;
    const code = this.host.closest("form")?.elements.namedItem("currency");
    if (code instanceof HTMLInputElement) code.value = currency;
    this.input.focus();
    this.input.dispatchEvent(new CustomEvent("picker:chosen", { bubbles: true }));
  }
}

/**
 * Ask for an instrument of one's own in a dialog; once it is made it is chosen.
 * @param {string} url
 * @param {Picker} picker
 */
async function openOwn(url, picker) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const content = document.createElement("div");
  content.dataset.ownForm = "";
  dialog.append(content);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  content.addEventListener("htmx:afterSwap", () => {
    const made = content.querySelector("[data-made]");
    if (!(made instanceof HTMLElement)) return;
    dialog.close();
    picker.set(made.dataset);
  });
  try {
    content.innerHTML = await fetchFragment(url, "dialog");
  } catch {
    dialog.remove();
    window.location.assign(url);
    return;
  }
  // @ts-expect-error htmx is a script of its own
  window.htmx?.process(content);
  dialog.showModal();
}

/** @param {ParentNode} root */
function enhance(root) {
  for (const host of root.querySelectorAll("[data-picker]:not([data-ready])")) {
    host.setAttribute("data-ready", "");
    new Picker(/** @type {HTMLElement} */ (host));
  }
}

document.addEventListener("htmx:load", (event) => enhance(/** @type {CustomEvent} */ (event).detail.elt));
enhance(document);
