// Choosing a province on the map, or from the list above it: the charts of the page and the table of provinces follow.
// A classic script, so that it also runs from a folder on disk.
"use strict";

(() => {
  const map = document.querySelector('.chart[data-spec="province_map"]');
  const holder = document.querySelector('script.chart-spec[data-for="province_map"]');
  if (!map || !holder) return;
  const tiles = Object.values(JSON.parse(holder.textContent).datasets).flat().filter((row) => row.tile_row !== undefined);
  const byId = new Map(tiles.map((tile) => [tile.province_id, tile]));
  const rows = [...document.querySelectorAll("#tbl-provinces tbody tr")];
  const views = new Map(); // by name of the chart
  let chosen = "";

  const box = document.createElement("p"), list = document.createElement("select"), said = document.createElement("output");
  box.className = "province-choice";
  list.add(new Option("All provinces", ""));
  for (const tile of tiles.toSorted((a, b) => a.name.localeCompare(b.name))) {
    list.add(new Option(tile.label ? `${tile.name}: ${tile.label}` : tile.name, tile.province_id));
  }
  const label = document.createElement("label");
  label.append("Province ", list);
  box.append(label, " ", said);
  map.before(box);

  function words(tile) {
    if (!tile) return "";
    if (!tile.high) return `No loss is named in ${tile.name}.`;
    const possible = tile.high === tile.low ? "" : `, ${tile.high} possible`;
    return `${tile.name}: ${tile.low} certain${possible}.`;
  }

  function tell(view) {
    view.signal("province", chosen).runAsync();
  }

  function choose(id) {
    chosen = list.value = byId.has(id) ? id : "";
    said.value = words(byId.get(chosen));
    for (const view of views.values()) tell(view);
    for (const row of rows) {
      row.classList.toggle("chosen", chosen !== "" && row.cells[0].textContent.trim() === byId.get(chosen).name);
    }
  }

  list.addEventListener("change", () => choose(list.value));
  document.addEventListener("chart-ready", ({ detail: { view, name } }) => {
    if (!Object.hasOwn(view.getState().signals, "province")) return;
    views.set(name, view);
    if (chosen) tell(view);
    view.addEventListener("click", (event, item) => {
      const id = item?.datum?.province_id;
      choose(id === chosen ? "" : id ?? "");
    });
  });
})();
