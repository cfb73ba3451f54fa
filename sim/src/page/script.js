"use strict";
// Tables sort by a click on a head; numbers by value, words by letter. Each can be saved as CSV as it stands.
function compare(a, b) {
  const [x, y] = [a, b].map((cell) => cell.dataset.value ?? cell.textContent);
  const [n, m] = [Number(x), Number(y)];
  return x !== "" && y !== "" && !Number.isNaN(n) && !Number.isNaN(m) ? n - m : x.localeCompare(y);
}
function sort(head) {
  const [row, table] = [head.parentElement, head.closest("table")];
  const column = [...row.children].indexOf(head);
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of row.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => compare(a.cells[column], b.cells[column]) * (down ? -1 : 1));
  table.tBodies[0].append(...rows);
}
function text(table) {
  const cell = (c) => {
    const value = c.dataset.value ?? c.textContent.trim();
    return /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  };
  return [...table.rows].map((row) => [...row.cells].map(cell).join(",")).join("\n") + "\n";
}
// Paper has no clicks: what can be opened there is open. Records of single points stay as they are.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details.printed")) details.open = true;
});
for (const head of document.querySelectorAll("th")) {
  head.querySelector("button").addEventListener("click", () => sort(head));
}
for (const link of document.querySelectorAll("a.csv")) {
  link.addEventListener("click", () => {
    const table = document.getElementById(link.dataset.table);
    link.href = URL.createObjectURL(new Blob([text(table)], { type: "text/csv" }));
  });
}
// A link to a point opens its record.
function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
}
addEventListener("hashchange", reveal);
reveal();
