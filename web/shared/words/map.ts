/** Words of the map. `{name}` stands for a parameter. */
export const zh = {
  "menu.map": "地图",
  "map.label": "示意图：在办 {open} 单，其中晚点或无人可派 {red} 单",
  "map.late": "晚点",
  "map.late.short": "晚点",
  "map.sketch": "示意：镇街按登记住址围出，不是边界；位置取到约百米",
  "map.towns": "各镇街在办的单子",
  "map.town": "镇街",
  "map.open": "在办",
  "map.to_board": "到看板上处理",
} as const;

export const en: Record<keyof typeof zh, string> = {
  "menu.map": "Map",
  "map.label": "Sketch: {open} open requests, {red} of them late or without anybody",
  "map.late": "Late",
  "map.late.short": "Late",
  "map.sketch": "A sketch: towns by the hull of registered homes, no boundaries; places to about a hundred metres",
  "map.towns": "Open requests of each town",
  "map.town": "Town or street",
  "map.open": "Open",
  "map.to_board": "Handle it on the board",
};
