/** What the page's modules share: the CSRF token, requests, downloads, remembered choices. */

/** @returns {string} the token that a changing request must carry; empty when the page has none */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}

/**
 * Ask our own server for a piece of a page.
 * @param {string} url
 * @param {string} kind which piece, sent as X-Fragment
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>} its HTML
 */
export async function fetchFragment(url, kind, signal) {
  const response = await fetch(url, { headers: { "X-Fragment": kind }, credentials: "same-origin", signal });
  if (!response.ok || response.redirected) throw new Error(`${response.status} ${url}`);
  return response.text();
}

/**
 * Send a changing request to our own server.
 * @param {string} url
 * @param {{method?: string, json?: unknown, body?: URLSearchParams, headers?: Record<string, string>, keepalive?: boolean}} [options]
 *   `keepalive`: it goes on when the page is left
 * @returns {Promise<Response>}
 */
export function send(url, { method = "POST", json, body, headers = {}, keepalive = false } = {}) {
  const type = json === undefined ? {} : { "Content-Type": "application/json" };
  return fetch(url, {
    method,
    credentials: "same-origin",
    headers: { "X-CSRFToken": csrfToken(), ...type, ...headers },
    body: json === undefined ? body : JSON.stringify(json),
    keepalive,
  });
}

/**
 * Hand a file to the reader.
 * @param {string} name
 * @param {Blob} blob
 */
export function download(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * Write rows as CSV. A text that a spreadsheet would run as a formula gets an apostrophe.
 * @param {string[][]} rows
 * @returns {Blob}
 */
export function csv(rows) {
  const cell = (/** @type {string} */ text) => {
    const number = /^-?\d+(\.\d+)?$/.test(text);
    const safe = !number && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return new Blob([`\uFEFF${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`], {
    type: "text/csv;charset=utf-8",
  });
}

/**
 * A file name out of a title: letters, digits and dashes.
 * @param {string} title
 * @param {string} ending
 */
export function fileName(title, ending) {
  const stem = title.normalize("NFKD").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").toLowerCase();
  return `${stem || "florin"}.${ending}`;
}

/** Choices kept in this browser; a browser that refuses storage just forgets them. */
export const memory = {
  /**
   * @param {string} key
   * @param {Storage} [storage]
   * @returns {any}
   */
  read(key, storage = window.localStorage) {
    try {
      return JSON.parse(storage.getItem(`florin.${key}`) ?? "null");
    } catch {
      return null;
    }
  },
  /**
   * @param {string} key
   * @param {unknown} value null forgets
   * @param {Storage} [storage]
   */
  write(key, value, storage = window.localStorage) {
    try {
      if (value === null) storage.removeItem(`florin.${key}`);
      else storage.setItem(`florin.${key}`, JSON.stringify(value));
    } catch {
      /* storage is off or full: the choice lasts for this page */
    }
  },
};
