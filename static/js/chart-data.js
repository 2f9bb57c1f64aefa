/** What a chart's address answers, and how its numbers are read, written and saved. */

/**
 * @typedef {[string, ...string[]]} Point date, then decimal texts: value, or open, high, low, close, volume
 * @typedef {{name: string, kind: "area" | "line" | "candles" | "histogram", unit?: "percent" | "price" | "ratio", points: Point[]}} Series
 * @typedef {{date: string, side: "buy" | "sell" | "split" | "dividend", text: string}} Marker
 * @typedef {object} ChartData
 * @property {string} currency ISO 4217
 * @property {string} [as_of]
 * @property {Series[]} series the first is the one the chart is about
 * @property {Marker[]} [markers]
 * @property {string} [range] the period that is answered, where it is not the one that was asked for
 * @property {string[]} [ranges] the periods that have data; without it all have
 * @property {string} [note]
 * @property {string} [time_zone] the reader's, where bars are of minutes
 * @property {{id: string, zone: string, step: "day" | "week" | "month" | number}} [live] whose prices tick into the
 *   last bar: the instrument, its exchange's time zone, and how long a bar is (a number: minutes)
 */

export const RANGES = ["1D", "1W", "1M", "YTD", "1Y", "5Y", "All"];

/** @param {string} currency */
function minorUnits(currency) {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2; // not a currency of ISO 4217: a coin
  }
}

/** Writes numbers and days as the page around the chart does. */
export class Writer {
  /** @param {string} locale @param {string} currency @param {string} [zone] whose time of day instants are told in */
  constructor(locale, currency, zone) {
    this.locale = locale;
    this.currency = currency;
    this.places = minorUnits(currency);
    this.dayFormat = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
    this.timeFormat = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: zone });
  }

  /**
   * @param {string | number} value
   * @param {"money" | "price" | "percent" | "ratio" | "volume"} kind
   */
  number(value, kind) {
    const size = Math.abs(Number(value));
    const least = { money: this.places, price: 2, percent: 2, ratio: 2, volume: 0 }[kind];
    const most = kind === "price" && size > 0 && size < 1000 ? (size >= 1 ? 4 : 8) : least;
    const format = new Intl.NumberFormat(this.locale, {
      minimumFractionDigits: least,
      maximumFractionDigits: most,
      ...(kind === "price" && size > 0 && size < 1 ? { maximumSignificantDigits: 4, minimumFractionDigits: undefined } : {}),
      ...(kind === "percent" ? { signDisplay: "exceptZero" } : {}),
    });
    // A decimal text stays exact: Intl takes it without passing through a binary number.
    const text = format.format(/** @type {any} */ (value)).replace("-", "−");
    if (kind === "percent") return `${text}%`;
    return kind === "volume" || kind === "ratio" ? text : `${text}\u00A0${this.currency}`;
  }

  /** @param {string} time a date, or an instant with offset */
  day(time) {
    return time.length > 10 ? this.timeFormat.format(new Date(time)) : this.dayFormat.format(new Date(`${time}T00:00:00Z`));
  }
}

/** @param {string} time @returns {any} the time as the chart library takes it */
export function chartTime(time) {
  return time.length > 10 ? Math.floor(Date.parse(time) / 1000) : time;
}

/** Says whether bars are dated by instants and not by days. @param {ChartData} data */
export function ofMinutes(data) {
  return (data.series[0].points[0]?.[0].length ?? 0) > 10;
}

/** @param {Series} series */
export function drawn(series) {
  if (series.kind === "candles") {
    return series.points.map(([time, open, high, low, close]) => ({
      time: chartTime(time),
      open: Number(open),
      high: Number(high),
      low: Number(low),
      close: Number(close),
    }));
  }
  return series.points.map(([time, value]) => ({ time: chartTime(time), value: Number(value) }));
}

/** @param {Series} series */
export function volumes(series) {
  return series.points.filter((point) => point[5] !== undefined && point[5] !== "").map((point) => ({
    time: chartTime(point[0]),
    value: Number(point[5]),
  }));
}

/**
 * Lay all series side by side, one row a day, oldest first.
 * @param {ChartData} data
 * @param {Record<string, string>} texts
 * @returns {{head: string[], kinds: ("money" | "price" | "percent" | "ratio" | "volume")[], rows: {time: string, cells: string[]}[]}}
 */
export function tabled(data, texts) {
  /** @type {Map<string, Map<number, string>>} */
  const days = new Map();
  const head = [texts.date];
  /** @type {("money" | "price" | "percent" | "volume")[]} */
  const kinds = [];
  const several = data.series.filter((one) => one.kind === "candles").length > 1;
  for (const series of data.series) {
    const names =
      series.kind === "candles" ? [texts.open, texts.high, texts.low, texts.close, texts.volume] : [series.name];
    const first = kinds.length;
    names.forEach((name, index) => {
      head.push(several && series.kind === "candles" ? `${series.name}: ${name}` : name);
      kinds.push(series.kind === "candles" ? (index === 4 ? "volume" : "price") : (series.unit ?? "money"));
    });
    for (const [time, ...values] of series.points) {
      const row = days.get(time) ?? new Map();
      values.forEach((value, index) => row.set(first + index, value));
      days.set(time, row);
    }
  }
  const rows = [...days.keys()].sort().map((time) => ({
    time,
    cells: kinds.map((_, index) => days.get(time)?.get(index) ?? ""),
  }));
  return { head, kinds, rows };
}

/**
 * Says whether a value begins at nothing: then the scale ends at 0 instead of leaving room below it.
 *
 * @param {Series[]} shown
 */
export function standsOnZero(shown) {
  const values = shown.flatMap((one) => one.points.map((point) => Number(point[1])));
  return shown[0].kind === "area" && values.includes(0) && values.every((value) => value >= 0);
}
