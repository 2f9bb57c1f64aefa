/** The colours of a chart, read from the page's tokens, and the options made of them. */

/**
 * Resolve tokens to colours the canvas understands.
 * @param {Element} host
 * @param {string[]} names
 * @returns {Record<string, string>}
 */
function colours(host, names) {
  const probe = document.createElement("span");
  probe.className = "chart-probe";
  probe.hidden = true;
  host.append(probe);
  const found = Object.fromEntries(
    names.map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  return found;
}

/** @param {Element} host */
export function look(host) {
  const style = getComputedStyle(host);
  return {
    ...colours(host, [
      "surface", "text", "text-quiet", "line", "line-strong", "brand", "gain", "loss", "clear",
      "chart-grid", "chart-fill", "chart-fill-end", "chart-volume",
      "series-1", "series-2", "series-3", "series-4", "series-5",
    ]),
    font: style.fontFamily,
    size: Math.round(parseFloat(style.fontSize) * 0.86),
  };
}

/** @typedef {ReturnType<typeof look> & Record<string, any>} Look */

/** @param {Look} look */
export function chartOptions(look) {
  return {
    layout: {
      attributionLogo: false, // its inline style breaks the content policy; the footer carries the notice
      background: { type: "solid", color: look.surface },
      textColor: look["text-quiet"],
      fontFamily: look.font,
      fontSize: look.size,
      panes: { separatorColor: look.line, separatorHoverColor: look.line, enableResize: false },
    },
    grid: { vertLines: { visible: false }, horzLines: { color: look["chart-grid"] } },
    crosshair: {
      vertLine: { color: look["line-strong"], labelBackgroundColor: look["text-quiet"] },
      horzLine: { color: look["line-strong"], labelBackgroundColor: look["text-quiet"] },
    },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.06 } },
    timeScale: { borderColor: look.line, fixLeftEdge: true, fixRightEdge: true, lockVisibleTimeRangeOnResize: true },
  };
}

// From here on a mark of the time scale is an hour and not a day.
const TIME_MARK = 3;

/**
 * Options for bars of minutes: the reader's own time of day, where the library would write UTC.
 * @param {Look} look
 * @param {string} locale
 * @param {string} [timeZone]
 */
export function minuteOptions(look, locale, timeZone) {
  const hour = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone });
  const whole = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone });
  return {
    localization: { locale, timeFormatter: (/** @type {number} */ time) => whole.format(time * 1000) },
    timeScale: {
      ...chartOptions(look).timeScale,
      timeVisible: true,
      secondsVisible: false,
      tickMarkFormatter: (/** @type {number} */ time, /** @type {number} */ kind) => (kind >= TIME_MARK ? hour : day).format(time * 1000),
    },
  };
}

/**
 * @param {import("./chart-data.js").Series} series
 * @param {number} index its place among the series
 * @param {Look} look
 */
export function seriesOptions(series, index, look) {
  const colour = look[`series-${Math.min(index + 1, 5)}`];
  const common = { priceLineVisible: false, lastValueVisible: index === 0 };
  if (series.kind === "candles") {
    // Rising candles are hollow and falling ones filled, so that colour is not all that tells them apart.
    return {
      ...common,
      upColor: look.surface, borderUpColor: look.gain, wickUpColor: look.gain,
      downColor: look.loss, borderDownColor: look.loss, wickDownColor: look.loss,
    };
  }
  if (series.kind === "histogram") return { ...common, color: look["chart-volume"] };
  if (series.kind === "area") {
    return { ...common, lineColor: colour, topColor: look["chart-fill"], bottomColor: look["chart-fill-end"], lineWidth: 2 };
  }
  // Comparison lines are thinner, and dashed from the second on.
  return { ...common, color: colour, lineWidth: index ? 1 : 2, lineStyle: index > 1 ? 2 : 0 };
}

const SHAPES = { buy: "arrowUp", sell: "arrowDown", split: "square", dividend: "circle" };
const BELOW = new Set(["buy", "dividend"]);

/**
 * @param {import("./chart-data.js").Marker[]} markers
 * @param {(time: string) => any} time
 * @param {Look} look
 * @param {Record<string, string>} texts
 */
export function markerOptions(markers, time, look, texts) {
  const colours = { buy: look.brand, sell: look.text, split: look["series-3"], dividend: look["series-2"] };
  return markers
    .map(({ date, side }) => ({
      time: time(date),
      position: BELOW.has(side) ? "belowBar" : "aboveBar",
      shape: SHAPES[side],
      color: colours[side],
      // what no shape tells by itself carries its first letter
      ...(side === "split" || side === "dividend" ? { text: (texts[side] ?? "").slice(0, 1), size: 0.8 } : { size: 1.2 }),
    }))
    .sort((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));
}
