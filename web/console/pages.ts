import type { Component } from "vue";
import { createRouter, createWebHistory } from "vue-router";
import { may, session } from "../shared/session";
import type { Key } from "../shared/words";

type Page = {
  path: string;
  /** what may follow the path */
  parameter?: string;
  /** the word in the menu */
  word: Key;
  /** the action of the policy table without which the page is not shown */
  action: string;
  /** true: the menu is folded, because the page needs its width */
  folded?: boolean;
  load: () => Promise<Component>;
};

/** The pages of the console in the order of the menu: whoever adds one adds a line here and its word in `words/`. */
export const PAGES: Page[] = [
  { path: "/calls", parameter: "/:person?", word: "menu.calls", action: "requests.place", folded: true, load: () => import("./calls/Calls.vue") },
  { path: "/overview", parameter: "/:number?", word: "menu.overview", action: "numbers.read", load: () => import("./overview/Overview.vue") },
  { path: "/board", word: "menu.board", action: "board.read", load: () => import("./board/Board.vue") },
  { path: "/map", word: "menu.map", action: "divisions.outlines", load: () => import("./map/Map.vue") },
  { path: "/callbacks", parameter: "/:call?", word: "menu.callbacks", action: "callbacks.read", load: () => import("./callbacks/CallBacks.vue") },
  { path: "/complaints", word: "menu.complaints", action: "complaints.read", load: () => import("./complaints/Complaints.vue") },
  { path: "/dispatch", word: "menu.dispatch", action: "offers.answer", folded: true, load: () => import("./dispatch/Dispatch.vue") },
  { path: "/finance", word: "menu.finance", action: "statements.read", load: () => import("./finance/Finance.vue") },
  { path: "/civil/cases", parameter: "/:case?", word: "menu.civil.cases", action: "civil.cases.read", load: () => import("./civil/cases/Cases.vue") },
  { path: "/civil/ledger", parameter: "/:record?", word: "menu.civil.ledger", action: "civil.records.read", load: () => import("./civil/ledger/Ledger.vue") },
  { path: "/civil/pay-runs", parameter: "/:run?", word: "menu.civil.runs", action: "civil.pay_runs.read", load: () => import("./civil/runs/PayRuns.vue") },
  { path: "/civil/funds", parameter: "/:fund?", word: "menu.civil.funds", action: "civil.funds.read", load: () => import("./civil/funds/Funds.vue") },
  { path: "/civil/report", parameter: "/:figure?", word: "menu.civil.report", action: "civil.figures.read", load: () => import("./civil/report/Report.vue") },
  { path: "/changes", word: "menu.changes", action: "changes.read", load: () => import("./changes/Changes.vue") },
  { path: "/imports", word: "menu.imports", action: "imports.read", load: () => import("./imports/Imports.vue") },
  { path: "/settings", word: "menu.settings", action: "rules.read", load: () => import("./settings/Settings.vue") },
  { path: "/account", word: "menu.account", action: "account.read", load: () => import("./account/Account.vue") },
];

export const router = createRouter({
  history: createWebHistory("/console/"),
  routes: [
    ...PAGES.map(({ path, parameter = "", action, folded = false, load }) => ({
      path: path + parameter,
      component: load,
      meta: { action, folded },
    })),
    // where nobody is signed in yet, the address stays what it is
    { path: "/:rest(.*)*", component: { render: () => null }, meta: { action: "" } },
  ],
});

router.beforeEach((to) => (session.me === null || may(String(to.meta.action)) ? true : home()));

/** Return the path of the signed-in role's page; one of another build is left for `App` to go to. */
export function home(): string {
  const desk = session.me?.desk ?? "";
  return desk.startsWith("/console/") ? desk.slice("/console".length) : "/account";
}
