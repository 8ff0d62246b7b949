-- The shortcodes of the report, for Quarto: numbers, days and words of the results, each number a link to how it was
-- made, and tables, charts and lists as `districtloss build` laid them into results/. The same shortcodes for plain
-- Pandoc are in analysis/districtloss/render/shortcodes.py.

local stringify = pandoc.utils.stringify
local SOURCES = {table = "tbl-%s.md", chart = "fig-%s.md", list = "%s.md"}

local function fail(problem)
  io.stderr:write("ERROR: ", problem, "\n")
  os.exit(1)
end

local function read(path)
  local file = io.open((quarto.project.directory or ".") .. "/results/" .. path, "rb")
  local text = file and file:read("a")
  if file then file:close() end
  return text
end

local loaded = {}
local function entry(file, name)
  if not loaded[file] then
    local text = read(file) or fail("results/" .. file .. " is missing: run `districtloss build` or `make report` first")
    loaded[file] = quarto.json.decode(text)
  end
  local found = loaded[file][name]
  if found == nil then fail(("results/%s has nothing named %q"):format(file, name)) end
  return found
end

local function number(name, text)
  local value = entry("values.json", name)
  -- JSON's null is a value of its own here; what the data do not give has no entry to link to.
  local known = type(value.value) == "number" or type(value.low) == "number" or type(value.high) == "number"
  local shown = text(value)
  if not known then return pandoc.Str(shown) end
  return pandoc.Link({pandoc.Str(shown)}, "#n-" .. name:gsub("_", "-"), "", pandoc.Attr("", {"number"}))
end

-- Of what is for one format alone, keep what is for this one: results come as text, which Quarto has not looked at.
local function for_this_format(blocks)
  local html = quarto.format.is_html_output()
  local function chosen(element)
    if not element.classes:includes("content-visible") then return nil end
    local wanted, unwanted = element.attributes["when-format"], element.attributes["unless-format"]
    local holds = (not wanted or (wanted == "html") == html) and (not unwanted or (unwanted == "html") ~= html)
    return holds and element.content or {}
  end
  return blocks:walk({Div = chosen, Span = chosen})
end

local function block(kind)
  return function(args)
    local name = stringify(args[1])
    local path = SOURCES[kind]:format(name)
    local text = read("include/" .. path) or fail(("there is no %s named %q in the results"):format(kind, name))
    return for_this_format(pandoc.read(text, "markdown").blocks)
  end
end

return {
  n = function(args)
    return number(stringify(args[1]), function(value) return value.text end)
  end,
  range = function(args)
    return number(stringify(args[1]), function(value) return value.range ~= "" and value.range or value.text end)
  end,
  word = function(args) return pandoc.Str(entry("words.json", stringify(args[1]))) end,
  table = block("table"),
  chart = block("chart"),
  list = block("list"),
}
