/**
 * Tables: sort, chosen columns, rows that open in place, keyboard, CSV.
 *
 * Markup: <table class="table" id data-table="key" data-title>; a sortable head is <th data-sort="text|number">
 * with its label in a <button class="sort">, an optional column has data-column="name"; a cell's raw value is in
 * data-value. A row with data-detail="URL" opens what that address answers under itself; its button has
 * data-row-toggle. [data-columns-for="id"] becomes the column menu, [data-export-for="id"] saves CSV.
 */

import { csv, download, fetchFragment, fileName, memory } from "./page.js";

/** @typedef {HTMLTableElement} Table */

/**
 * @param {Table} table
 * @returns {HTMLTableRowElement[]} the rows of data, without opened details
 */
function rows(table) {
  return [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.matches(".row-detail"));
}

/** @param {HTMLTableCellElement | undefined} cell */
function valueOf(cell) {
  return cell?.dataset.value ?? cell?.textContent?.trim() ?? "";
}

/**
 * @param {Table} table
 * @param {number} column
 * @param {string} kind text or number
 * @param {boolean} descending
 */
function sortRows(table, column, kind, descending) {
  closeDetails(table);
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const direction = descending ? -1 : 1;
  const body = table.tBodies[0];
  const sorted = rows(table).sort((one, other) => {
    const a = valueOf(one.cells[column]);
    const b = valueOf(other.cells[column]);
    if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1; // what is not known stays last
    return direction * (kind === "number" ? Number(a) - Number(b) : collator.compare(a, b));
  });
  body.append(...sorted);
}

/** @param {HTMLTableCellElement} head */
function sortBy(head) {
  const table = /** @type {Table} */ (head.closest("table"));
  const kind = head.dataset.sort ?? "text";
  const before = head.getAttribute("aria-sort");
  const descending = before ? before === "ascending" : kind === "number";
  for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", descending ? "descending" : "ascending");
  sortRows(table, head.cellIndex, kind, descending);
  memory.write(`sort.${table.dataset.table}`, { column: head.dataset.column ?? head.cellIndex, descending });
}

/** @param {Table} table */
function restoreSort(table) {
  const kept = memory.read(`sort.${table.dataset.table}`);
  if (!kept) return;
  const heads = [...table.querySelectorAll("th[data-sort]")].map((one) => /** @type {HTMLTableCellElement} */ (one));
  const head = heads.find((one) => (one.dataset.column ?? one.cellIndex) === kept.column);
  if (!head) return;
  head.setAttribute("aria-sort", kept.descending ? "descending" : "ascending");
  sortRows(table, head.cellIndex, head.dataset.sort ?? "text", kept.descending);
}

/** @param {Table} table */
function applyColumns(table) {
  const hidden = new Set(memory.read(`columns.${table.dataset.table}`) ?? []);
  for (const head of table.querySelectorAll("th[data-column]")) {
    const { cellIndex, dataset } = /** @type {HTMLTableCellElement} */ (head);
    const hide = hidden.has(dataset.column);
    for (const row of table.rows) {
      if (!row.matches(".row-detail")) row.cells[cellIndex]?.toggleAttribute("hidden", hide);
    }
  }
}

/**
 * Fill a menu with one checkbox a column.
 * @param {Element} menu
 */
function buildColumnMenu(menu) {
  const table = document.getElementById(menu.getAttribute("data-columns-for") ?? "");
  if (!(table instanceof HTMLTableElement) || menu.childElementCount) return;
  const key = `columns.${table.dataset.table}`;
  for (const head of table.querySelectorAll("th[data-column]")) {
    const name = /** @type {HTMLElement} */ (head).dataset.column ?? "";
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = !(memory.read(key) ?? []).includes(name);
    box.addEventListener("change", () => {
      const others = (memory.read(key) ?? []).filter((/** @type {string} */ one) => one !== name);
      memory.write(key, box.checked ? others : [...others, name]);
      applyColumns(table);
    });
    const label = document.createElement("label");
    label.className = "menu-item";
    label.append(box, head.textContent?.trim() ?? name);
    menu.append(label);
  }
}

