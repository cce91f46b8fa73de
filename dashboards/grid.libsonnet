// Places panels on Grafana's 24 columns, left to right and down, in the order given.
// A panel that does not fit starts a new line below the tallest one of the line before, so none overlap.
local columns = 24;

local place(state, panel) =
  local size = panel.size;
  local breaks = state.x + size.w > columns;
  local x = if breaks then 0 else state.x;
  local y = if breaks then state.y + state.tallest else state.y;
  {
    x: x + size.w,
    y: y,
    tallest: if breaks then size.h else std.max(state.tallest, size.h),
    placed: state.placed + [
      panel { id: std.length(state.placed) + 1, gridPos: { x: x, y: y, w: size.w, h: size.h } },
    ],
  };

// Panels of panel.libsonnet, which carry a hidden `size`; returns them with `id` and `gridPos`.
function(panels)
  std.foldl(place, panels, { x: 0, y: 0, tallest: 0, placed: [] }).placed
