// What lives in the text, whichever renderer made the page: charts, and the cards that say how a number was made.
// A classic script, so that it also runs from a folder on disk. Nothing here asks for anything over a network.
"use strict";

(() => {
  const assets = document.currentScript.src.replace(/[^/]*$/, "");

  function loadScript(url) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = url;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${url} cannot be loaded`));
      document.head.append(script);
    });
  }

  // THEME: read from the page rather than remembered, since Quarto has a switch of its own.

  const darkSystem = matchMedia("(prefers-color-scheme: dark)");

  function isDark() {
    const scheme = getComputedStyle(document.body).colorScheme;
    return scheme.includes("dark") && (!scheme.includes("light") || darkSystem.matches);
  }

  function onThemeChange(callback) {
    let last = isDark();
    const look = () => {
      const now = isDark();
      if (now !== last) callback((last = now));
    };
    const observer = new MutationObserver(look);
    observer.observe(document.documentElement, { attributes: true });
    observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    darkSystem.addEventListener("change", look);
  }

  // The value of a colour of report.css, as it is in the theme of the moment.
  function colour(name) {
    const probe = document.createElement("span");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  // CHARTS

  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif";

  function themeConfig() {
    const ink = colour("ink"), quiet = colour("quiet"), rule = colour("rule");
    return {
      background: "transparent",
      font: FONT,
      axis: { labelColor: quiet, titleColor: quiet, domainColor: rule, tickColor: rule, gridColor: rule },
      header: { labelColor: ink, titleColor: ink },
      legend: { labelColor: ink, titleColor: quiet },
      title: { color: ink, subtitleColor: quiet },
      view: { stroke: "transparent" },
      text: { color: ink },
    };
  }

  // `over` wins where both say something: the chart's own colours were chosen for white paper.
  function merge(under, over) {
    if (over === undefined) return under;
    if (under === null || over === null || typeof under !== "object" || typeof over !== "object") return over;
    const both = Array.isArray(under) ? [...under] : { ...under };
    for (const key of Object.keys(over)) both[key] = merge(under[key], over[key]);
    return both;
  }

  // On a dark page each colour gets the opposite lightness and keeps its hue (in OKLab, where equal steps look
  // equal): dark words on light tiles become light words on dark tiles, and what stood out still does.
  function reversed(hex) {
    const linear = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    const times = (matrix, vector) => matrix.map((row) => row.reduce((sum, m, i) => sum + m * vector[i], 0));
    const cones = times([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.63]], linear).map(Math.cbrt);
    const [light, a, b] = times([[0.2105, 0.7936, -0.0041], [1.978, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]], cones);
    const turned = times([[1, 0.3963, 0.2158], [1, -0.1056, -0.0639], [1, -0.0895, -1.2915]], [1.03 - 0.8 * light, a, b])
      .map((c) => c ** 3);
    return "#" + times([[4.0767, -3.3077, 0.231], [-1.2684, 2.6098, -0.3413], [-0.0042, -0.7034, 1.7076]], turned)
      .map((c) => Math.min(1, Math.max(0, c)))
      .map((c) => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055))
      .map((c) => Math.round(255 * c).toString(16).padStart(2, "0")).join("");
  }

  // The same chart for a page: every string that is not data goes through `change`.
  function changed(part, change) {
    if (typeof part === "string") return change(part);
    if (Array.isArray(part)) return part.map((one) => changed(one, change));
    if (part === null || typeof part !== "object") return part;
    return Object.fromEntries(Object.entries(part).map(([key, value]) =>
      [key, key === "data" || key === "datasets" ? value : changed(value, change)]));
  }

  // The drawings name a face that the PDF embeds and a reader need not have.
  const inOurFont = (text) => (text === "Source Sans Pro" ? FONT : text);
  const inDark = (text) => (/^#[0-9a-f]{6}$/i.test(text) ? reversed(text) : text);

  const isSingle = (spec) => !["hconcat", "vconcat", "concat", "facet", "repeat"].some((key) => key in spec);

  // A single chart takes the width there is. Several over each other are narrowed once it is known how wide their
  // labels make them, down to what can be read; what is still too wide scrolls.
  const NARROWEST = 140;
  // What a chart does otherwise on a phone, it says itself (charts.py).
  const phone = matchMedia("(max-width: 30rem)");

  function narrowed(spec, by) {
    if (spec.spec) return { ...spec, spec: narrowed(spec.spec, by) };
    if (spec.vconcat) return { ...spec, vconcat: spec.vconcat.map((part) => narrowed(part, by)) };
    return typeof spec.width === "number" ? { ...spec, width: Math.max(NARROWEST, spec.width - by) } : spec;
  }

  function fitted(spec) {
    if (!isSingle(spec) || typeof spec.width !== "number" || spec.encoding?.facet || spec.encoding?.column) return spec;
    return { ...spec, width: "container", autosize: { type: "fit-x", contains: "padding" } };
  }

  function specFor(chart) {
    const holder = document.querySelector(`script.chart-spec[data-for="${CSS.escape(chart.dataset.spec)}"]`);
    return holder && JSON.parse(holder.textContent);
  }

  let library = null;
  const views = new Map();

  async function draw(chart) {
    const written = specFor(chart);
    if (!written) return;
    const source = phone.matches ? merge(written, written.usermeta?.phone) : written;
    library ??= loadScript(`${assets}vega.js`);
    await library;
    let spec = changed(fitted(source), inOurFont);
    if (isDark()) spec = changed(spec, inDark);
    spec = { ...spec, config: merge(spec.config ?? {}, themeConfig()) };
    const image = chart.querySelector("img");
    let mount = chart.querySelector(".chart-view");
    if (!mount) {
      mount = document.createElement("div");
      mount.className = "chart-view";
      chart.append(mount);
    }
    // Vega measures the container, which must be shown for that.
    chart.dataset.live = "";
    try {
      views.get(chart)?.finalize();
      const options = {
        actions: false,
        defaultStyle: false,
        logLevel: 1, // errors: warnings are for the makers of charts
        renderer: "svg",
        tooltip: { theme: "custom", disableDefaultStyle: false },
        ast: false,
      };
      let result = await vegaEmbed(mount, spec, options);
      // Once is not enough where what stands out changes with the width: the last day on the axis, a label.
      for (let over, turn = 0; turn < 3 && !isSingle(source) && (over = mount.scrollWidth - mount.clientWidth) > 0; turn++) {
        result.finalize();
        result = await vegaEmbed(mount, (spec = narrowed(spec, over)), options);
      }
      views.set(chart, result);
      // Vega-Embed puts a role and a name of its own on the container; the chart's words are better.
      mount.setAttribute("role", "img");
      mount.removeAttribute("aria-roledescription");
      mount.setAttribute("aria-label", image?.alt ?? "");
      watchWidth.observe(mount); // anew after each drawing, which can be wider in a box that is as it was
      chart.dispatchEvent(new CustomEvent("chart-ready", { bubbles: true, detail: { view: result.view, name: chart.dataset.spec } }));
    } catch (error) {
      delete chart.dataset.live; // the drawing stays
      mount.remove();
      console.error(error);
    }
  }

  function startCharts() {
    const charts = [...document.querySelectorAll(".chart[data-spec]")];
    if (!charts.length) return;
    const waiting = new Set(charts);
    const begin = (chart) => waiting.delete(chart) && draw(chart);
    const near = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) begin(entry.target);
    }, { rootMargin: "800px" });
    for (const chart of charts) near.observe(chart);
    // The rest once the page is at rest, so that whoever prints it or jumps finds them drawn.
    const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 500));
    window.addEventListener("load", () => idle(async () => { for (const chart of charts) await begin(chart); }));
    const again = () => { for (const chart of views.keys()) draw(chart); };
    onThemeChange(again);
    phone.addEventListener("change", again);
  }

  // CARDS OF NUMBERS

  let numbers = null;

  function loadNumbers() {
    numbers ??= loadScript(new URL("../results/numbers.js", assets).href)
      .then(() => window.DISTRICTLOSS_NUMBERS ?? {}, () => ({}));
    return numbers;
  }

  const nameOf = (link) => decodeURIComponent(link.hash).replace(/^#n-/, "");

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function startCards() {
    if (!document.querySelector("a.number")) return;
    const card = element("div", "number-card");
    card.id = "number-card";
    card.setAttribute("role", "tooltip");
    card.hidden = true;
    (document.querySelector("main") ?? document.body).append(card); // in a landmark, like all that is read
    let open = null, timer = 0, touched = false;

    function fill(link, entry) {
      const value = element("p", "value", entry.text);
      if (entry.unit) value.append(element("span", "", ` ${entry.unit}`));
      card.replaceChildren(value);
      if (entry.label) card.prepend(element("p", "label", entry.label));
      if (entry.range && entry.range !== entry.text) card.append(element("p", "range", entry.range));
      if (entry.formula) card.append(element("p", "formula", entry.formula));
      const rows = entry.rows ?? [];
      if (rows.length) {
        const list = element("ul");
        for (const row of rows.slice(0, 6)) list.append(element("li", "", row));
        if (rows.length > 6) list.append(element("li", "", `and ${rows.length - 6} more`));
        card.append(list);
      }
      const more = element("p", "more");
      const entryLink = element("a", "", "How this number was made");
      entryLink.href = link.href;
      entryLink.tabIndex = -1; // the number itself leads there by keyboard
      more.append(entryLink);
      card.append(more);
    }

    function place(link) {
      card.style.left = card.style.top = "0";
      card.style.maxHeight = "";
      card.hidden = false;
      const box = link.getClientRects()[0], size = card.getBoundingClientRect();
      const room = document.documentElement.clientWidth;
      const left = Math.max(12, Math.min(box.left + box.width / 2 - size.width / 2, room - size.width - 12));
      // Below where it fits, else where there is more room; what is longer than that scrolls.
      const under = innerHeight - box.bottom - 20, over = box.top - 20;
      const above = size.height > under && over > under;
      const height = Math.min(size.height, Math.max(above ? over : under, 120));
      card.style.maxHeight = `${height}px`;
      const top = above ? box.top - height - 8 : box.bottom + 8;
      // `size` says where 0, 0 is on the screen, whatever the card is placed against.
      card.style.left = `${left - size.left}px`;
      card.style.top = `${top - size.top}px`;
    }

    async function show(link) {
      clearTimeout(timer);
      const wanted = (open = link);
      const entry = (await loadNumbers())[nameOf(link)];
      if (!entry || open !== wanted) return;
      fill(link, entry);
      place(link);
      link.setAttribute("aria-describedby", card.id);
    }

    function hide() {
      clearTimeout(timer);
      open?.removeAttribute("aria-describedby");
      open = null;
      card.hidden = true;
    }

    const later = (action, wait) => { clearTimeout(timer); timer = setTimeout(action, wait); };
    const numberOf = (event) => event.target.closest?.("a.number");

    document.addEventListener("pointerdown", (event) => {
      touched = event.pointerType === "touch";
      if (open && !numberOf(event) && !card.contains(event.target)) hide();
    });
    document.addEventListener("pointerover", (event) => {
      if (event.pointerType === "touch") return;
      const link = numberOf(event);
      if (link && link !== open) later(() => show(link), 120);
      else if (card.contains(event.target) || link) clearTimeout(timer);
    });
    document.addEventListener("pointerout", (event) => {
      if (event.pointerType === "touch" || document.activeElement === open) return;
      if (numberOf(event) || card.contains(event.target)) later(hide, 250);
    });
    document.addEventListener("focusin", (event) => {
      const link = numberOf(event);
      if (link && link.matches(":focus-visible")) show(link);
      else if (open && !card.contains(event.target)) hide();
    });
    document.addEventListener("focusout", (event) => {
      if (numberOf(event) === open && !card.contains(event.relatedTarget)) later(hide, 150);
    });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && open) hide(); });
    // A finger cannot hover: the first tap opens the card, which has the link in it.
    document.addEventListener("click", (event) => {
      const link = numberOf(event);
      if (!link || !touched || (link === open && !card.hidden)) return;
      event.preventDefault();
      show(link);
    });
    addEventListener("resize", () => { if (open && !card.hidden) place(open); });
  }

  // TABLES AND CHARTS: only a box that scrolls needs a stop for the keyboard.

  const watchWidth = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const box of document.querySelectorAll(".table-scroll, .quarto-float-tbl > div, pre")) watchWidth.observe(box);

  // QUARTO'S FRAME: names for its landmarks, and a role for the heads of callouts that fold.

  document.getElementById("quarto-sidebar")?.setAttribute("aria-label", "Chapters");
  document.querySelector("nav#TOC")?.setAttribute("aria-label", "On this page");
  document.querySelector("nav.quarto-secondary-nav")?.setAttribute("aria-label", "Where you are");
  for (const link of document.querySelectorAll('#quarto-sidebar a[role="navigation"]')) link.setAttribute("role", "button");
  for (const head of document.querySelectorAll(".callout-header[data-bs-toggle]")) {
    head.setAttribute("role", "button");
    head.tabIndex = 0;
    head.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      head.click();
    });
  }

  startCharts();
  startCards();
})();
