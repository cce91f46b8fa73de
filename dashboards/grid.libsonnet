// Places panels on Grafana's 24 columns, left to right and down, in the order given.
// A panel that does not fit starts a new line below the tallest one of the line before, so none overlap.
local columns = 24;

// Positions are arrays, because jsonnet evaluates an array's element once and an object's field each time it is read.
local place(state, size) =
  local x = state[0], y = state[1], tallest = state[2], placed = state[3];
  local position =
    if x + size.w > columns then { x: 0, y: y + tallest, h: size.h } else { x: x, y: y, h: std.max(tallest, size.h) };
  [position.x + size.w, position.y, position.h, placed + [{ x: position.x, y: position.y, w: size.w, h: size.h }]];

// Panels of panel.libsonnet, which carry a hidden `size`; returns them with `id` and `gridPos`.
function(panels)
  local positions = std.foldl(place, [panel.size for panel in panels], [0, 0, 0, []])[3];
  std.mapWithIndex(function(i, panel) panel { id: i + 1, gridPos: positions[i] }, panels)
