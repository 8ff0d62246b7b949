// The page around the text that Pandoc made: theme switch, menus, copying the citation, search.
"use strict";

(() => {
  const assets = document.currentScript.src.replace(/[^/]*$/, "");
  const root = new URL("..", assets).href;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);

  // THEME

  const THEME = "districtloss-theme";
  const darkSystem = matchMedia("(prefers-color-scheme: dark)");
  const themeSwitch = one(".theme-switch");
  const isDark = () => (document.documentElement.dataset.theme ?? (darkSystem.matches ? "dark" : "light")) === "dark";
  const showTheme = () => themeSwitch.setAttribute("aria-pressed", String(isDark()));

  themeSwitch.hidden = false;
  themeSwitch.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try { localStorage.setItem(THEME, theme); } catch { /* storage is off: it holds for this page */ }
    showTheme();
  });
  darkSystem.addEventListener("change", showTheme);
  // Another window of the report switched.
  addEventListener("storage", (event) => {
    if (event.key !== THEME || !event.newValue) return;
    document.documentElement.dataset.theme = event.newValue;
    showTheme();
  });
  showTheme();

  // MENUS

  const menus = all("details.menu");
  const closeMenus = (except) => { for (const menu of menus) if (menu !== except) menu.open = false; };

  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = menus.find((menu) => menu.open);
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  // CITATION

  const copy = one(".copy-citation");
  if (copy) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      const text = one(".citation-text"), done = one(".copy-done");
      try {
        await navigator.clipboard.writeText(text.textContent.trim());
        done.textContent = "Copied";
      } catch {
        // Pages from disk may not write to the clipboard: select the text, so that one key copies it.
        getSelection().selectAllChildren(text);
        done.textContent = "Selected: press Ctrl or Cmd and C";
      }
    });
  }

  // WHERE ONE IS, in the contents of the page

  const links = new Map(all(".contents a").map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  let marked = null;
  function markPlace() {
    const past = headings.filter((heading) => heading.getBoundingClientRect().top < 120);
    const link = past.length ? links.get(past.at(-1).id) : null;
    if (link === marked) return;
    marked?.classList.remove("here");
    link?.classList.add("here");
    marked = link;
  }
  if (headings.length) addEventListener("scroll", () => requestAnimationFrame(markPlace), { passive: true });

  // SEARCH

  const dialog = one("dialog.search"), field = one("#search-field");
  const results = one(".search-results"), count = one(".search-count");
  const opener = one(".search-open");
  let index = null;

  function loadIndex() {
    index ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${assets}search.js`;
      script.onload = () => resolve(window.DISTRICTLOSS_SEARCH.map((entry) => ({
        ...entry, title: fold(entry.t), chapter: fold(entry.c), text: fold(entry.x),
      })));
      script.onerror = reject;
      document.head.append(script);
    });
    return index;
  }

  // Accents and case make no difference; the length stays, so that places in the text do too.
  function fold(text) {
    return Array.from(text, (letter) => letter.normalize("NFD")[0].toLowerCase()[0]).join("");
  }

  function score(entry, terms) {
    let sum = 0;
    for (const term of terms) {
      const word = new RegExp(`(^|[^\\p{L}\\p{N}])${term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`, "u");
      if (word.test(entry.title)) sum += 10;
      else if (word.test(entry.chapter)) sum += 3;
      else if (!word.test(entry.text)) return 0;
      if (word.test(entry.text)) sum += 1;
    }
    return sum;
  }

  // The text around the first term, with the terms marked.
  function excerpt(entry, terms) {
    const letters = Array.from(entry.x);
    const first = Math.max(0, Math.min(...terms.map((term) => entry.text.indexOf(term)).filter((at) => at >= 0), letters.length) - 60);
    const from = first >= letters.length - 60 ? 0 : first;
    const piece = letters.slice(from, from + 190).join(""), folded = entry.text.slice(from, from + 190);
    const span = document.createElement("span");
    if (from) span.append("…");
    let at = 0;
    while (at < piece.length) {
      const hits = terms.map((term) => [folded.indexOf(term, at), term.length]).filter(([place]) => place >= 0);
      if (!hits.length) break;
      const [place, length] = hits.sort((a, b) => a[0] - b[0])[0];
      const mark = document.createElement("mark");
      mark.textContent = piece.slice(place, place + length);
      span.append(piece.slice(at, place), mark);
      at = place + length;
    }
    span.append(piece.slice(at));
    if (from + 190 < letters.length) span.append("…");
    return span;
  }

  async function search() {
    const entries = await loadIndex();
    const terms = fold(field.value).split(/\s+/).filter((term) => term.length > 0);
    results.replaceChildren();
    if (!terms.length) { count.textContent = ""; return; }
    const found = entries.map((entry) => [score(entry, terms), entry]).filter(([points]) => points > 0)
      .sort((a, b) => b[0] - a[0]);
    count.textContent = found.length === 0 ? "Nothing found" : found.length === 1 ? "1 section" : `${found.length} sections`;
    for (const [, entry] of found.slice(0, 30)) {
      const item = document.createElement("li"), link = document.createElement("a");
      link.href = `${root}${entry.p}#${entry.i}`;
      const title = document.createElement("strong");
      title.textContent = entry.n ? `${entry.n} ${entry.t}` : entry.t;
      link.append(title);
      if (entry.c && entry.c !== entry.t) {
        const where = document.createElement("span");
        where.className = "where";
        where.textContent = entry.c;
        link.append(where);
      }
      link.append(excerpt(entry, terms));
      item.append(link);
      results.append(item);
    }
  }

  function openSearch() {
    if (dialog.open) return;
    dialog.showModal();
    field.select();
    loadIndex();
  }

  opener.hidden = false;
  opener.addEventListener("click", openSearch);
  field.addEventListener("input", search);
  // Enter goes to the first hit; the button beside the field closes.
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") dialog.close(); // at the first press, rather than empty the field
    if (event.key !== "Enter") return;
    event.preventDefault();
    results.querySelector("a")?.click();
  });
  results.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if ((event.key === "/" && !typing) || (event.key === "k" && (event.ctrlKey || event.metaKey))) {
      event.preventDefault();
      openSearch();
    }
  });
})();
