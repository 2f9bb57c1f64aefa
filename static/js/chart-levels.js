/**
 * Levels across a chart of prices, and what is offered where a price is clicked.
 *
 * The page's `data[data-chart-line]` are drawn as lines, one with data-quiet more quietly. Where it has
 * [data-chart-offer], an address, a click on a price (or the key A, or the page's [data-chart-offer-now]) opens what
 * that address answers for ?level=. What is sent from there changes the page, and the lines follow.
 */

import { look } from "./chart-look.js";
import { fetchFragment } from "./page.js";

const DASHED = 2;

/**
 * Round a price to the digits that its size deserves: two decimals from 1 on, else four digits that count.
 * @param {number} price
 */
function rounded(price) {
  const places = price >= 1 ? 2 : Math.min(8, 3 - Math.floor(Math.log10(price)));
  return price.toFixed(places);
}

export class Levels {
  /** @param {any} host the florin-chart */
  constructor(host) {
    this.host = host;
    /** @type {any[]} */
    this.lines = [];
    /** @type {any} the series that they are drawn on */
    this.series = null;
    this.popover = document.createElement("div");
    this.popover.className = "chart-popover";
    this.popover.hidden = true;
    this.popover.addEventListener("keydown", (event) => {
      event.stopPropagation(); // arrows are the field's and not the chart's
      if (event.key === "Escape") this.close(true);
    });
    host.append(this.popover);
    this.onLoad = () => this.draw(look(host));
    this.onPress = (/** @type {MouseEvent} */ event) => {
      const target = /** @type {Element} */ (event.target);
      if (target.closest("[data-chart-offer-now]")) this.offerNow();
      else if (!this.popover.contains(target) && !host.plot?.contains(target)) this.close(false);
    };
    this.onDone = () => this.close(true);
    document.addEventListener("htmx:load", this.onLoad);
    document.addEventListener("click", this.onPress);
    document.addEventListener("alerts-changed", this.onDone);
  }

  end() {
    document.removeEventListener("htmx:load", this.onLoad);
    document.removeEventListener("click", this.onPress);
    document.removeEventListener("alerts-changed", this.onDone);
  }

  /** Whether the chart is of prices: percentages have no such levels. */
  get isOfPrices() {
    const unit = this.host.data?.series?.[0]?.unit ?? "price";
    return Boolean(this.host.chart) && unit === "price";
  }

  /** @param {any} looks */
  draw(looks) {
    if (!this.host.chart) return;
    const series = this.host.lines[0];
    if (series === this.series) for (const line of this.lines) series.removePriceLine(line);
    this.series = series;
    this.lines = [];
    if (!this.isOfPrices) return;
    const wanted = /** @type {HTMLDataElement[]} */ ([...document.querySelectorAll("data[data-chart-line]")]);
    const prices = wanted.map((one) => Number(one.value));
    this.lines = wanted.map((one, index) => {
      const color = one.hasAttribute("data-quiet") ? looks["text-quiet"] : looks.brand;
      return series.createPriceLine({ price: prices[index], color, lineWidth: 1, lineStyle: DASHED, axisLabelVisible: true, title: "" });
    });
    series.applyOptions({ autoscaleInfoProvider: (/** @type {() => any} */ usual) => this.widened(usual(), prices) });
  }

  /**
   * Let levels that are not far away be in sight: up to half of what is drawn above or below it.
   * @param {any} range
   * @param {number[]} prices
   */
  widened(range, prices) {
    if (!range?.priceRange) return range;
    const { minValue, maxValue } = range.priceRange;
    const most = (maxValue - minValue) / 2;
    const near = prices.filter((one) => one >= minValue - most && one <= maxValue + most);
    return { ...range, priceRange: { minValue: Math.min(minValue, ...near), maxValue: Math.max(maxValue, ...near) } };
  }

  /** @returns {string} what is asked where a price is clicked; empty where nothing is offered */
  get address() {
    return document.querySelector("[data-chart-offer]")?.getAttribute("data-chart-offer") ?? "";
  }

  /** @param {any} click */
  onClick({ point, paneIndex }) {
    if (!point || paneIndex || !this.isOfPrices) return;
    const price = this.host.lines[0].coordinateToPrice(point.y);
    if (price > 0) this.offer(rounded(price), point);
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it was for here
   */
  onKey(event) {
    if (event.key.toLowerCase() !== "a" || event.ctrlKey || event.metaKey || event.altKey || !this.address) return false;
    event.preventDefault();
    this.offerNow();
    return true;
  }

  /** Offer the price of the bar that is pointed at: the last one, unless somebody went to another. */
  offerNow() {
    const cells = this.host.rows?.rows[this.host.at]?.cells;
    if (!cells || !this.isOfPrices) return;
    const price = Number(this.host.data.series[0].kind === "candles" ? cells[3] : cells[0]);
    this.offer(rounded(price), { x: this.host.plot.offsetWidth, y: this.host.lines[0].priceToCoordinate(price) ?? 0 });
  }

  /**
   * @param {string} price
   * @param {{x: number, y: number}} point where it is on the plot, in its pixels
   */
  async offer(price, { x, y }) {
    const address = this.address;
    if (!address) return;
    try {
      this.popover.innerHTML = await fetchFragment(`${address}?level=${price}`, "chart");
    } catch {
      window.location.assign(`${address}?level=${price}`); // the page itself says what is wrong
      return;
    }
    // @ts-expect-error htmx is a script of its own
    window.htmx?.process(this.popover);
    this.popover.hidden = false;
    // beside what was clicked, not over it
    this.popover.classList.toggle("chart-popover--start", x > this.host.plot.offsetWidth / 2);
    const { plot } = this.host;
    const most = Math.max(0, plot.offsetHeight - this.popover.offsetHeight);
    this.popover.style.insetBlockStart = `${plot.offsetTop + Math.min(most, Math.max(0, y - this.popover.offsetHeight / 2))}px`;
    const field = /** @type {HTMLInputElement | null} */ (this.popover.querySelector("input[name=level]"));
    field?.focus();
    field?.select();
  }

  /** @param {boolean} back whether the focus goes back to the chart */
  close(back) {
    if (this.popover.hidden) return;
    this.popover.hidden = true;
    this.popover.replaceChildren();
    if (back) this.host.plot?.focus({ preventScroll: true });
  }
}
