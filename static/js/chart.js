/**
 * <florin-chart data-src data-kind="area|candles" data-range data-title>: a chart that answers the hand.
 *
 * A new data-src loads anew. It asks data-src for JSON (see chart-data.js) with ?range=, ?compare= and ?overlay=, draws it
 * with TradingView's Lightweight Charts (a script of its own, window.LightweightCharts), and says loading, empty and failed itself.
 * Levels that the page names are lines across it, and a price that is clicked can be offered (see chart-levels.js).
 */

import { chartTime, drawn, ofMinutes, RANGES, standsOnZero, tabled, volumes, Writer } from "./chart-data.js";
import { moved } from "./chart-live.js";
import { Levels } from "./chart-levels.js";
import { chartOptions, look, markerOptions, minuteOptions, seriesOptions } from "./chart-look.js";
import { live } from "./live.js";
import { csv, download, fileName, memory } from "./page.js";

/** @typedef {import("./chart-data.js").ChartData} ChartData */

/**
 * @param {string} tag
 * @param {string} className
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
function make(tag, className, attributes = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const NEXT = { ArrowLeft: -1, ArrowRight: 1, PageUp: -21, PageDown: 21, Home: -Infinity, End: Infinity };
const PANE_SHARES = [4, 1];

class FlorinChart extends HTMLElement {
  static observedAttributes = ["data-src"];

  /** @param {string} _name @param {string | null} before */
  attributeChangedCallback(_name, before) {
    if (this.plot && before !== null) this.load();
  }

  connectedCallback() {
    if (this.plot) return;
    this.texts = this.readTexts();
    this.range = this.dataset.range ?? "1Y";
    this.compare = this.querySelector("data[data-compare-now]")?.getAttribute("value") ?? "";
    this.mode = "";
    /** @type {Set<string>} */
    this.overlays = new Set(memory.read("chart.overlays") ?? []);
    /** @type {any[]} */
    this.lines = [];
    /** @type {(() => void) | null} */
    this.unfollow = null;
    this.build();
    this.levels = new Levels(this);
    this.watchTheme();
    this.load();
  }

  disconnectedCallback() {
    this.request?.abort();
    this.unfollow?.();
    this.levels?.end();
    this.themeWatch?.disconnect();
    this.chart?.remove();
    this.chart = null;
  }

  /** @returns {Record<string, string>} */
  readTexts() {
    const template = /** @type {HTMLTemplateElement} */ (this.querySelector("template[data-texts]"));
    const spans = [...template.content.querySelectorAll("[data-text]")];
    this.icons = Object.fromEntries(
      [...template.content.querySelectorAll("[data-icon]")].map((one) => [one.getAttribute("data-icon"), one]),
    );
    return Object.fromEntries(spans.map((one) => [one.getAttribute("data-text") ?? "", one.textContent ?? ""]));
  }

  build() {
    const { texts } = this;
    this.ranges = make("div", "ranges", { role: "group", "aria-label": texts.period });
    for (const name of RANGES) {
      const label = name === "All" ? texts.all : name;
      this.ranges.append(make("button", "range", { type: "button", "data-range": name, "aria-pressed": "false" }, label));
    }
    this.ranges.addEventListener("click", (event) => this.onRange(event));
    this.tools = make("div", "chart-tools no-print");
    this.tools.append(...["table", "png", "csv"].map((name) => this.tool(name)));
    this.legend = make("dl", "chart-legend");
    this.canvas = make("div", "chart-canvas", { "aria-hidden": "true" });
    this.state = make("div", "chart-state", { role: "status" });
    this.plot = make("div", "chart-plot", {
      tabindex: "0",
      role: "slider",
      "aria-label": this.dataset.title ?? "",
      "aria-description": texts.keys,
      "aria-valuemin": "0",
      "aria-valuemax": "0",
      "aria-valuenow": "0",
    }, this.canvas, this.state);
    this.plot.addEventListener("keydown", (event) => this.onKey(event));
    this.plot.addEventListener("blur", () => this.leave());
    this.note = make("p", "chart-note", { hidden: "" });
    this.table = make("div", "table-wrap table-wrap--scroll", { hidden: "", tabindex: "0", role: "region", "aria-label": this.dataset.title ?? "" });
    const head = make("div", "chart-head", {}, this.ranges, ...this.modes(), ...this.overlayButtons(), ...this.comparison(), this.tools);
    this.append(head, this.legend, this.plot, this.note, this.table);
  }

  /** @returns {HTMLElement[]} the choice of what is drawn, where the page offers several */
  modes() {
    const offered = [...this.querySelectorAll("data[data-mode]")].map((one) => /** @type {HTMLDataElement} */ (one));
    if (!offered.length) return [];
    const group = make("div", "ranges chart-modes", { role: "group", "aria-label": this.texts.mode });
    for (const one of offered) {
      group.append(make("button", "range", { type: "button", "data-mode": one.value }, one.textContent ?? ""));
    }
    group.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("button[data-mode]");
      if (!button) return;
      this.mode = button.getAttribute("data-mode") ?? "";
      const select = this.querySelector(".chart-compare select");
      if (!this.mode && select instanceof HTMLSelectElement) select.value = this.compare = "";
      this.markModes();
      this.load();
    });
    this.modeGroup = group;
    this.markModes();
    return [group];
  }

  /** Press the button of what is drawn: returns alone compare. */
  markModes() {
    const drawn = this.compare ? "return" : this.mode;
    for (const one of this.modeGroup?.children ?? []) one.setAttribute("aria-pressed", String(one.getAttribute("data-mode") === drawn));
  }

  /** @returns {HTMLElement[]} the lines that can be laid over the bars, each on or off */
  overlayButtons() {
    const offered = [...this.querySelectorAll("data[data-overlay]")].map((one) => /** @type {HTMLDataElement} */ (one));
    if (!offered.length) return [];
    const group = make("div", "ranges chart-overlays", { role: "group", "aria-label": this.texts.overlays });
    for (const one of offered) {
      const pressed = String(this.overlays.has(one.value));
      group.append(make("button", "range", { type: "button", "data-overlay": one.value, "aria-pressed": pressed }, one.textContent ?? ""));
    }
    group.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("button[data-overlay]");
      const value = button?.getAttribute("data-overlay");
      if (!button || !value) return;
      if (!this.overlays.delete(value)) this.overlays.add(value);
      button.setAttribute("aria-pressed", String(this.overlays.has(value)));
      memory.write("chart.overlays", [...this.overlays]);
      this.load();
    });
    return [group];
  }

  /** @returns {HTMLElement[]} the choice of a comparison line, where the page offers one */
  comparison() {
    const options = [...this.querySelectorAll("data[data-compare]")].map((one) => /** @type {HTMLDataElement} */ (one));
    if (!options.length) return [];
    const select = /** @type {HTMLSelectElement} */ (make("select", "input input--small"));
    select.append(new Option(this.texts.none, ""), ...options.map((one) => new Option(one.textContent ?? "", one.value)));
    select.value = this.compare;
    select.addEventListener("change", () => {
      this.compare = select.value;
      this.markModes();
      this.load();
    });
    return [make("label", "chart-compare", {}, `${this.texts.compare} `, select)];
  }

  /** @param {string} name table, png or csv */
  tool(name) {
    const button = make("button", "button button--quiet button--small button--icon", {
      type: "button",
      title: this.texts[name],
      "aria-label": this.texts[name],
    });
    button.append(...[...(this.icons?.[name]?.childNodes ?? [])].map((node) => node.cloneNode(true)));
    if (name === "table") button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => {
      if (name === "table") this.toggleTable(button);
      else if (name === "png") this.savePng();
      else this.saveCsv();
    });
    return button;
  }

  async load() {
    this.request?.abort();
    this.request = new AbortController();
    this.say("loading");
    const url = new URL(this.dataset.src ?? "", window.location.href);
    url.searchParams.set("range", this.range);
    if (this.mode) url.searchParams.set("mode", this.mode);
    if (this.compare) url.searchParams.set("compare", this.compare);
    if (this.querySelector("data[data-overlay]")) for (const one of this.overlays) url.searchParams.append("overlay", one);
    try {
      const response = await fetch(url, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        signal: this.request.signal,
      });
      if (!response.ok) throw new Error(`${response.status} ${url}`);
      this.show(await response.json());
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "AbortError") this.say("error");
    }
  }

  /** @param {"loading" | "empty" | "error" | ""} state */
  say(state) {
    this.state.dataset.state = state;
    this.state.hidden = !state;
    this.toggleAttribute("data-busy", state === "loading");
    this.state.replaceChildren(...(state ? [make("p", "", {}, this.texts[state])] : []));
    if (state === "error") {
      const again = make("button", "button button--small", { type: "button" }, this.texts.retry);
      again.addEventListener("click", () => this.load());
      this.state.append(again);
    }
  }

  /** @param {ChartData} data */
  show(data) {
    this.data = data;
    this.range = data.range ?? this.range;
    this.writer = new Writer(document.documentElement.lang || "en", data.currency, data.time_zone);
    this.rows = tabled(data, this.texts);
    this.markRanges(data.ranges);
    this.note.textContent = data.note ?? "";
    this.note.hidden = !data.note;
    if (this.table.hidden === false) this.fillTable();
    const last = this.rows.rows.length - 1;
    this.plot.setAttribute("aria-valuemax", String(Math.max(last, 0)));
    if (last < 0) {
      this.legend.replaceChildren();
      this.say("empty");
      return;
    }
    this.say("");
    this.draw();
    this.point(last, false);
    this.follow();
    this.dispatchEvent(new CustomEvent("florin-chart:shown", { bubbles: true }));
  }

  /** Let the last price tick into the last bar, where the answer names an instrument to follow. */
  follow() {
    this.unfollow?.();
    const { id } = this.data.live ?? {};
    this.unfollow = id ? live.prices([id], (quote) => this.tick(quote)) : null;
  }

  /** @param {import("./live.js").Quote} quote */
  tick(quote) {
    if (!this.chart || this.hasAttribute("data-busy") || !moved(this.data, quote)) return;
    const [series] = this.data.series;
    const newest = { ...series, points: series.points.slice(-1) };
    this.lines[0].update(drawn(newest)[0]);
    const volume = volumes(newest)[0];
    if (volume) this.volume?.update(volume);
    const wasLast = this.at === undefined || this.at >= this.rows.rows.length - 1;
    this.rows = tabled(this.data, this.texts);
    const last = this.rows.rows.length - 1;
    this.plot.setAttribute("aria-valuemax", String(last));
    if (wasLast) this.point(last, false);
    if (this.table.hidden === false) this.fillTable();
  }

  /** @param {string[] | undefined} usable */
  markRanges(usable) {
    for (const button of this.ranges.querySelectorAll("[data-range]")) {
      const name = button.getAttribute("data-range") ?? "";
      const none = usable !== undefined && !usable.includes(name);
      button.setAttribute("aria-pressed", String(name === this.range));
      for (const [attribute, value] of [["aria-disabled", "true"], ["title", this.texts.nodata]]) {
        if (none) button.setAttribute(attribute, value);
        else button.removeAttribute(attribute);
      }
    }
  }

  draw() {
    // @ts-expect-error the library is a script of its own
    const library = window.LightweightCharts;
    const shape = [this.data.series.map((one) => `${one.kind}${one.unit ?? ""}`), ofMinutes(this.data)].join();
    const looks = look(this);
    if (this.chart && shape !== this.shape) {
      this.chart.remove();
      this.chart = null;
    }
    this.shape = shape;
    if (!this.chart) this.makeChart(library, looks);
    this.data.series.forEach((series, index) => this.lines[index].setData(drawn(series)));
    this.volume?.setData(volumes(this.data.series[0]));
    this.markers.setMarkers(markerOptions(this.visibleMarkers(), chartTime, looks, this.texts));
    this.levels?.draw(looks);
    this.chart.timeScale().fitContent();
  }

  /** @param {any} library @param {any} looks */
  makeChart(library, looks) {
    this.canvas.replaceChildren();
    const kinds = {
      area: library.AreaSeries,
      line: library.LineSeries,
      candles: library.CandlestickSeries,
      histogram: library.HistogramSeries,
    };
    this.chart = library.createChart(this.canvas, {
      ...chartOptions(looks),
      autoSize: true,
      ...(ofMinutes(this.data) ? minuteOptions(looks, document.documentElement.lang || "en", this.data.time_zone) : { localization: { locale: document.documentElement.lang || "en" } }),
      // The wheel and a finger's upward stroke scroll the page, not the chart.
      handleScroll: { mouseWheel: false, vertTouchDrag: false },
      handleScale: { mouseWheel: false },
    });
    this.lines = this.data.series.map((series, index) =>
      this.chart.addSeries(kinds[series.kind], { ...seriesOptions(series, index, looks), ...this.priceFormat(series) }),
    );
    if (standsOnZero(this.data.series)) {
      this.chart.priceScale("right").applyOptions({ scaleMargins: { top: 0.08, bottom: 0 } });
    }
    this.volume = null;
    if (this.data.series[0].kind === "candles" && volumes(this.data.series[0]).length) {
      this.volume = this.chart.addSeries(
        library.HistogramSeries,
        { color: looks["chart-volume"], priceFormat: { type: "volume" }, priceLineVisible: false, lastValueVisible: false },
        1,
      );
      this.chart.panes().forEach((/** @type {any} */ pane, /** @type {number} */ at) => pane.setStretchFactor(PANE_SHARES[at]));
    }
    this.markers = library.createSeriesMarkers(this.lines[0], []);
    this.chart.subscribeCrosshairMove((/** @type {any} */ move) => this.onCrosshair(move));
    this.chart.subscribeClick((/** @type {any} */ click) => this.levels?.onClick(click));
  }

  /** @param {import("./chart-data.js").Series} series */
  priceFormat(series) {
    const kind = series.unit ?? (series.kind === "candles" ? "price" : "money");
    const whole = new Intl.NumberFormat(document.documentElement.lang || "en", { notation: "standard", maximumFractionDigits: 0 });
    // The axis of a coin that costs a millionth needs its digits: four that count.
    const size = kind === "price" ? Math.abs(Number(series.points.at(-1)?.[1] ?? 1)) : 1;
    const places = size > 0 && size < 1 ? 3 - Math.floor(Math.log10(size)) : 4;
    return {
      priceFormat: {
        type: "custom",
        minMove: 10 ** -places,
        formatter: (/** @type {number} */ value) =>
          kind === "money" && Math.abs(value) >= 1000
            ? whole.format(value).replace("-", "−")
            : this.writer.number(value.toFixed(places), kind).split("\u00A0")[0],
      },
    };
  }

  /** @returns {import("./chart-data.js").Marker[]} trades on days that are drawn */
  visibleMarkers() {
    const days = new Set(this.data.series[0].points.map(([time]) => time));
    return (this.data.markers ?? []).filter((one) => days.has(one.date));
  }

  /** @param {any} move */
  onCrosshair(move) {
    if (this.moving) return;
    const at = move.time === undefined ? -1 : this.rows.rows.findIndex(({ time }) => chartTime(time) === move.time);
    this.point(at < 0 ? this.rows.rows.length - 1 : at, false);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (this.levels?.onKey(event)) return;
    const step = NEXT[/** @type {keyof typeof NEXT} */ (event.key)];
    if (step === undefined || !this.rows?.rows.length) return;
    event.preventDefault();
    const last = this.rows.rows.length - 1;
    this.point(Math.min(last, Math.max(0, (this.at ?? last) + step)), true);
  }

  leave() {
    this.chart?.clearCrosshairPosition();
  }

  /**
   * Say the values of one day, and with `cross` put the crosshair on it.
   * @param {number} at the day's row
   * @param {boolean} cross
   */
  point(at, cross) {
    this.at = at;
    const { time, cells } = this.rows.rows[at];
    const trades = (this.data.markers ?? []).filter(({ date }) => date === time);
    const parts = cells.map((cell, index) => (cell === "" ? "–" : this.writer.number(cell, this.rows.kinds[index])));
    this.plot.setAttribute("aria-valuenow", String(at));
    this.plot.setAttribute(
      "aria-valuetext",
      [this.writer.day(time), ...parts.map((part, index) => `${this.rows.head[index + 1]} ${part}`), ...trades.map((one) => one.text)].join(", "),
    );
    this.fillLegend(time, parts, trades);
    if (!cross || !this.chart) return;
    const value = this.data.series[0].kind === "candles" ? cells[3] : cells[0];
    this.moving = true;
    this.chart.setCrosshairPosition(Number(value), chartTime(time), this.lines[0]);
    this.moving = false;
  }

  /** @param {string} time @param {string[]} parts @param {import("./chart-data.js").Marker[]} trades */
  fillLegend(time, parts, trades) {
    const plain = this.data.series.some((series) => series.kind === "candles");
    const items = parts.map((part, index) => {
      const swatch = plain ? [] : [make("span", `swatch series-${Math.min(index + 1, 5)}`, { "aria-hidden": "true" })];
      return make("div", "", {}, make("dt", "", {}, ...swatch, this.rows.head[index + 1]), make("dd", "num", {}, plain ? part.split("\u00A0")[0] : part));
    });
    const done = trades.map((one) => make("div", "", {}, make("dt", "", {}, this.texts[one.side]), make("dd", "num", {}, one.text)));
    this.legend.replaceChildren(make("div", "chart-day", {}, make("dt", "", {}, this.writer.day(time))), ...items, ...done);
  }

  /** @param {MouseEvent} event */
  onRange(event) {
    const button = /** @type {Element} */ (event.target).closest("[data-range]");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    this.range = button.getAttribute("data-range") ?? this.range;
    this.load();
    this.dispatchEvent(new CustomEvent("florin-chart:range", { bubbles: true, detail: { range: this.range } }));
  }

  /** @param {HTMLElement} button */
  toggleTable(button) {
    this.table.hidden = !this.table.hidden;
    button.setAttribute("aria-expanded", String(!this.table.hidden));
    if (!this.table.hidden) this.fillTable();
  }

  fillTable() {
    const { head, kinds, rows } = this.rows;
    const heads = head.map((name, index) => make("th", index ? "is-number" : "", { scope: "col" }, name));
    const lines = [...rows].reverse().map(({ time, cells }) =>
      make("tr", "", {},
        make("th", "", { scope: "row" }, this.writer.day(time)),
        ...cells.map((cell, index) => make("td", "is-number num", {}, cell === "" ? "–" : this.writer.number(cell, kinds[index]))),
      ),
    );
    this.table.replaceChildren(
      make("table", "table", {}, make("thead", "", {}, make("tr", "", {}, ...heads)), make("tbody", "", {}, ...lines)),
    );
  }

  savePng() {
    this.chart?.takeScreenshot(true).toBlob((/** @type {Blob | null} */ blob) => {
      if (blob) download(fileName(`${this.dataset.title ?? ""} ${this.range}`, "png"), blob);
    });
  }

  saveCsv() {
    if (!this.rows) return;
    const lines = this.rows.rows.map(({ time, cells }) => [time, ...cells]);
    download(fileName(`${this.dataset.title ?? ""} ${this.range}`, "csv"), csv([this.rows.head, ...lines]));
  }

  watchTheme() {
    const repaint = () => this.repaint();
    this.themeWatch = new MutationObserver(repaint);
    this.themeWatch.observe(document.documentElement, { attributeFilter: ["data-theme", "data-gain"] });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    window.matchMedia("(forced-colors: active)").addEventListener("change", repaint);
  }

  repaint() {
    if (!this.chart) return;
    const looks = look(this);
    this.chart.applyOptions(chartOptions(looks));
    this.data.series.forEach((series, index) => this.lines[index].applyOptions(seriesOptions(series, index, looks)));
    this.volume?.applyOptions({ color: looks["chart-volume"] });
    this.levels?.draw(looks);
    this.markers.setMarkers(markerOptions(this.visibleMarkers(), chartTime, looks, this.texts));
  }
}

customElements.define("florin-chart", FlorinChart);
