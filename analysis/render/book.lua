-- Turns the chapters of the book into HTML pages and one Typst document, teaching Pandoc the part of Quarto's
-- Markdown that README.md beside this file writes down. Run as `pandoc lua book.lua html` for the pages or `… typst`
-- for FOLDER/book.typ: is told FOLDER by a line of JSON, reads FOLDER/job.json (made by render_pandoc.py),
-- answers in FOLDER/html.json or FOLDER/typst.json, and lays what is to be kept of chapters into FOLDER/keep.

local stringify = pandoc.utils.stringify
local wanted = arg[1]
local NBSP = "\u{a0}"

local function read_file(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local function write_file(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- The first list of works takes a tenth of a second longer than the next: Pandoc loads how languages sort. That, and
-- Pandoc itself, can be ready before there is a book.
pandoc.utils.citeproc(pandoc.Pandoc({}, {nocite = pandoc.Inlines({pandoc.Cite({}, {pandoc.Citation("*", "NormalCitation")})}),
  references = {{id = "a", title = "a"}, {id = "b", title = "b"}}}))
local told = io.read("l")
if not told then os.exit(0) end -- whoever was to tell has gone
local folder = pandoc.json.decode(told, false)

local job = pandoc.json.decode(read_file(folder .. "/job.json"), false)
local null = pandoc.json.null
local function given(value) if value ~= nil and value ~= null and value ~= "" then return value end end

-- FAULTS ------------------------------------------------------------------------------------------------------
-- A fault carries a piece of the chapter's text; render_pandoc.py finds the lines in which that stands.

local faults, seen = pandoc.List(), {}
local function fault(chapter, find, problem, remedy)
  local key = chapter.file .. "\0" .. find .. "\0" .. problem
  if seen[key] then return end
  seen[key] = true
  faults:insert({file = chapter.file, find = find, problem = problem, remedy = remedy or ""})
end

-- READING -----------------------------------------------------------------------------------------------------

-- Ids for headings are given below, over the whole book, so that the reader must not give any.
local FORMAT = "markdown-auto_identifiers-implicit_figures+implicit_figures"

local CALLOUTS = {note = "Note", tip = "Tip", warning = "Warning", important = "Important", caution = "Caution"}
local KINDS = {fig = "Figure", tbl = "Table"}

-- `fig` for "fig-losses"; nil for an id that is not a cross-reference.
local function kind_of(id) return id:match("^(fig)%-") or id:match("^(tbl)%-") or id:match("^(sec)%-") end

-- Half of the text is for the pages alone, and reading it takes as long as the rest. Left in are such divisions as may
-- mean something to what stands around them: with headings, numbered examples, or what links and notes are defined by.
local PAGES_ONLY = '::: {.content-visible when-format="html"}'
local ELSEWHERE = {"^#", "^[=-][=-]+ *$", "^ *%[[^%]]*%]:", "^ *%(@"}
local function without_pages_only(text)
  local out, held, depth, code, needed = {}, nil, 0, false, false
  for line in (text .. "\n"):gmatch("(.-)\n") do
    if line:match("^```") then code = not code end
    if not held and not code and line == PAGES_ONLY then
      held, depth, needed = {line}, 1, false
    elseif not held then
      out[#out + 1] = line
    else
      held[#held + 1] = line
      if not code and line:match("^:::") then depth = depth + (line:match("^:::+ *$") and -1 or 1) end
      for _, mark in ipairs(ELSEWHERE) do needed = needed or not code and line:match(mark) end
      if depth == 0 then
        if needed then table.move(held, 1, #held, #out + 1, out) end
        held = nil
      end
    end
  end
  return held and text or table.concat(out, "\n") -- a division without an end is none
end

-- A figure or table written the short way becomes the same division as one written the long way.
local function as_division(element)
  if element.identifier == "" then return nil end
  local division = pandoc.Div({}, pandoc.Attr(element.identifier))
  local caption = pandoc.utils.blocks_to_inlines(element.caption.long)
  local bare = element:clone()
  bare.attr = pandoc.Attr("", element.classes, element.attributes)
  if element.t == "Figure" then
    division.content = element.content
  else
    bare.caption = pandoc.Caption()
    division.content = {bare}
  end
  division.content:insert(pandoc.Para(caption))
  return division
end

-- A callout's first heading is its title, not a section: it must be gone before sections are numbered.
local function callout_title(div)
  local first = div.content[1]
  if not (first and first.t == "Header" and div.classes:find_if(function(c) return c:match("^callout%-") end)) then
    return nil
  end
  div.content[1] = pandoc.Div({pandoc.Plain(first.content)}, pandoc.Attr("", {"title-of-callout"}))
  return div
end

-- CONDITIONS --------------------------------------------------------------------------------------------------

local function is_format(name, format)
  if name == "html" or name == "html5" then return format == "html" end
  return name == "typst" and format == "typst"
end

-- Keep what is meant for this format; unwrap the divisions that said so.
local function visible(blocks, format)
  local function choose(element)
    local shows = element.classes:includes("content-visible")
    local hides = element.classes:includes("content-hidden")
    if not (shows or hides) then return nil end
    local a, holds = element.attributes, true
    if a["when-format"] then holds = holds and is_format(a["when-format"], format) end
    if a["unless-format"] then holds = holds and not is_format(a["unless-format"], format) end
    if holds == shows then return element.content end
    return {}
  end
  return blocks:walk({Div = choose, Span = choose})
end

-- A CHAPTER ---------------------------------------------------------------------------------------------------

local function slug(text)
  local s = pandoc.text.lower(text):gsub("[%p]", function(c) return c:match("[-_.]") and c or "" end)
  s = s:gsub("[“”‘’–—…·]", ""):gsub("%s+", "-"):gsub("^[^%a\u{80}-\u{10ffff}]+", "")
  return s ~= "" and s or "section"
end

local function title_of(header)
  return stringify(header:walk({Note = function() return {} end}))
end

-- Look for what a chapter must not hold. One walk for all: each takes as long as the writing of a page.
local function check(chapter, blocks)
  local level = 0
  blocks:walk({
    Header = function(header)
      if header.level == 1 and level > 0 then
        fault(chapter, "# " .. stringify(header), "a second heading of level 1", "a chapter has one title")
      elseif header.level > level + 1 then
        fault(chapter, ("#"):rep(header.level) .. " " .. stringify(header), "the heading skips a level",
          "a heading is at most one level deeper than the one before it")
      end
      level = header.level
    end,
    Div = function(div)
      for _, class in ipairs(div.classes) do
        local callout = class:match("^callout%-(.+)")
        if callout and not CALLOUTS[callout] then
          fault(chapter, class, "unknown callout " .. class, "note, tip, warning, important or caution")
        end
        if class == "panel-tabset" or class:match("^column%-") then
          fault(chapter, class, class .. " is outside the book's subset of Quarto", "see analysis/render/README.md")
        end
      end
      for _, name in ipairs({"layout", "layout-ncol", "layout-nrow", "when-meta", "unless-meta", "when-profile"}) do
        if div.attributes[name] then
          fault(chapter, name, name .. " is outside the book's subset of Quarto", "see analysis/render/README.md")
        end
      end
    end,
    Math = function(math)
      fault(chapter, "$" .. math.text:sub(1, 12), "a formula in TeX, which has no text alternative in the PDF",
        "write it in words or with Unicode signs")
    end,
  })
  if not (blocks[1] and blocks[1].t == "Header" and blocks[1].level == 1) then
    fault(chapter, "", "the chapter does not start with its title", "the first block is a heading of level 1")
  end
end

local function as_json(blocks) return pandoc.write(pandoc.Pandoc(blocks), "json") end

-- The citations of a block with nothing around them but the footnote that they stand in, and whether the block is, or
-- holds, the place of the list of works.
local function citations_of(block)
  local cites, listed = pandoc.Inlines({}), false
  local function collect(list)
    return function(cite)
      if not kind_of(cite.citations[1].id:lower()) then list:insert(cite) end
    end
  end
  pandoc.Blocks({block}):walk({
    traverse = "topdown",
    Cite = collect(cites),
    Note = function(note)
      local inner = pandoc.Inlines({})
      pandoc.Blocks(note.content):walk({Cite = collect(inner)})
      if #inner > 0 then cites:insert(pandoc.Note({pandoc.Plain(inner)})) end
      return nil, false
    end,
    Div = function(div) listed = listed or div.identifier == "refs" end,
  })
  return cites, listed
end

-- What the rest of the book has to know of a chapter: headings, ids, figures and tables, citations. Notes in
-- chapter.citing the places of the blocks with citations.
local function outline_of(chapter, doc_meta)
  local out = {headings = pandoc.List(), ids = pandoc.List(), floats = pandoc.List(),
    description = given(doc_meta.description) and stringify(doc_meta.description)}
  local cited = false
  local function explicit(element)
    local id = element.identifier
    if id ~= "" and not KINDS[kind_of(id) or ""] then out.ids:insert(id) end
  end
  chapter.blocks:walk({
    Header = function(header)
      local title = title_of(header)
      if header.level == 1 then out.title = title end
      out.headings:insert({level = header.level, title = title, numbered = not header.classes:includes("unnumbered"),
        given = header.identifier ~= "", id = header.identifier ~= "" and header.identifier or slug(title)})
    end,
    Div = function(div)
      local kind = kind_of(div.identifier)
      cited = cited or div.identifier == "refs"
      if not KINDS[kind or ""] then return explicit(div) end
      out.floats:insert({kind = kind, id = div.identifier})
      local last = div.content[#div.content]
      if not last or last.t ~= "Para" or #div.content < 2 then
        fault(chapter, "#" .. div.identifier, KINDS[kind] .. " without a caption",
          "the caption is the last paragraph of the division")
      end
    end,
    Span = explicit, Link = explicit, CodeBlock = explicit, Code = explicit, Image = explicit,
    Cite = function() cited = true end,
  })
  chapter.citing = pandoc.List()
  local cites = pandoc.Blocks({})
  for place, block in ipairs(cited and chapter.blocks or {}) do
    local found, listed = citations_of(block)
    if #found > 0 or listed then chapter.citing:insert(place) end
    if #found > 0 then cites:insert(pandoc.Plain(found)) end
    if listed then cites:insert(pandoc.Div({}, pandoc.Attr("refs"))) end
  end
  out.cites = as_json(cites)
  out.nocite = doc_meta.nocite and as_json({pandoc.Plain(doc_meta.nocite)})
  return out
end

-- Read a chapter's blocks, and return its outline as text.
local function read_chapter(chapter)
  local doc = pandoc.read(wanted == "typst" and without_pages_only(chapter.text) or chapter.text, FORMAT)
  local blocks = doc.blocks:walk({Div = callout_title, Figure = as_division, Table = as_division})
  if given(doc.meta.title) then
    blocks:insert(1, pandoc.Header(1, pandoc.utils.blocks_to_inlines({pandoc.Plain(doc.meta.title)})))
  end
  if wanted == "html" then check(chapter, blocks) end -- which holds all that the other edition does
  chapter.blocks = visible(blocks, wanted)
  return pandoc.json.encode(outline_of(chapter, doc.meta))
end

-- NUMBERS AND IDS ---------------------------------------------------------------------------------------------

-- Number headings, figures and tables of all chapters as Quarto does, and note where each id stands.
-- Returns the register: ids[id] = {chapter, number, kind, title}.
local function number_all(book)
  local ids = {}
  local function register(chapter, id, entry)
    if ids[id] then
      local other = ids[id].chapter
      fault(chapter, "#" .. id, ("the id %s is used twice"):format(id),
        other == chapter and "an id stands once in a book" or "the other one is in " .. other.file)
      return
    end
    entry.chapter = chapter
    ids[id] = entry
  end
  -- Explicit ids first: one that a heading would get by itself gives way to one that somebody wrote.
  for _, chapter in ipairs(book) do
    for _, id in ipairs(chapter.ids) do register(chapter, id, {kind = "block"}) end
  end
  local next_number, next_letter = 0, 0
  for _, chapter in ipairs(book) do
    local counters, slugs = {0, 0, 0, 0, 0, 0}, {}
    for _, heading in ipairs(chapter.headings) do
      if heading.level == 1 then
        if chapter.kind == "chapter" and heading.numbered then
          next_number = next_number + 1
          chapter.number = tostring(next_number)
        elseif chapter.kind == "appendix" and heading.numbered then
          next_letter = next_letter + 1
          chapter.number = string.char(64 + next_letter)
        end
      elseif chapter.number and heading.numbered then
        counters[heading.level] = counters[heading.level] + 1
        for deeper = heading.level + 1, 6 do counters[deeper] = 0 end
      end
      local number = heading.numbered and chapter.number or nil
      if number then
        for level = 2, heading.level do number = number .. "." .. counters[level] end
      end
      heading.number = number
      if not heading.given then
        local base, again = heading.id, 0
        while slugs[heading.id] or (ids[heading.id] and ids[heading.id].explicit) do
          again = again + 1
          heading.id = base .. "-" .. again
        end
        slugs[heading.id] = true
      end
      local entry = {kind = "heading", level = heading.level, number = number, title = heading.title,
        explicit = heading.given, chapter = chapter}
      if heading.given then
        register(chapter, heading.id, entry)
      elseif not ids[heading.id] then
        ids[heading.id] = entry
      elseif ids[heading.id].chapter ~= chapter then
        ids[heading.id].shared = true -- two chapters have such a heading: no link from a third can mean it
      end
    end
    local counts = {fig = 0, tbl = 0}
    for _, float in ipairs(chapter.floats) do
      counts[float.kind] = counts[float.kind] + 1
      local prefix = chapter.number and chapter.number .. "." or ""
      register(chapter, float.id, {kind = float.kind, number = prefix .. counts[float.kind]})
    end
  end
  return ids
end

-- REFERENCES --------------------------------------------------------------------------------------------------

local function reference_label(entry, suppressed, prefix)
  if not entry.number then return entry.title end -- an unnumbered section is called by its name, as Quarto does
  if suppressed then return entry.number end
  local name = KINDS[entry.kind]
  if entry.kind == "heading" then
    name = entry.level > 1 and "Section" or entry.chapter.kind == "appendix" and "Appendix" or "Chapter"
  end
  return (prefix ~= "" and prefix or name) .. NBSP .. entry.number
end

-- Write numbers and ids into the headings of a chapter, and labels in the place of references.
local function number_and_refer(chapter, ids)
  local place = 0
  local function numbered(header)
    place = place + 1
    header.identifier = chapter.headings[place].id
    header.attributes.number = chapter.headings[place].number
    return header
  end
  chapter.blocks = chapter.blocks:walk({Header = numbered, Cite = function(cite)
    local first = cite.citations[1].id
    local outside = first:match("^(eq)%-") or first:match("^(lst)%-") or first:match("^(thm)%-")
    if outside then
      fault(chapter, "@" .. first, "references to " .. outside .. "- are outside the book's subset of Quarto")
      return nil
    end
    if not kind_of(first:lower()) then return nil end
    local out = pandoc.List()
    for i, citation in ipairs(cite.citations) do
      local id = citation.id:gsub("^%u", string.lower)
      local entry = ids[id]
      local kind = kind_of(id)
      if not entry or (kind == "sec") ~= (entry.kind == "heading") then
        fault(chapter, "@" .. citation.id, "unresolved reference @" .. citation.id,
          "no figure, table or section of the book has that id")
      else
        if i > 1 then out:extend({pandoc.Str(","), pandoc.Space()}) end
        local label = reference_label(entry, citation.mode == "SuppressAuthor", stringify(citation.prefix))
        out:insert(pandoc.Link(label, "#" .. id, "", pandoc.Attr("", {"xref"})))
        if #citation.suffix > 0 then out:extend(citation.suffix) end
      end
    end
    return out
  end})
end

-- Cite in all chapters at once, so that years get the same letters and one list holds them all. Of a chapter that is
-- kept the citations alone are read.
local function cite_all(book, ids)
  local whole, nocite = pandoc.List(), pandoc.Inlines({})
  for i, chapter in ipairs(book) do
    local cites = pandoc.read(chapter.cites, "json").blocks
    local blocks = chapter.blocks and chapter.citing:map(function(place) return chapter.blocks[place] end) or cites
    whole:insert(pandoc.Div(blocks, pandoc.Attr("", {}, {["data-chapter"] = tostring(i)})))
    if chapter.nocite then
      nocite:extend(pandoc.utils.blocks_to_inlines(pandoc.read(chapter.nocite, "json").blocks))
    end
  end
  if given(job.meta.nocite) then
    nocite:extend(pandoc.utils.blocks_to_inlines(pandoc.read(job.meta.nocite, "markdown").blocks))
  end
  local every = pandoc.Inlines({pandoc.Cite({pandoc.Str("@*")}, {pandoc.Citation("*", "AuthorInText")})})
  local references = pandoc.utils.references(pandoc.Pandoc({}, {bibliography = job.bibliography, nocite = every}))
  local known = {["*"] = true}
  for _, reference in ipairs(references) do known[reference.id] = true end
  local function check(chapter, blocks)
    pandoc.Blocks(blocks):walk({Cite = function(cite)
      for _, citation in ipairs(cite.citations) do
        if not known[citation.id] then
          fault(chapter, "@" .. citation.id, "unknown citation @" .. citation.id,
            "it is not in " .. table.concat(job.bibliography_names, ", "))
        end
      end
    end})
  end
  for i, chapter in ipairs(book) do
    check(chapter, whole[i].content)
    if chapter.nocite then check(chapter, pandoc.read(chapter.nocite, "json").blocks) end
  end
  if #faults > 0 then return end
  local meta = {references = references, lang = job.lang, ["link-citations"] = true,
    ["suppress-bibliography"] = false}
  if #nocite > 0 then meta.nocite = nocite end
  if given(job.csl) then meta.csl = job.csl end
  local done = pandoc.utils.citeproc(pandoc.Pandoc(whole, meta))
  for i, block in ipairs(done.blocks) do
    local chapter = book[i] or book[#book] -- no chapter has a division for the list: it ends the last one
    block:walk({Div = function(div)
      if div.identifier:match("^ref%-") and not ids[div.identifier] then
        ids[div.identifier] = {kind = "block", chapter = chapter}
      end
    end})
    if chapter.blocks and book[i] then
      for j, place in ipairs(chapter.citing) do chapter.blocks[place] = block.content[j] end
    elseif chapter.blocks then
      chapter.blocks:insert(block)
    end
  end
end

-- LINKS -------------------------------------------------------------------------------------------------------

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- The path of something in the book's folder, without fragment; a fault if results/ does not hold it.
local function check_local(chapter, target)
  local path = target:gsub("[?#].*$", ""):gsub("^/", "")
  if path:match("^results/") and not exists(job.stage .. "/" .. path) then
    fault(chapter, target, "there is no " .. path, "does a notebook write it?")
  end
  return path
end

local function is_remote(target) return target:match("^%a[%w+.-]*:") or target:match("^//") end

-- Find the id that `#id` means, seen from a chapter: its own first, then the book's.
local function resolve_id(chapter, id, ids)
  for _, heading in ipairs(chapter.headings) do
    if heading.id == id then return chapter end
  end
  local entry = ids[id]
  if entry and not entry.shared then return entry.chapter end
end

local function resolve_links(chapter, ids, to_target)
  chapter.blocks = chapter.blocks:walk({Link = function(link)
    local target = link.target
    local id = target:match("^#(.+)$")
    if id then
      local home = resolve_id(chapter, id, ids)
      if not home then
        fault(chapter, target, "the link " .. target .. " leads nowhere", "no element of the book has that id")
        return nil
      end
      return to_target(link, {id = id, chapter = home})
    elseif is_remote(target) then
      return nil
    elseif target:match("%.qmd") then
      fault(chapter, target, "a link to a chapter's file breaks in the PDF", "write @sec-… instead")
      return nil
    end
    check_local(chapter, target)
    return to_target(link, {path = target})
  end})
end

-- HTML --------------------------------------------------------------------------------------------------------

local ESCAPES = {["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;"}
local function escape(text) return (tostring(text):gsub('[&<>"]', ESCAPES)) end
local function raw(text) return pandoc.RawBlock("html", text) end
local function plain_table(tbl)
  -- Widths that come from the number of dashes in the source mean nothing; the page decides.
  tbl.colspecs = tbl.colspecs:map(function(spec) return {spec[1], nil} end)
  return tbl
end

local function svg_size(path)
  local head = read_file(path):sub(1, 600):match("<svg[^>]*>") or ""
  local width, height = head:match('[^%w-]width="([%d.]+)[px]*"'), head:match('[^%w-]height="([%d.]+)[px]*"')
  if width and height then return ("%.0f"):format(width), ("%.0f"):format(height) end
end

local function alternative(image) return given(image.attributes["fig-alt"]) or stringify(image.caption) end

local function html_image(chapter)
  return function(image)
    local alt = alternative(image)
    if alt == "" then
      fault(chapter, image.src, "an image without a text alternative", 'write {fig-alt="…"} after it')
    end
    local path = image.src
    if not is_remote(path) and path:sub(1, 1) == "/" then
      local file = check_local(chapter, path)
      image.src = chapter.root .. file
      if file:match("%.svg$") and exists(job.stage .. "/" .. file) then
        image.attributes.width, image.attributes.height = svg_size(job.stage .. "/" .. file)
      end
    end
    image.attributes["fig-alt"] = nil
    image.caption = pandoc.Inlines(alt)
    return image
  end
end

local function callout_of(div)
  for _, class in ipairs(div.classes) do
    local kind = class:match("^callout%-(.+)")
    if kind then
      local title, content = given(div.attributes.title), div.content
      if title then
        title = pandoc.utils.blocks_to_inlines(pandoc.read(title, "markdown").blocks)
      elseif content[1] and content[1].t == "Div" and content[1].classes:includes("title-of-callout") then
        title = pandoc.utils.blocks_to_inlines(content[1].content)
        content = content:clone()
        content:remove(1)
      else
        title = pandoc.Inlines(CALLOUTS[kind] or kind) -- of an unknown kind the pages' edition tells
      end
      return kind, title, content
    end
  end
end

local function html_division(ids)
  return function(div)
    local kind, title, content = callout_of(div)
    if kind then
      -- A callout to be folded needs no script for that; on paper it is open.
      local folded = given(div.attributes.collapse)
      local box, head = folded and "details" or "div", folded and "summary" or "p"
      local out = pandoc.Blocks({
        raw(('<%s class="callout callout-%s"%s>'):format(box, kind, folded and "" or ' role="note"')),
        raw(("<%s class=\"callout-title\">"):format(head)), pandoc.Plain(title), raw(("</%s>"):format(head))})
      out:extend(content)
      out:insert(raw(("</%s>"):format(box)))
      return out
    end
    kind = kind_of(div.identifier)
    if not KINDS[kind or ""] then return nil end
    local body, id = div.content:clone(), div.identifier
    local caption = body:remove(#body)
    local label = pandoc.Inlines({pandoc.Span(KINDS[kind] .. NBSP .. ids[id].number .. ":",
      pandoc.Attr("", {"caption-label"})), pandoc.Space()})
    label:extend(caption.content)
    local figcaption = pandoc.Blocks({raw(('<figcaption id="%s-caption">'):format(escape(id))),
      pandoc.Plain(label), raw("</figcaption>")})
    local out = pandoc.Blocks({raw(('<figure class="%s" id="%s">'):format(kind, escape(id)))})
    if kind == "tbl" then
      out:extend(figcaption)
      body = body:walk({Table = function(tbl)
        tbl.attributes["aria-labelledby"] = id .. "-caption"
        return tbl
      end})
    end
    out:extend(body)
    if kind == "fig" then out:extend(figcaption) end
    out:insert(raw("</figure>"))
    return out
  end
end

-- A wide table scrolls in a box of its own, which the keyboard must be able to reach.
local function html_table(tbl)
  local label = tbl.attributes["aria-labelledby"]
  local name = label and ('aria-labelledby="%s"'):format(escape(label)) or 'aria-label="Table"'
  return {raw(('<div class="table-scroll" role="group" tabindex="0" %s>'):format(name)), plain_table(tbl),
    raw("</div>")}
end

local function html_heading(chapter)
  return function(header)
    local number = header.attributes.number
    header.attributes.number = nil
    if not number then return header end
    local class = header.level == 1 and "chapter-number" or "section-number"
    local text = number
    if header.level == 1 and chapter.kind == "appendix" then
      text = "Appendix " .. number
      header.classes:insert("appendix")
    end
    header.content:insert(1, pandoc.Span(text, pandoc.Attr("", {class})))
    header.content:insert(2, pandoc.Space())
    return header
  end
end

-- The sections of a chapter as text, for the search.
local function search_entries(chapter, blocks)
  local entries, current = pandoc.List(), nil
  local function text_of(block) return (stringify(block):gsub("%s+", " ")) end
  local function visit(list)
    for _, block in ipairs(list) do
      if block.t == "Header" then
        current = {page = chapter.page, id = block.identifier, title = stringify(block),
          number = block.attributes.number, chapter = chapter.title, text = pandoc.List()}
        entries:insert(current)
      elseif block.t == "Div" and not block.identifier:match("^ref") then
        visit(block.content)
      elseif block.t == "Table" then
        for _, body in ipairs(block.bodies) do
          for _, row in ipairs(body.body) do
            for _, cell in ipairs(row.cells) do current.text:insert(text_of(pandoc.Div(cell.contents))) end
          end
        end
      elseif current then
        current.text:insert(text_of(block.t == "Plain" and pandoc.Para(block.content) or pandoc.Div({block})))
      end
    end
  end
  visit(blocks:walk({
    Note = function() return {} end,
    RawBlock = function() return {} end,
    RawInline = function() return {} end,
    Image = function() return {} end,
    SoftBreak = pandoc.Space,
  }))
  return entries:map(function(entry)
    return {p = entry.page, i = entry.id, t = entry.title, n = entry.number, c = entry.chapter,
      x = table.concat(entry.text, " ")}
  end)
end

local function contents_list(chapter)
  local out, depth = {}, 1
  for _, heading in ipairs(chapter.headings) do
    if heading.level == 2 or heading.level == 3 then
      if heading.level > depth then
        out[#out + 1] = "<ol>"
      elseif heading.level < depth then
        out[#out + 1] = "</li></ol></li>"
      else
        out[#out + 1] = "</li>"
      end
      depth = heading.level
      local number = heading.number and ('<span class="section-number">%s</span> '):format(heading.number) or ""
      out[#out + 1] = ('<li><a href="#%s">%s%s</a>'):format(escape(heading.id), number, escape(heading.title))
    end
  end
  if depth == 3 then out[#out + 1] = "</li></ol>" end
  if depth >= 2 then out[#out + 1] = "</li></ol>" end
  return table.concat(out)
end

-- The list of chapters, the same on each page but for the mark of where one is.
local function chapter_list(chapter, book)
  local out, kind = {"<ol>"}, nil
  for _, other in ipairs(book) do
    if other.kind == "appendix" and kind ~= "appendix" then
      out[#out + 1] = '</ol><p class="list-title">Appendices</p><ol>'
    end
    kind = other.kind
    out[#out + 1] = ('<li><a href="%s%s"%s><span class="n">%s</span><span>%s</span></a></li>'):format(chapter.root,
      other.page, other == chapter and ' aria-current="page"' or "", other.number or "", escape(other.title))
  end
  out[#out + 1] = "</ol>"
  return table.concat(out, "\n")
end

local function page_context(book, i, body)
  local chapter, report = book[i], job.report
  local function entry(other)
    if not other then return nil end
    return {href = chapter.root .. other.page, title = escape(other.title or ""), number = other.number}
  end
  local downloads = pandoc.List()
  for _, download in ipairs(given(report.downloads) or {}) do
    downloads:insert({href = chapter.root .. escape(download.href):gsub("^/", ""), label = escape(download.label),
      note = given(download.note) and escape(download.note)})
  end
  local function text(value) return given(value) and escape(value) end
  return {
    lang = job.lang, root = chapter.root, body = body, index = chapter.kind == "index" or nil,
    title = escape(chapter.title or ""), number = chapter.number,
    booktitle = escape(stringify(job.book.title or "")), subtitle = text(job.book.subtitle),
    author = text(job.book.author), description = text(chapter.description or job.book.description),
    version = text(report.version), date = text(report.date), datelong = text(report.date_long or report.date),
    digest = text(report.digest), shortdigest = given(report.digest) and escape(report.digest):sub(1, 12),
    citation = text(report.citation), downloads = #downloads > 0 and downloads or nil,
    nav = chapter_list(chapter, book), contents = contents_list(chapter), previous = entry(book[i - 1]), next = entry(book[i + 1]),
  }
end

local template = pandoc.template.compile(read_file(job.page))

-- The page of a chapter, and its entries for the search, as JSON without the brackets.
local function write_page(book, i, ids)
  local chapter = book[i]
  resolve_links(chapter, ids, function(link, to)
    if to.path then
      link.target = to.path:sub(1, 1) == "/" and chapter.root .. to.path:sub(2) or to.path
    elseif to.chapter ~= chapter then
      link.target = chapter.root .. to.chapter.page .. "#" .. to.id
    end
    return link
  end)
  local entries = search_entries(chapter, chapter.blocks)
  local blocks = chapter.blocks:walk({Header = html_heading(chapter), Image = html_image(chapter)})
  blocks = blocks:walk({Div = html_division(ids)}):walk({Table = html_table})
  local body = pandoc.write(pandoc.Pandoc(blocks), "html5-smart", {wrap_text = "wrap-none"})
  local page = pandoc.layout.render(pandoc.template.apply(template, page_context(book, i, body))) .. "\n"
  return {page = page, search = pandoc.json.encode(entries):sub(2, -2)}
end

-- TYPST -------------------------------------------------------------------------------------------------------

local function typst_string(text)
  return '"' .. tostring(text):gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("[\r\n]+", " ") .. '"'
end

local function typst(text) return pandoc.RawBlock("typst", text) end
local function typst_write(blocks)
  return (pandoc.write(pandoc.Pandoc(blocks), "typst-citations", {wrap_text = "wrap-none"}):gsub("%s+$", ""))
end

-- The same for many at once: a call takes a millisecond, and a table has hundreds of cells. The mark between them is
-- a control sign, which no text from the data holds.
local BETWEEN = "\31"
local function typst_write_each(list)
  local all, out = pandoc.Blocks({}), {}
  for _, blocks in ipairs(list) do
    all:extend(blocks)
    all:insert(typst(BETWEEN))
  end
  local text = typst_write(all) .. "\n"
  local from = 1
  for i = 1, #list do
    local first, last = text:find(BETWEEN, from, true)
    out[i] = text:sub(from, first - 1):gsub("^%s+", ""):gsub("%s+$", "")
    from = last + 1
  end
  return out
end
local function typst_inlines(inlines) return typst_write({pandoc.Plain(inlines)}) end
local function typst_label(id) return id:match("^[%w_][%w_-]*$") and "<" .. id .. ">" or "label(" .. typst_string(id) .. ")" end

local ALIGN = {AlignLeft = "left", AlignRight = "right", AlignCenter = "center", AlignDefault = "left"}

-- Columns of short cells take the room they need, those with sentences share the rest. Measured in letters: about
-- a hundred fit on a line.
local LINE, SHORT, RESERVED = 105, 26, 65
local function typst_columns(tbl)
  local columns, sum = {}, 0
  for i = 1, #tbl.colspecs do columns[i] = {place = i, widest = 0, total = 0} end
  local function measure(row)
    for i, cell in ipairs(row.cells) do
      local length = utf8.len(stringify(cell.contents)) or 0
      columns[i].widest = math.max(columns[i].widest, length)
      columns[i].total = columns[i].total + length
    end
  end
  tbl.head.rows:map(measure)
  for _, part in ipairs(tbl.bodies) do part.body:map(measure) end
  for _, column in ipairs(columns) do sum = sum + column.widest + 3 end
  table.sort(columns, function(a, b)
    if a.widest ~= b.widest then return a.widest < b.widest end
    return a.place < b.place
  end)
  local out, used = {}, 0
  for _, column in ipairs(columns) do
    used = used + column.widest + 3
    local fits = sum <= LINE or (column.widest <= SHORT and used <= RESERVED)
    out[column.place] = fits and "auto" or ("%.2ffr"):format(math.sqrt(column.total + 1))
  end
  return table.concat(out, ", ")
end

local function typst_table(tbl)
  local align, rows, contents = {}, {}, {}
  for _, spec in ipairs(tbl.colspecs) do align[#align + 1] = ALIGN[spec[1]] end
  for _, row in ipairs(tbl.head.rows) do rows[#rows + 1] = row end
  for _, part in ipairs(tbl.bodies) do
    for _, row in ipairs(part.body) do rows[#rows + 1] = row end
  end
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do contents[#contents + 1] = cell.contents end
  end
  local written, place = typst_write_each(contents), 0
  local function cells(from, to)
    local out = {}
    for i = from, to do
      local line = {}
      for _ in ipairs(rows[i].cells) do
        place = place + 1
        line[#line + 1] = "[" .. written[place] .. "]"
      end
      out[#out + 1] = table.concat(line, ", ")
    end
    return out
  end
  local heads = table.concat(cells(1, #tbl.head.rows), ", ")
  local body = table.concat(cells(#tbl.head.rows + 1, #rows), ",\n")
  return typst(("#data-table((%s,), (%s,), (%s,),\n%s\n)"):format(typst_columns(tbl), table.concat(align, ", "),
    heads, body))
end

local function typst_heading(chapter, labels)
  return function(header)
    local content = header.content:walk({
      Link = function(link) return link.content end,
      Note = function() return {} end,
      LineBreak = pandoc.Space,
    })
    local number = header.attributes.number
    local parts = {"level: " .. header.level}
    if number then
      parts[#parts + 1] = "numbering: (..) => " .. typst_string(number)
    end
    -- A long appendix of entries would drown the contents; its entries stay among the bookmarks.
    if header.level > 1 and chapter.kind == "appendix" then parts[#parts + 1] = "outlined: false, bookmarked: true" end
    content:insert(1, pandoc.RawInline("typst", ("#heading(%s)["):format(table.concat(parts, ", "))))
    content:insert(pandoc.RawInline("typst", "] " .. labels(header.identifier)))
    return pandoc.Para(content)
  end
end

-- A drawing of many rows is made smaller where, as wide as the text, it would run over the foot of the page.
local TEXT_WIDTH, TALLEST = 442, 560 -- points; the caption and a note need the rest of the page
local function typst_height(path)
  local width, height = svg_size(path)
  if not width then return "" end
  local shown = math.min(TEXT_WIDTH, width * 0.75) * height / width -- Typst takes a pixel for three quarters of a point
  return shown > TALLEST and (", height: %dpt"):format(TALLEST) or ""
end

local function typst_image(chapter)
  return function(image)
    local file = check_local(chapter, image.src)
    local path = job.stage .. "/" .. file
    local height = file:match("%.svg$") and exists(path) and typst_height(path) or ""
    return pandoc.RawInline("typst", ("#image(%s, alt: %s%s)"):format(typst_string("/" .. file),
      typst_string(alternative(image)), height))
  end
end

local function typst_division(ids, labels)
  return function(div)
    local kind, title, content = callout_of(div)
    local out
    if kind then
      out = pandoc.Blocks({typst(("#callout(%s, [%s])["):format(typst_string(kind), typst_inlines(title)))})
      out:extend(content)
      out:insert(typst("]"))
      return out
    end
    if div.classes:includes("finding") then
      out = pandoc.Blocks({typst("#finding[")})
      out:extend(div.content)
      out:insert(typst("]"))
      return out
    end
    if div.classes:includes("references") or div.classes:includes("csl-entry") then
      out = pandoc.Blocks({typst(div.classes:includes("references") and "#references[" or "#entry[")})
      out:extend(div.content)
      local id = div.identifier
      out:insert(typst("]" .. (id ~= "" and " " .. labels(id) or "")))
      return out
    end
    kind = kind_of(div.identifier)
    if not KINDS[kind or ""] then return nil end
    local body = div.content:clone()
    local caption = body:remove(#body)
    out = pandoc.Blocks({typst(("#numbered(%s, %s, [%s], %s)["):format(typst_string(KINDS[kind]),
      typst_string(ids[div.identifier].number), typst_inlines(caption.content), labels(div.identifier)))})
    out:extend(body)
    out:insert(typst("]"))
    return out
  end
end

-- The text of a chapter for Typst.
local function write_typst(book, i, ids)
  local chapter = book[i]
  local function label_in(home)
    return function(id)
      -- Headings that are called alike in two chapters are told apart by the chapter.
      local entry = ids[id]
      local shared = entry and entry.shared
      return typst_label(shared and home.page:gsub("[/.]", "-") .. "-" .. id or id)
    end
  end
  local labels = label_in(chapter)
  resolve_links(chapter, ids, function(link, to)
    if to.path then return link.content end -- a file beside the pages: nothing to link to from the PDF
    local call = link.classes:includes("number") and "number" or "link"
    local content = pandoc.Inlines({pandoc.RawInline("typst",
      ("#%s(%s)["):format(call, label_in(to.chapter)(to.id)))})
    content:extend(link.content)
    content:insert(pandoc.RawInline("typst", "]"))
    return content
  end)
  local blocks = chapter.blocks:walk({Header = typst_heading(chapter, labels), Image = typst_image(chapter),
    Table = typst_table})
  blocks = blocks:walk({Div = typst_division(ids, labels), Span = function(span)
    if span.classes:includes("row-id") then
      span.content = {pandoc.Strong(span.content)}
      return span
    end
  end})
  return {text = typst_write(blocks) .. "\n"}
end

-- The whole document: the look, the facts of the title page, the chapters.
local function typst_document(book)
  local report = job.report
  local out = {read_file(job.typst)}
  local fields = {}
  for _, field in ipairs({{"title", job.book.title}, {"subtitle", job.book.subtitle}, {"author", job.book.author},
    {"version", report.version}, {"digest", report.digest}, {"date", report.date_long or report.date},
    {"citation", report.citation}, {"lang", job.lang}}) do
    if given(field[2]) then fields[#fields + 1] = field[1] .. ": " .. typst_string(stringify(field[2])) end
  end
  out[#out + 1] = "#show: book.with(" .. table.concat(fields, ", ") .. ")\n"
  local in_appendices = false
  for _, chapter in ipairs(book) do
    if chapter.kind == "appendix" and not in_appendices then
      out[#out + 1] = "#show: appendices\n"
      in_appendices = true
    end
    local text = chapter.made.text
    out[#out + 1] = chapter.kind == "index" and "#summary[\n" .. text .. "]\n" or text
  end
  return table.concat(out, "\n")
end

-- THE BOOK ----------------------------------------------------------------------------------------------------

job.bibliography_names = {}
for i, path in ipairs(job.bibliography) do job.bibliography_names[i] = path:sub(#job.stage + 2) end

-- What is kept of each chapter of an edition: `outline`, made of its text alone (`text` is the hash of that), and
-- `made`, which its text and the outlines of the whole book (`book`, their hash) went into.
local function kept_name(chapter) return "/" .. wanted .. "-" .. chapter.file:gsub("[/.]", "-") .. ".json" end

local function open_chapter(entry)
  local chapter = {file = entry.file, page = entry.page, kind = entry.kind, text = entry.text,
    root = ("../"):rep(select(2, entry.page:gsub("/", ""))), hash = pandoc.utils.sha1(job.facts .. tostring(PANDOC_VERSION) .. entry.text)}
  -- A file that is not there, or that a fallen machine left half of, is none.
  local _, old = pcall(function() return pandoc.json.decode(read_file(job.kept .. kept_name(chapter)), false) end)
  if type(old) == "table" and old.text == chapter.hash then
    chapter.outline, chapter.old = old.outline, old
  else
    chapter.outline = read_chapter(chapter)
  end
  for key, value in pairs(pandoc.json.decode(chapter.outline, false)) do chapter[key] = value end
  return chapter
end

local book = pandoc.List(job.chapters):map(open_chapter)
local whole = pandoc.utils.sha1(table.concat(book:map(function(chapter)
  return chapter.file .. "\n" .. chapter.kind .. "\n" .. chapter.outline
end), "\n"))
local stale = book:filter(function(chapter)
  chapter.made = chapter.old and chapter.old.book == whole and chapter.old.made
  if not (chapter.made or chapter.blocks) then read_chapter(chapter) end
  return not chapter.made
end)

local ids = number_all(book)
for _, chapter in ipairs(stale) do
  number_and_refer(chapter, ids)
end
if #stale > 0 then cite_all(book, ids) end
if #faults == 0 then
  for i, chapter in ipairs(book) do
    chapter.made = chapter.made or (wanted == "html" and write_page or write_typst)(book, i, ids)
  end
end
if #faults == 0 then
  if wanted == "typst" then
    write_file(folder .. "/book.typ", typst_document(book))
  elseif given(job.out) then
    for _, chapter in ipairs(book) do
      local parent = chapter.page:match("^(.*)/[^/]*$")
      if parent then pandoc.system.make_directory(job.out .. "/" .. parent, true) end
      write_file(job.out .. "/" .. chapter.page, chapter.made.page)
    end
    pandoc.system.make_directory(job.out .. "/assets", true)
    local index = table.concat(book:map(function(chapter) return chapter.made.search end), ",")
    write_file(job.out .. "/assets/search.js", "window.DISTRICTLOSS_SEARCH = [" .. index .. "];\n")
  end
  for _, chapter in ipairs(stale) do
    write_file(folder .. "/keep" .. kept_name(chapter), pandoc.json.encode({text = chapter.hash, book = whole,
      outline = chapter.outline, made = chapter.made}))
  end
end
local numbers = pandoc.List()
for id, entry in pairs(ids) do
  if KINDS[entry.kind] then
    numbers:insert({id = id, kind = KINDS[entry.kind], number = entry.number, file = entry.chapter.file})
  end
end
write_file(folder .. "/" .. wanted .. ".json",
  pandoc.json.encode({faults = faults, numbers = numbers, pandoc = tostring(PANDOC_VERSION)}))
