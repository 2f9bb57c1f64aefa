/**
 * Values that move while a page is open: sockets that come back by themselves, and prices over one of them.
 * docs/market/live.md tells the protocol.
 */

/** @typedef {"live" | "reconnecting" | "offline"} State */
/**
 * @typedef {object} Quote amounts are decimal texts in `currency`; `change_ratio` 0.01 is 1 %
 * @property {string} id the instrument's UUID
 * @property {string} symbol
 * @property {string} currency
 * @property {string} price
 * @property {string | null} previous_close
 * @property {string | null} change
 * @property {string | null} change_ratio
 * @property {string | null} open
 * @property {string} high
 * @property {string} low
 * @property {string | null} bid
 * @property {string | null} ask
 * @property {string | null} volume
 * @property {string} as_of
 * @property {string} source
 * @property {string} quality
 */

const [FIRST_WAIT, LONGEST_WAIT] = [500, 30_000];
const SILENT_AFTER = 25_000; // the server's heart beats every ten seconds
const HIDDEN_AFTER = 300_000;
const MOST = 200; // instruments a socket
const A_MESSAGE = 80; // instruments a message, of 4 KiB
const BETWEEN_MESSAGES = 220; // milliseconds: five a second
const SIGNED_OUT = 4401;

/** @type {Set<Socket>} */
const sockets = new Set();
/** @type {Set<(state: State) => void>} */
const watchers = new Set();
/** @type {State | null} */
let told = null;

/** Tell whoever watches what the page's connections are together; nothing while there are none. */
function tell() {
  const states = [...sockets].filter((one) => !one.quiet).map((one) => one.state);
  if (!states.length) return;
  const now = states.find((one) => one === "offline") ?? states.find((one) => one === "reconnecting") ?? "live";
  if (now === told) return;
  told = now;
  for (const watcher of watchers) watcher(now);
}

/** A socket that opens again whenever it closes, until `stop`. */
export class Socket {
  /**
   * @param {string} path on our own server
   * @param {{opened?: (socket: Socket) => void, message: (message: any) => void, quiet?: boolean}} handlers `opened`
   *   comes after each connection: subscribe there; `quiet`: the page's figures do not hang on it
   */
  constructor(path, handlers) {
    this.path = path;
    this.quiet = handlers.quiet ?? false;
    this.handlers = handlers;
    /** @type {State} */
    this.state = "reconnecting";
    this.tries = 0;
    this.stopped = false;
    this.welcomed = false;
    /** @type {WebSocket | null} */
    this.wire = null;
    /** @type {string[]} */
    this.queue = [];
    this.timer = 0;
    this.watch = 0;
    this.sender = 0;
    this.hidden = 0;
    sockets.add(this);
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    if (this.stopped || this.wire) return;
    const wire = new WebSocket(`${location.origin.replace(/^http/, "ws")}${this.path}`, ["florin.v1"]);
    this.wire = wire;
    wire.addEventListener("message", (event) => {
      if (this.wire !== wire) return;
      this.heard();
      this.take(JSON.parse(event.data));
    });
    wire.addEventListener("close", (event) => {
      if (this.wire === wire) this.lost(event.code);
    });
    this.heard();
  }

  /** @param {any} message */
  take(message) {
    if (message.type === "welcome") {
      this.tries = 0;
      this.queue = [];
      this.welcomed = true;
      this.set("live");
      this.handlers.opened?.(this);
    } else if (message.type === "bye") {
      this.again(message.reconnect_in * 1000);
    } else if (message.type !== "hb") {
      this.handlers.message(message);
    }
  }

  /** Send a message, in turn: no more than five a second. @param {object} message */
  send(message) {
    this.queue.push(JSON.stringify(message));
    if (!this.sender) this.sendNext();
  }

  sendNext() {
    this.sender = 0;
    if (this.wire?.readyState !== WebSocket.OPEN) return;
    const next = this.queue.shift();
    if (next === undefined) return;
    this.wire.send(next);
    this.sender = window.setTimeout(() => this.sendNext(), BETWEEN_MESSAGES);
  }

  /** Whether the server takes messages; it may while the page is told that the network is gone. */
  get isReady() {
    return this.welcomed && this.wire?.readyState === WebSocket.OPEN;
  }

  /** Take it for lost when nothing was heard for longer than the heart beats. */
  heard() {
    clearTimeout(this.watch);
    this.watch = window.setTimeout(() => this.lost(0), SILENT_AFTER);
    if (this.isReady && this.state !== "live") this.set("live");
  }

  /** @param {number} code */
  lost(code) {
    const full = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.tries);
    this.tries += 1;
    this.again(code === SIGNED_OUT ? LONGEST_WAIT : FIRST_WAIT + Math.random() * (full - FIRST_WAIT));
  }

  /** @param {number} wait milliseconds until it opens again */
  again(wait) {
    const wire = this.wire;
    this.wire = null;
    this.welcomed = false;
    wire?.close();
    clearTimeout(this.watch);
    clearTimeout(this.timer);
    clearTimeout(this.sender);
    this.sender = 0;
    if (this.stopped) return;
    this.set(navigator.onLine ? "reconnecting" : "offline");
    this.timer = window.setTimeout(() => this.open(), wait);
  }

  /** Open now rather than later: the network is back, or somebody looks again. */
  hurry() {
    if (!this.wire && !this.stopped) this.open();
  }

  /** The network is back: a connection that outlived its loss goes on, any other opens now. */
  online() {
    this.set(this.isReady ? "live" : "reconnecting");
    this.hurry();
  }

  /** @param {State} state */
  set(state) {
    this.state = state;
    tell();
  }

  stop() {
    this.stopped = true;
    sockets.delete(this);
    this.again(0);
    tell();
  }
}

