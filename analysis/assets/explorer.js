// Lets the reader flip the report's choices and see the headline numbers follow, from what was counted when the
// report was made. A classic script, so that it also runs from a folder on disk.
"use strict";

(() => {
  const place = document.getElementById("explorer"), holder = document.getElementById("data-explorer");
  if (!place || !holder) return;
  const data = JSON.parse(holder.textContent);
  const factors = new Map(data.factors.map((factor) => [factor.name, factor]));
  // What stands in addresses for other reasons: Quarto's search, and marks that mail and social media add.
  const FOREIGN = /^(q|ref|utm_\w+|\w*clid)$/;
  const GAP = 6; // pixels between two combinations that are drawn on the curve

  // WORDS AND NUMBERS, as values.py prints them

  function printed(number, decimals) {
    const size = Math.abs(number), scaled = size * 10 ** decimals;
    // toFixed rounds what is nearer as Python does; an exact tie goes to the even digit there.
    const tie = scaled % 1 === 0.5 && Math.floor(scaled) % 2 === 0 && (size * 1024) % 1 === 0;
    const text = (tie ? Math.floor(scaled) / 10 ** decimals : size).toFixed(decimals)
      .replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
    // What would round to nothing is printed to its first digit.
    if (size >= 1e-6 && !/[1-9]/.test(text)) return printed(number, -Math.floor(Math.log10(Number(size.toExponential(0)))));
    return number < 0 && /[1-9]/.test(text) ? `−${text}` : text;
  }

  // Rates below one have two digits, and ends that differ are told apart, by up to two decimals more.
  function telling({ low, high, decimals }) {
    if (low === null || high === null || low === high) return decimals;
    const largest = Math.max(Math.abs(low), Math.abs(high)), small = decimals && largest >= 1e-6 && largest < 1;
    const least = small ? Math.max(decimals, 1 - Math.floor(Math.log10(largest))) : decimals;
    return [least, least + 1, least + 2].find((n) => printed(low, n) !== printed(high, n)) ?? least;
  }

  function range(outcome) {
    const { low, high } = outcome, decimals = telling(outcome);
    if (low === null || high === null) return "any";
    const ends = [printed(low, decimals), printed(high, decimals)];
    return ends[0] === ends[1] ? "" : `${ends[0]} to ${ends[1]}`;
  }

  const point = (outcome) => (outcome.point === null ? "not known" : printed(outcome.point, telling(outcome)));
  const whole = (outcome) => point(outcome) + (range(outcome) ? ` (${range(outcome)})` : "");
  const same = (a, b) => point(a) === point(b) && range(a) === range(b);
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

  function difference(mine, ours) {
    if (same(mine, ours)) return "none";
    if (mine.point === null || ours.point === null) return "other";
    const text = printed(mine.point - ours.point, telling(mine));
    return /[1-9]/.test(text) ? text.replace(/^(?!−)/, "+") : "range only";
  }

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  // COUNTING: `choice` has for each factor the number of its option; 0 is the report's.

  const ofReport = new Map(data.factors.map(({ name }) => [name, 0]));
  let choice = new Map(ofReport);

  // The last factor varies fastest.
  const position = (names, sizes, at) => names.reduce((sum, name, i) => sum * sizes[i] + (at.get(name) ?? 0), 0);

  function outcomes(at) {
    const edges = ["low", "point", "high"], counted = {};
    data.events.counts.forEach((name, i) => {
      const sums = edges.map((_, edge) => data.events.tables
        .reduce((sum, table) => sum + table.rows[table.at[position(table.factors, table.sizes, at)]][3 * i + edge], 0));
      counted[name] = { low: sums[0], point: sums[1], high: sums[2], decimals: 0 };
    });
    const { gross } = counted, days = data.events.days[at.get("as_of") ?? 0], weekly = (number) => number / days * 7;
    const rate = {
      low: weekly(data.poisson.low[gross.low]), point: weekly(gross.point), high: weekly(data.poisson.high[gross.high]), decimals: 1,
    };
    const combination = position(data.claims.factors, data.claims.sizes, at);
    const of = (figure, decimals) => {
      const [low, middle, high] = figure.rows[figure.at[combination]];
      return { low, point: middle, high, decimals };
    };
    const all = [
      { group: "What the articles name", name: "gross", label: "Named losses", ...gross },
      { group: "What the articles name", name: "rate", label: "Named losses a week", ...rate },
      { group: "What the articles name", name: "net", label: "Districts lost and still held at the end", ...counted.net },
    ];
    if (counted.local) {
      const label = `Named losses in ${data.province}, by ${data.province_day}`;
      all.push({ group: "What the articles name", name: "local", label, ...counted.local });
    }
    for (const pair of data.claims.pairs) {
      all.push({ group: "Districts a day that two figures imply", name: pair.name, label: pair.label, ...of(pair, 1) });
    }
    for (const figure of data.claims.figures) {
      all.push({ group: "The figures, as numbers of districts", label: figure.label, ...of(figure, 0) });
    }
    return all;
  }

  const ours = outcomes(ofReport);

  // THE ADDRESS: choices are the query, so that links within the page and the back button work as ever.

  const departures = () => [...factors.values()].filter(({ name }) => choice.get(name) !== 0);
  const valueOf = ({ name, options }) => options[choice.get(name)][0];

  function readAddress() {
    const wrong = [];
    choice = new Map(ofReport);
    for (const [name, value] of new URLSearchParams(location.search)) {
      const option = factors.get(name)?.options.findIndex(([known]) => known === value) ?? -1;
      if (option >= 0) choice.set(name, option);
      else if (!FOREIGN.test(name)) wrong.push(`${name}=${value}`);
    }
    return wrong;
  }

  function address() {
    const kept = [...new URLSearchParams(location.search)].filter(([name]) => FOREIGN.test(name));
    const asked = [...kept, ...departures().map((factor) => [factor.name, valueOf(factor)])]
      .map((part) => part.map((text) => encodeURIComponent(text).replaceAll("%2C", ",")).join("="));
    return location.href.replace(/[?#].*$/, "") + (asked.length ? `?${asked.join("&")}` : "") + `#${place.id}`;
  }

  function writeAddress() {
    // Replaced, not pushed: "back" leaves the page instead of undoing choices one by one.
    try { history.replaceState(history.state, "", address()); } catch { /* a browser that keeps addresses of files as they are */ }
  }

  function command() {
    const settings = { ...data.settings };
    for (const factor of departures()) settings[factor.name] = valueOf(factor);
    const names = new Set([...["start", "as_of"].filter((name) => name in settings), ...Object.keys(settings).sort()]);
    const words = [...names].map((name) => {
      const value = settings[name], safe = /^[\w.,-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
      return name === "start" || name === "as_of" ? `--${name.replace("_", "-")} ${safe}` : `--set ${name}=${safe}`;
    });
    // Where others keep their data nobody knows; the data package that the report offers is what belongs there.
    return ["districtloss build", ...(data.own ? [] : ["--data FOLDER"]), ...words].join(" ");
  }

  // THE FORM

  const selects = new Map(), notes = new Map();

  function field(factor) {
    const id = `choice-${factor.name.toLowerCase()}`;
    const select = element("select", { id, name: factor.name, autocomplete: "off", "aria-describedby": `${id}-note` });
    factor.options.forEach(([, words], i) =>
      select.append(element("option", { value: i }, i ? capital(words) : `${capital(words)} (report)`)));
    select.addEventListener("change", () => { choice.set(factor.name, Number(select.value)); update(); });
    const note = element("span", { id: `${id}-note` }), line = element("p", { class: "choice-note" });
    if (factor.decision) {
      line.append(element("a", { href: `#decision-${factor.name.toLowerCase()}`, "aria-label": `${factor.name} in the register` }, factor.name), " ");
    }
    line.append(note);
    selects.set(factor.name, select);
    notes.set(factor.name, note);
    return element("div", { class: "choice" }, element("label", { for: id }, factor.question), select, line);
  }

  function fields(group, legend) {
    const some = data.factors.filter((factor) => factor.group === group);
    return some.length ? element("fieldset", {}, element("legend", {}, legend), element("div", { class: "choices" }, ...some.map(field))) : "";
  }

  const form = element("form", { class: "choice-form", "aria-label": "Your choices" });
  form.addEventListener("submit", (event) => event.preventDefault());
  const rest = data.factors.filter(({ group }) => group === "more").length;
  const more = rest
    ? element("details", { class: "more-choices" }, element("summary", {}, `${rest} more ${rest === 1 ? "decision" : "decisions"} on single reports`),
      fields("more", "Decisions that move the rate less"))
    : "";
  const reset = element("button", { type: "button", class: "choice-button", "aria-label": "Reset to the report’s choices" }, "Reset");
  reset.addEventListener("click", () => { choice = new Map(ofReport); update(); });
  const said = element("p", { role: "status" });
  const now = element("div", { class: "choice-now" }, said, reset);
  form.append(fields("main", "What counts as a loss, and when"), more, fields("claims", "How the figures are read"));

  // THE NUMBERS

  const cells = ours.map(() => ["td", "td", "td"].map((tag) => element(tag)));

  function numbersTable() {
    const columns = ["Number", "Yours", "Report", "Change"].map((text) => element("th", { scope: "col" }, text));
    const table = element("table", { class: "choice-numbers" }, element("caption", {}, "The numbers under your choices, beside the report’s"),
      element("thead", {}, element("tr", {}, ...columns)));
    for (const group of new Set(ours.map((outcome) => outcome.group))) {
      const part = element("tbody", {}, element("tr", {}, element("th", { scope: "rowgroup", colspan: 4 }, group)));
      ours.forEach((outcome, i) => {
        if (outcome.group === group) part.append(element("tr", {}, element("th", { scope: "row" }, outcome.label), ...cells[i]));
      });
      table.append(part);
    }
    return table;
  }

  function figure(outcome) {
    const span = range(outcome);
    return [element("b", {}, point(outcome)), ...(span ? [" ", element("span", {}, span)] : [])];
  }

  function showNumbers(mine) {
    mine.forEach((outcome, i) => {
      const [yours, report, change] = cells[i];
      const text = difference(outcome, ours[i]);
      yours.replaceChildren(...figure(outcome));
      report.replaceChildren(...figure(ours[i]));
      change.replaceChildren(text);
      yours.parentElement.classList.toggle("differs", text !== "none");
    });
  }

  // THE CURVE

  const SVG = "http://www.w3.org/2000/svg";
  const drawable = ours.filter((outcome) => data.curves[outcome.name]?.length);
  const picker = element("select", { id: "choice-curve", autocomplete: "off" },
    ...drawable.map((outcome) => element("option", { value: outcome.name }, outcome.label)));
  picker.value = "rate";
  const canvas = element("div", { class: "choice-curve" });
  const words = element("figcaption", { id: "choice-curve-words" });

  function shape(tag, attributes, text) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // A step of 1, 2 or 5 times a power of ten that makes about four of the whole.
  function stepOf(size) {
    const power = 10 ** Math.floor(Math.log10(size / 4));
    return power * [1, 2, 5, 10].find((factor) => factor * power >= size / 4);
  }

  function drawCurve(mine) {
    const name = picker.value, rows = data.curves[name];
    if (!rows?.length) return;
    const yours = mine.find((outcome) => outcome.name === name), report = ours.find((outcome) => outcome.name === name);
    const total = rows.reduce((sum, row) => sum + row[3], 0);
    const combination = (rank) => { for (const row of rows) if ((rank -= row[3]) < 0) return row; return rows.at(-1); };
    const lower = (value) => rows.reduce((sum, row) => sum + (row[1] < value - 0.0006 ? row[3] : 0), 0);
    const tied = (value) => rows.reduce((sum, row) => sum + (Math.abs(row[1] - value) <= 0.0006 ? row[3] : 0), 0);

    const width = Math.max(260, canvas.clientWidth), height = 220;
    const margin = { top: 26, right: 8, bottom: 24, left: 40 };
    const known = [...rows, [yours.low, yours.point, yours.high]].flatMap((row) => row.slice(0, 3)).filter((v) => v !== null);
    const step = stepOf((Math.max(0, ...known) - Math.min(0, ...known)) || 1);
    const bottom = step * Math.floor(Math.min(0, ...known) / step), top = step * Math.ceil(Math.max(0, ...known) / step);
    const x = (rank) => margin.left + rank / total * (width - margin.left - margin.right);
    const y = (value) => margin.top + (top - value) / (top - bottom) * (height - margin.top - margin.bottom);
    const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-labelledby": words.id });

    for (let value = bottom; value <= top + step / 2; value += step) {
      svg.append(shape("path", { class: "grid", d: `M${margin.left} ${y(value)}H${width - margin.right}` }));
      const decimals = Math.max(0, -Math.floor(Math.log10(step)));
      svg.append(shape("text", { x: margin.left - 6, y: y(value) + 4, "text-anchor": "end" }, printed(value, decimals)));
    }
    const lines = Math.min(Math.floor((x(total) - x(0)) / GAP), total), span = (low, high) => `V${y(low ?? bottom)}V${y(high ?? top)}`;
    let spans = "", dots = "";
    for (let i = 0; i < lines; i++) {
      const at = x((i + 0.5) / lines * total), [low, middle, high] = combination(Math.floor((i + 0.5) / lines * total));
      spans += `M${at} ${y(low ?? bottom)}${span(low, high)}`;
      dots += `M${at} ${y(middle)}h0`;
    }
    svg.append(shape("path", { class: "spans", d: spans, "stroke-width": Math.max(1, (x(total) - x(0)) / lines * 0.4) }));
    svg.append(shape("path", { class: "dots", d: dots }));
    svg.append(shape("text", { x: margin.left, y: height - 6 }, "combinations, by size"));
    svg.append(shape("text", { x: width - margin.right, y: height - 6, "text-anchor": "end" }, printed(total, 0)));

    const marked = same(yours, report) ? [["report and you", "yours", yours]] : [["report", "report", report], ["you", "yours", yours]];
    const places = marked.map(([, , outcome]) => x(lower(outcome.point) + tied(outcome.point) / 2));
    const near = places.length > 1 && Math.abs(places[0] - places[1]) < 60;
    marked.forEach(([text, kind, outcome], i) => {
      const at = places[i];
      // Side by side, the words lean away from each other.
      let anchor = near ? ((at > places[1 - i] || (at === places[1 - i] && i)) ? "start" : "end") : "middle";
      if (at < margin.left + 60 && anchor !== "start") anchor = near ? "end" : "start";
      if (at > width - 60 && anchor !== "end") anchor = near ? "start" : "end";
      const mark = shape("g", { class: kind });
      mark.append(shape("path", { class: "lead", d: `M${at} ${margin.top - 6}V${y(outcome.point)}` }));
      mark.append(shape("path", { class: "span", d: `M${at} ${y(outcome.low ?? bottom)}${span(outcome.low, outcome.high)}` }));
      mark.append(shape("circle", { cx: at, cy: y(outcome.point), r: 5 }));
      mark.append(shape("text", { x: at, y: margin.top - 11, "text-anchor": anchor }, text));
      svg.append(mark);
    });
    canvas.replaceChildren(svg);

    const all = data.combinations[data.claims.pairs.some((pair) => pair.name === name) ? "claims" : "events"];
    const points = rows.map((row) => row[1]);
    const rank = (outcome) => `${printed(100 * lower(outcome.point) / total, 0)} in a hundred combinations give less`;
    const sampled = total < all ? `${printed(total, 0)} combinations of choices, drawn at random from ${printed(all, 0)}` : total === 1 ? "the only combination of choices" : `all ${printed(total, 0)} combinations of choices`;
    const exact = telling({ low: points[0], high: points.at(-1), decimals: report.decimals });
    words.textContent = `${report.label} under ${sampled}: from ${printed(points[0], exact)} to ${printed(points.at(-1), exact)}, ` +
      `half of them up to ${printed(combination(Math.floor((total - 1) / 2))[1], exact)}. The report has ${whole(report)}: ${rank(report)}. ` +
      (same(yours, report) ? "Your choices give the same." : `Your choices give ${whole(yours)}: ${rank(yours)}.`) +
      " Each line is the interval of one combination, its dot the point figure.";
  }

  // COPYING

  function copied(label, text, className) {
    const code = element("code", {}, text), done = element("span", { role: "status" });
    const button = element("button", { type: "button", class: "choice-button" }, `Copy the ${label}`);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        done.textContent = "Copied";
      } catch {
        // Some browsers let no page from disk write to the clipboard: select the text, so that one key copies it.
        getSelection().selectAllChildren(code);
        done.textContent = "Selected: press Ctrl or Cmd and C";
      }
    });
    return { code, done, box: element("div", { class: className }, element("pre", { tabindex: 0, role: "group", "aria-label": capital(label) }, code), element("p", {}, button, " ", done)) };
  }

  const rerun = copied("command", "", "choice-copy"), cited = copied("address", "", "choice-copy");

  // ALL TOGETHER

  let timer = 0, first = true;

  function sentence(mine) {
    const rate = mine.findIndex(({ name }) => name === "rate"), flipped = departures().length;
    const headline = `${whole(mine[rate])} named losses a week`;
    if (!flipped) return `The report’s own choices: ${headline}.`;
    const changed = mine.filter((outcome, i) => !same(outcome, ours[i])).length;
    const numbers = changed ? `${changed} of ${mine.length} numbers ${changed === 1 ? "changes" : "change"}` : "no number changes";
    return `${flipped === 1 ? "One choice is" : `${flipped} choices are`} yours, ${numbers}: ` +
      (same(mine[rate], ours[rate]) ? `${headline}, as in the report.` : `${headline}, in the report ${point(ours[rate])}.`);
  }

  function update() {
    const mine = outcomes(choice);
    for (const factor of factors.values()) {
      const at = choice.get(factor.name);
      selects.get(factor.name).value = at;
      notes.get(factor.name).textContent = at ? `changed; the report: ${factor.options[0][1]}` : "";
      selects.get(factor.name).parentElement.classList.toggle("changed", at !== 0);
    }
    showNumbers(mine);
    drawCurve(mine);
    if (!first) writeAddress();
    rerun.code.textContent = command();
    cited.code.textContent = address();
    rerun.done.textContent = cited.done.textContent = "";
    // One calm sentence once the hand rests, instead of every step on the way.
    clearTimeout(timer);
    timer = setTimeout(() => { said.textContent = sentence(mine); }, first ? 0 : 400);
    first = false;
  }

  const wrong = readAddress();
  picker.addEventListener("change", () => drawCurve(outcomes(choice)));
  const table = numbersTable();
  place.replaceChildren(
    ...(wrong.length ? [element("p", { class: "choice-wrong", role: "status" },
      `The address asks for ${wrong.join(", ")}, which cannot be chosen here; the report’s own choice stands instead.`)] : []),
    form,
    now,
    element("div", { class: "choice-scroll" }, table),
    element("figure", {},
      element("p", { class: "choice-picker" }, element("label", { for: picker.id }, "The curve of"), picker), canvas, words),
    element("p", { class: "choice-how" }, "To make the whole report with these choices:"), rerun.box,
    element("p", { class: "choice-how" }, "To send or cite them:"), cited.box,
  );
  if (more && data.factors.some(({ name, group }) => group === "more" && choice.get(name))) more.open = true;
  update();
  let drawn = canvas.clientWidth;
  new ResizeObserver(() => {
    if (canvas.clientWidth === drawn) return;
    drawn = canvas.clientWidth;
    drawCurve(outcomes(choice));
  }).observe(canvas);
})();
