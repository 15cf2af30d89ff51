/** Words of what the public purse grants, and of what an order takes of it. `{name}` stands for a parameter. */
export const zh = {
  "calls.quota": "本月额度",
  "calls.quota.of": "{month} 月额度",
  "calls.quota.left": "还剩 {yuan} 元",
  "calls.quota.now": "还剩",
  "calls.quota.after": "登记后还剩",
  "calls.quota.used": "已用",
  "calls.quota.held": "预占",
  "calls.quota.this": "这一单",
  "calls.quota.none": "这个月没有额度",
  "calls.quota.all": "共 {yuan} 元",
} as const;

export const en: Record<keyof typeof zh, string> = {
  "calls.quota": "This month's quota",
  "calls.quota.of": "Quota of month {month}",
  "calls.quota.left": "{yuan} yuan left",
  "calls.quota.now": "Left:",
  "calls.quota.after": "Left after this:",
  "calls.quota.used": "used",
  "calls.quota.held": "held",
  "calls.quota.this": "this order",
  "calls.quota.none": "No quota this month",
  "calls.quota.all": "{yuan} yuan in all",
};