/** The quotes that the page shows, over one socket. */
class Prices {
  constructor() {
    /** @type {Map<string, Set<(quote: Quote) => void>>} by what each asked for: an id or a symbol */
    this.wanted = new Map();
    /** @type {Map<string, Quote>} the newest by id */
    this.quotes = new Map();
    /** @type {Map<string, string>} ids by symbol */
    this.ids = new Map();
    /** @type {Socket | null} */
    this.socket = null;
    /** @type {Set<string>} */
    this.fresh = new Set();
    this.closing = 0;
  }

  /**
   * @param {string[]} names
   * @param {(quote: Quote) => void} onQuote
   */
  add(names, onQuote) {
    for (const name of names) {
      const known = this.quotes.get(this.ids.get(name) ?? name);
      if (known) onQuote(known);
      if (!this.wanted.has(name)) {
        this.wanted.set(name, new Set());
        this.fresh.add(name);
      }
      this.wanted.get(name)?.add(onQuote);
    }
    clearTimeout(this.closing);
    if (this.fresh.size) queueMicrotask(() => this.ask());
    return () => this.remove(names, onQuote);
  }

  /**
   * @param {string[]} names
   * @param {(quote: Quote) => void} onQuote
   */
  remove(names, onQuote) {
    const gone = names.filter((name) => {
      const who = this.wanted.get(name);
      who?.delete(onQuote);
      return who?.size === 0 && this.wanted.delete(name);
    });
    if (gone.length && this.socket?.isReady) this.say("unsubscribe", gone);
    // a page that swaps its pieces wants the next ones in a moment
    if (!this.wanted.size) this.closing = window.setTimeout(() => this.close(), 2000);
  }

  close() {
    this.socket?.stop();
    this.socket = null;
    this.quotes.clear();
  }

  ask() {
    const names = [...this.fresh].slice(0, MOST);
    const path = document.querySelector('meta[name="live-prices"]')?.getAttribute("content");
    if (!names.length || !path) return;
    if (!this.socket) {
      this.socket = new Socket(path, {
        opened: () => this.askAgain(),
        message: (message) => this.take(message),
      });
    } else if (this.socket.isReady) {
      this.fresh.clear();
      this.say("subscribe", names);
    }
  }

  askAgain() {
    this.fresh.clear();
    this.say("subscribe", [...this.wanted.keys()].slice(0, MOST));
  }

  /**
   * @param {string} type
   * @param {string[]} names
   */
  say(type, names) {
    for (let at = 0; at < names.length; at += A_MESSAGE) {
      this.socket?.send({ type, instruments: names.slice(at, at + A_MESSAGE) });
    }
  }

  /** @param {any} message */
  take(message) {
    if (message.type === "subscribed") {
      for (const { id, symbol } of message.instruments) this.ids.set(symbol, id);
    } else if (message.type === "snapshot" || message.type === "delta") {
      for (const quote of message.prices) this.show(quote);
    }
  }

  /** @param {Quote} quote */
  show(quote) {
    this.quotes.set(quote.id, quote);
    this.ids.set(quote.symbol, quote.id);
    for (const name of [quote.id, quote.symbol]) {
      for (const onQuote of [...(this.wanted.get(name) ?? [])]) onQuote(quote);
    }
  }
}

const prices = new Prices();

export const live = {
  /**
   * Follow the newest quotes of instruments: what is known comes at once, then whatever changes.
   * @param {string[]} names symbols or UUIDs
   * @param {(quote: Quote) => void} onQuote
   * @returns {() => void} ends it
   */
  prices(names, onQuote) {
    return prices.add(names, onQuote);
  },

  /**
   * Open another of our sockets, which comes back by itself and counts for the line under the top bar unless `quiet`.
   * @param {string} path
   * @param {{opened?: (socket: Socket) => void, message: (message: any) => void, quiet?: boolean}} handlers
   */
  socket(path, handlers) {
    return new Socket(path, handlers);
  },

  /**
   * Hear how the connection is, now and whenever it changes; nothing while the page has none.
   * @param {"state"} _what
   * @param {(state: State) => void} watcher
   * @returns {() => void} ends it
   */
  on(_what, watcher) {
    watchers.add(watcher);
    if (told && [...sockets].some((one) => !one.quiet)) watcher(told);
    return () => watchers.delete(watcher);
  },
};

window.addEventListener("online", () => sockets.forEach((one) => one.online()));
window.addEventListener("offline", () => sockets.forEach((one) => one.set("offline")));
document.addEventListener("visibilitychange", () => {
  for (const one of sockets) {
    clearTimeout(one.hidden);
    // a page that nobody sees for minutes lets its connection go
    if (document.hidden) one.hidden = window.setTimeout(() => one.again(2 ** 30), HIDDEN_AFTER);
    else one.hurry();
  }
});
// a page that is left and shown again from the browser's memory
window.addEventListener("pagehide", () => sockets.forEach((one) => one.again(2 ** 30)));
window.addEventListener("pageshow", () => sockets.forEach((one) => one.hurry()));
