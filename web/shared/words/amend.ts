/** Words of changing what was asked for. `{name}` stands for a parameter. */
export const zh = {
  "amend": "改这一单",
  "amend.short": "改",
  "amend.of": "改 {case_no} 号单：{item}",
  "amend.note": "新的留话（不改就不填）",
  "amend.address": "改到老人现在登记的地址",
  "amend.reason": "为什么改",
  "amend.save": "改好",
  "amend.still": "仍然这样改",
  "amend.refused": "没改成：",
  "amend.confirm": "老人同意，再按一次",
} as const;

export const en: Record<keyof typeof zh, string> = {
  "amend": "Change this request",
  "amend.short": "change",
  "amend.of": "Change {case_no}: {item}",
  "amend.note": "New note (empty: as it is)",
  "amend.address": "Go where the elder is registered now",
  "amend.reason": "Why",
  "amend.save": "Change it",
  "amend.still": "Change it anyway",
  "amend.refused": "Not changed: ",
  "amend.confirm": "If the elder agrees, press again",
};
