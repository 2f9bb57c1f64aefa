/**
 * The bell: how much is unread, beside it and in the window's title; toasts as things happen; the newest when it
 * opens. docs/notifications/socket.md tells the protocol.
 *
 * Whatever lists notifications ([data-notifications] with the address of what is listed) is asked anew.
 */

import { live } from "./live.js";
import { fetchFragment, memory, send } from "./page.js";
import { showToast } from "./toast.js";

/** @typedef {{id: number, kind: string, title: string, path: string, read_at: string | null}} Item */

const MOST_TOASTS = 3;
const MOST_KNOWN = 100; // ids that a message names
const MOST_COUNTED = 100; // the server counts no further
const SOON = 150;

class Bell {
  /** @param {HTMLDetailsElement} root */
  constructor(root) {
    this.root = root;
    this.summary = /** @type {HTMLElement} */ (root.querySelector("summary"));
    this.badge = /** @type {HTMLElement} */ (root.querySelector("[data-bell-count]"));
    this.rows = /** @type {HTMLElement} */ (root.querySelector("[data-bell-rows]"));
    this.all = /** @type {HTMLElement} */ (root.querySelector("[data-bell-all]"));
    this.title = document.title;
    this.unread = Number(root.dataset.unread);
    // what this tab was told before it came to this page; another person may have used it since
    const key = `told.${root.dataset.person}`;
    this.key = key;
    const kept = memory.read(key, window.sessionStorage);
    /** @type {number} */
    this.last = kept?.last ?? Number(root.dataset.last);
    /** @type {number[]} */
    this.known = kept?.known ?? (this.last ? [this.last] : []);
    this.timer = 0;
    this.listing = 0;
    this.count(this.unread);
    this.remember();
    root.addEventListener("toggle", () => root.open && this.fill());
    this.all.addEventListener("click", () => this.readAll());
    document.addEventListener("click", (event) => this.opened(/** @type {Element} */ (event.target)));
    document.body.addEventListener("notifications-read", (event) => {
      this.count(/** @type {CustomEvent} */ (event).detail.unread);
      this.refresh();
    });
    live.socket(root.dataset.bell ?? "", {
      quiet: true,
      opened: (socket) => socket.send({ type: "resume", after: this.last, known: this.known }),
      message: (message) => this.take(message),
    });
  }

  /** @param {any} message */
  take(message) {
    if (message.type !== "notifications") return;
    const changed = message.unread !== this.unread || message.items.length > 0;
    this.count(message.unread);
    /** @type {Item[]} */
    const fresh = message.items.filter((/** @type {Item} */ one) => !this.known.includes(one.id));
    this.last = Math.max(this.last, ...fresh.map((one) => one.id));
    this.known = [...fresh.map((one) => one.id), ...this.known].slice(0, MOST_KNOWN);
    this.remember();
    this.toast(fresh.filter((one) => !one.read_at), message.more);
    if (changed) this.refresh();
    if (fresh.some((one) => one.kind === "alert")) document.body.dispatchEvent(new CustomEvent("alerts-changed"));
  }

  /**
   * Say what is new, where somebody looks: each by itself, or how many there are.
   * @param {Item[]} items newest first
   * @param {boolean} more whether there are others
   */
  toast(items, more) {
    if (document.hidden || !items.length) return;
    if (items.length <= MOST_TOASTS && !more) {
      for (const one of [...items].reverse()) {
        const toast = showToast({ text: one.title, url: one.path, icon: "bell" });
        toast?.querySelector("p a")?.setAttribute("data-reads", String(one.id));
      }
    } else {
      const words = (this.root.dataset.several ?? "").replace("{count}", `${items.length}${more ? "+" : ""}`);
      showToast({ text: words, url: this.root.dataset.list, icon: "bell" });
    }
  }

  /** @param {number} unread */
  count(unread) {
    this.unread = unread;
    const words = unread >= MOST_COUNTED ? `${MOST_COUNTED - 1}+` : String(unread);
    this.badge.hidden = this.all.hidden = !unread;
    this.badge.textContent = words;
    const { none = "", some = "" } = this.root.dataset;
    this.summary.setAttribute("aria-label", unread ? some.replace("{count}", words) : none);
    document.title = unread ? `(${words}) ${this.title}` : this.title;
  }

  remember() {
    memory.write(this.key, { last: this.last, known: this.known }, window.sessionStorage);
  }

  async fill() {
    this.rows.setAttribute("aria-busy", "true");
    try {
      this.rows.innerHTML = await fetchFragment(this.root.dataset.latest ?? "", "latest");
    } catch {
      this.rows.replaceChildren(Object.assign(document.createElement("p"), { className: "bell-empty", textContent: this.root.dataset.failed }));
    }
    this.rows.setAttribute("aria-busy", "false");
  }

  /** Show anew what lists notifications, once things have settled. */
  refresh() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (this.root.open && !this.rows.contains(document.activeElement)) this.fill();
      const list = /** @type {HTMLElement | null} */ (document.querySelector("[data-notifications]"));
      // @ts-expect-error htmx is a script of its own
      if (list) window.htmx.ajax("GET", list.dataset.notifications, { target: "#notifications", swap: "outerHTML" });
      document.querySelectorAll("[data-up-to]").forEach((one) => {
        one.setAttribute("value", String(this.last));
        one.toggleAttribute("hidden", !this.unread);
      });
    }, SOON);
  }

  /** @param {Record<string, string>} what @param {boolean} [leaving] the page is about to go */
  async read(what, leaving = false) {
    const body = new URLSearchParams(what);
    return send(this.root.dataset.read ?? "", { body, headers: { "HX-Request": "true" }, keepalive: leaving });
  }

  async readAll() {
    const response = await this.read({ up_to: String(this.last) }).catch(() => null);
    if (!response?.ok) {
      showToast({ level: "error", say: "failed" });
      return;
    }
    this.summary.focus();
    this.count(JSON.parse(response.headers.get("HX-Trigger") ?? "{}")["notifications-read"]?.unread ?? 0);
    this.refresh();
  }

  /** Who opens the page of something has read it. @param {Element} target */
  opened(target) {
    const link = /** @type {HTMLElement | null} */ (target.closest("a[data-reads]"));
    if (link?.closest(".is-unread, [data-toast]")) this.read({ id: link.dataset.reads ?? "" }, true).catch(() => undefined);
  }
}

export function startBell() {
  const root = document.querySelector("[data-bell]");
  if (root instanceof HTMLDetailsElement) new Bell(root);
}