/** @param {Table} table */
function exportCsv(table) {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  const shown = heads.map((head, index) => ({ head, index })).filter(({ head }) => !head.hidden && !head.matches(".cell-actions"));
  const lines = rows(table).map((row) => shown.map(({ index }) => valueOf(row.cells[index])));
  const title = table.dataset.title ?? table.caption?.textContent ?? "";
  download(fileName(title, "csv"), csv([shown.map(({ head }) => head.textContent?.trim() ?? ""), ...lines]));
}

/** @param {Table} table */
function closeDetails(table) {
  for (const detail of table.querySelectorAll("tr.row-detail")) detail.remove();
  for (const toggle of table.querySelectorAll("[data-row-toggle]")) toggle.setAttribute("aria-expanded", "false");
}

/** @param {HTMLTableRowElement} row */
async function toggleDetail(row) {
  const toggle = row.querySelector("[data-row-toggle]");
  const next = row.nextElementSibling;
  if (next?.matches(".row-detail")) {
    next.remove();
    toggle?.setAttribute("aria-expanded", "false");
    return;
  }
  const detail = document.createElement("tr");
  detail.className = "row-detail";
  const cell = detail.insertCell();
  cell.colSpan = row.cells.length;
  row.after(detail);
  toggle?.setAttribute("aria-expanded", "true");
  const url = row.dataset.detail ?? "";
  try {
    cell.innerHTML = await fetchFragment(url, "row");
    // @ts-expect-error htmx is a script of its own
    window.htmx?.process(cell);
  } catch {
    window.location.assign(url);
  }
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const row = event.target;
  if (!(row instanceof HTMLTableRowElement)) return;
  const table = /** @type {Table} */ (row.closest("table"));
  const all = rows(table);
  const at = all.indexOf(row);
  const goal = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (goal !== undefined && all[goal]) {
    event.preventDefault();
    row.tabIndex = -1;
    all[goal].tabIndex = 0;
    all[goal].focus();
  } else if (event.key === "Enter" && row.dataset.detail) {
    toggleDetail(row);
  } else if (event.key === "Escape" && row.nextElementSibling?.matches(".row-detail")) {
    toggleDetail(row);
  }
}

/** @param {MouseEvent} event */
function onClick(event) {
  const target = /** @type {Element} */ (event.target);
  const head = target.closest("button.sort")?.closest("th[data-sort]");
  const exporter = target.closest("[data-export-for]");
  const row = target.closest("tr[data-detail]");
  if (head instanceof HTMLTableCellElement) {
    sortBy(head);
  } else if (exporter) {
    const table = document.getElementById(exporter.getAttribute("data-export-for") ?? "");
    if (table instanceof HTMLTableElement) exportCsv(table);
  } else if (row instanceof HTMLTableRowElement) {
    const other = target.closest("a, button:not([data-row-toggle]), input, select, label, form, summary");
    const selecting = window.getSelection()?.type === "Range";
    if (!other && !selecting) toggleDetail(row);
  }
}

/** @param {ParentNode} root */
export function enhanceTables(root) {
  const tables = [...root.querySelectorAll("table[data-table]")];
  if (root instanceof HTMLTableElement && root.dataset.table) tables.push(root);
  for (const one of tables) {
    const table = /** @type {Table} */ (one);
    restoreSort(table);
    applyColumns(table);
    rows(table)
      .filter((row) => row.dataset.detail)
      .forEach((row, index) => {
        row.tabIndex = index ? -1 : 0;
      });
  }
  root.querySelectorAll("[data-columns-for]").forEach(buildColumnMenu);
}

/** Answer every table of the page, those swapped in later too. */
export function startTables() {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
}
