/**
 * Numbers as the server's templates show them (core/templatetags/figures.py), for figures that change
 * while the page is open. Values come as exact decimal texts and never become binary fractions.
 */

const MINUS = "\u2212";

/** The marks of the page's language, seen from how it writes one number. */
const marks = (() => {
  const parts = new Intl.NumberFormat(document.documentElement.lang || "en").formatToParts(1234567.5);
  const of = (/** @type {string} */ type) => parts.find((part) => part.type === type)?.value ?? "";
  return { group: of("group"), point: of("decimal") };
})();

/**
 * Round half away from zero.
 * @param {string} text a decimal
 * @param {number} places how many decimals stay
 * @returns {{negative: boolean, zero: boolean, whole: string, fraction: string}}
 */
function rounded(text, places) {
  const [whole, fraction = ""] = text.replace(/^[-+]/, "").split(".");
  const digits = whole + fraction.slice(0, places).padEnd(places, "0");
  const up = (fraction[places] ?? "0") >= "5" ? 1n : 0n;
  const all = (BigInt(digits) + up).toString().padStart(places + 1, "0");
  const cut = all.length - places;
  return {
    negative: text.startsWith("-"),
    zero: /^0*$/.test(all),
    whole: all.slice(0, cut),
    fraction: all.slice(cut),
  };
}

/**
 * Write a decimal with so many places, grouped, in the page's language.
 * @param {string} text
 * @param {number} places
 */
export function decimalText(text, places) {
  const { negative, zero, whole, fraction } = rounded(text, places);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, marks.group);
  return (negative && !zero ? MINUS : "") + grouped + (places ? marks.point + fraction : "");
}

/**
 * Count the decimals of a number rounded to `most` places that are left without trailing zeros.
 * @param {string} text
 * @param {number} most
 */
function needed(text, most) {
  return rounded(text, most).fraction.replace(/0+$/, "").length;
}

/**
 * Write a price: 2 to 4 decimals from 1 on, below it 4 digits that count (8 decimals at most).
 * @param {string} text
 */
export function priceText(text) {
  const [whole, fraction = ""] = text.replace(/^[-+]0*/, "").replace(/^0+(?=\d)/, "").split(".");
  const size = whole.replace(/^0+/, "").length;
  if (size > 3 || (size === 0 && /^0*$/.test(fraction))) return decimalText(text, 2);
  const leading = /^0*/.exec(fraction)?.[0].length ?? 0;
  const most = size ? 4 : Math.min(8, 4 + leading);
  return decimalText(text, Math.max(2, needed(text, most)));
}

/**
 * Write a ratio as a percentage: so many places, one from 100 % on.
 * @param {string} text
 * @param {number} places
 */
function percentText(text, places) {
  const [whole, fraction = ""] = text.split(".");
  const moved = `${whole}${fraction.padEnd(2, "0").slice(0, 2)}.${fraction.slice(2) || "0"}`;
  const shown = Math.abs(Number(text)) >= 1 ? Math.min(places, 1) : places;
  return [moved, shown];
}

/**
 * @typedef {object} Style how a figure is shown: the attributes that the template wrote beside it
 * @property {string} as money, signed_money, price, quantity, percent, signed_percent or flow_percent (a sign alone)
 * @property {string} [unit] a currency, shown quietly
 * @property {number} [least] the fewest decimals
 * @property {number} [most] the most
 */

/**
 * Draw a figure as the templates do.
 * @param {string | null} value a decimal; null: not known
 * @param {Style} style
 * @returns {HTMLSpanElement}
 */
export function figure(value, { as, unit = "", least = 2, most = least }) {
  if (value === null) return missing();
  const sign = as.startsWith("signed_");
  if (as.endsWith("percent")) {
    const [moved, places] = percentText(value, most);
    const pattern = document.body.dataset.percent || "{number}%";
    const { negative, zero } = rounded(moved, places);
    const plus = as.startsWith("flow_") && !negative && !zero ? "+" : "";
    return span(moved, places, (text) => plus + pattern.replace("{number}", text), sign, "");
  }
  if (as === "price") return plain(priceText(value), unit);
  const places = as === "quantity" ? needed(value, 8) : Math.max(least, Math.min(most, needed(value, most)));
  return span(value, places, (text) => text, sign, unit);
}

/**
 * @param {string} value
 * @param {number} places
 * @param {(text: string) => string} written
 * @param {boolean} sign
 * @param {string} unit
 */
function span(value, places, written, sign, unit) {
  const text = written(decimalText(value, places));
  if (!sign) return plain(text, unit);
  const { negative, zero } = rounded(value, places);
  if (zero) return plain(text, unit, "flat");
  const made = plain((negative ? "" : "+") + text, unit, negative ? "loss" : "gain");
  const arrow = document.createElement("span");
  arrow.className = "arrow";
  arrow.setAttribute("aria-hidden", "true");
  arrow.textContent = negative ? "\u25BC" : "\u25B2";
  made.prepend(arrow);
  return made;
}

/**
 * @param {string} text
 * @param {string} unit
 * @param {string} [kind]
 */
function plain(text, unit, kind = "") {
  const made = document.createElement("span");
  made.className = kind ? `num ${kind}` : "num";
  made.textContent = text;
  if (unit) {
    const quiet = document.createElement("span");
    quiet.className = "cur";
    quiet.textContent = `\u00A0${unit}`;
    made.append(quiet);
  }
  return made;
}

function missing() {
  const made = plain("", "", "missing");
  const dash = document.createElement("span");
  dash.setAttribute("aria-hidden", "true");
  dash.textContent = "\u2013";
  made.title = document.body.dataset.missing ?? "";
  const words = document.createElement("span");
  words.className = "visually-hidden";
  words.textContent = made.title;
  made.append(dash, words);
  return made;
}

/**
 * Show a new value where the template put the old one (`{% live %}`); it flashes once if it differs.
 * @param {HTMLElement} element
 * @param {string | null} value
 */
export function show(element, value) {
  const { as = "money", unit, least, most } = element.dataset;
  const made = figure(value, { as, unit, least: Number(least), most: Number(most) });
  const before = element.querySelector(".num");
  if (before?.textContent === made.textContent) return;
  if (before) made.classList.add("changed");
  element.replaceChildren(made);
  const cell = element.closest("[data-value]");
  if (cell?.querySelector("[data-live], [data-live-price]") === element) cell.setAttribute("data-value", value ?? "");
}
