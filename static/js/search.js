/** The search box: `/` opens it, results appear as one types, arrows choose. */

import { fetchFragment } from "./page.js";

const PAUSE = 140;

class Search {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.input = /** @type {HTMLInputElement} */ (form.querySelector("input"));
    this.list = /** @type {HTMLElement} */ (document.getElementById("search-results"));
    /** @type {AbortController | null} */
    this.running = null;
    this.timer = 0;
    this.input.addEventListener("input", () => this.wait());
    this.input.addEventListener("focus", () => this.input.value.trim() && this.wait());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("click", (event) => {
      if (!(/** @type {Element} */ (event.target).closest(".search"))) this.close();
    });
    form.addEventListener("focusout", (event) => {
      const next = /** @type {Element | null} */ (event.relatedTarget);
      if (next && !next.closest(".search")) this.close();
    });
    if (document.activeElement === this.input) this.wait(); // somebody was quicker than this script
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.find(), PAUSE);
  }

  async find() {
    const query = this.input.value.trim();
    this.running?.abort();
    if (!query) {
      this.close();
      return;
    }
    this.running = new AbortController();
    try {
      const url = `${this.form.action}?q=${encodeURIComponent(query)}`;
      this.show(await fetchFragment(url, "search", this.running.signal));
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "AbortError") this.close(); // Enter still opens the page
    }
  }

  /** @param {string} html */
  show(html) {
    this.list.innerHTML = html;
    this.options().forEach((option, index) => {
      option.id = `search-hit-${index}`;
      option.setAttribute("tabindex", "-1");
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

  /** @returns {HTMLAnchorElement[]} */
  options() {
    return [...this.list.querySelectorAll('a[role="option"]')].map((one) => /** @type {HTMLAnchorElement} */ (one));
  }

  /** @param {number} index */
  choose(index) {
    this.chosen = index;
    this.options().forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === index));
      if (at === index) {
        this.input.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      }
    });
    if (index < 0) this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const options = this.options();
    if (event.key === "Escape") {
      if (this.list.hidden) this.input.blur();
      else this.close();
    } else if (!this.list.hidden && options.length && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const from = this.chosen ?? -1;
      this.choose(from < 0 && step < 0 ? options.length - 1 : (from + step + options.length) % options.length);
    } else if (event.key === "Enter" && !this.list.hidden && (this.chosen ?? -1) >= 0) {
      event.preventDefault();
      options[this.chosen ?? 0].click();
    }
  }
}

/** @param {Element | null} element */
function takesText(element) {
  return element instanceof HTMLElement && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
}

/** Start the box, where the page has one. */
export function startSearch() {
  const form = document.querySelector("form[data-search]");
  if (!(form instanceof HTMLFormElement)) return;
  const search = new Search(form);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || takesText(document.activeElement)) return;
    event.preventDefault();
    search.input.focus();
    search.input.select();
  });
}
