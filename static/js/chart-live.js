/** How a newest price goes into the last bar of a chart, or begins the next one. */

const DAY = 86_400_000;

/**
 * @param {string} zone
 * @param {string} instant
 * @returns {string} the date there
 */
function dayIn(zone, instant) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(new Date(instant));
}

/** @param {string} day @returns {number} the week it is in, counted from the epoch; weeks begin on Monday */
function week(day) {
  return Math.floor((Date.parse(`${day}T00:00:00Z`) / DAY + 3) / 7);
}

/**
 * @param {string} last the time of the last bar
 * @param {string} day the date of the price
 * @param {"day" | "week" | "month" | number} step
 */
function sameBar(last, day, step) {
  if (step === "week") return week(last) === week(day);
  if (step === "month") return last.slice(0, 7) === day.slice(0, 7);
  return last === day;
}

/**
 * @param {string} instant
 * @param {number} minutes
 * @returns {string} when its bar begins, as the server writes it
 */
function barOf(instant, minutes) {
  const long = minutes * 60_000;
  return new Date(Math.floor(Date.parse(instant) / long) * long).toISOString().replace(".000Z", "+00:00");
}

/** @param {string[]} texts @param {(one: number, other: number) => boolean} wins */
function best(texts, wins) {
  return texts.filter(Boolean).reduce((one, other) => (wins(Number(other), Number(one)) ? other : one));
}

/**
 * Put a quote into the data of a chart: into its last bar, or as a new one.
 * @param {import("./chart-data.js").ChartData} data
 * @param {import("./live.js").Quote} quote
 * @returns {boolean} whether anything changed
 */
export function moved(data, quote) {
  const { live, series: [series] } = data;
  const last = series.points.at(-1);
  if (!live || !last) return false;
  const intraday = typeof live.step === "number";
  const time = intraday ? barOf(quote.as_of, /** @type {number} */ (live.step)) : dayIn(live.zone, quote.as_of);
  const same = intraday ? Date.parse(last[0]) === Date.parse(time) : sameBar(last[0], time, live.step);
  if (!same && (intraday ? Date.parse(time) < Date.parse(last[0]) : time < last[0])) return false;
  const point = series.kind === "candles" ? candle(quote, same ? last : [time], live.step) : [same ? last[0] : time, quote.price];
  if (same && point.join() === last.join()) return false;
  series.points.splice(same ? -1 : series.points.length, same ? 1 : 0, /** @type {any} */ (point));
  return true;
}

/**
 * @param {import("./live.js").Quote} quote
 * @param {string[]} bar what the bar is so far; its time alone where it begins
 * @param {"day" | "week" | "month" | number} step
 */
function candle(quote, bar, step) {
  const [time, open = "", high = "", low = "", , volume = ""] = bar;
  const ofDay = step === "day";
  const seen = ofDay ? [quote.high, quote.low, quote.open ?? ""] : [];
  const prices = [quote.price, high, low, ...seen];
  return [
    time,
    (ofDay ? quote.open : "") || open || quote.price,
    best(prices, (one, other) => one > other),
    best(prices, (one, other) => one < other),
    quote.price,
    ofDay ? quote.volume ?? volume : volume,
  ];
}
