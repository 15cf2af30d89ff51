import { VueQueryPlugin } from "@tanstack/vue-query";
import { createApp } from "vue";
import "../shared/tokens.css";
import "../shared/theme";
import { Refused } from "../shared/client";
import { whoAmI } from "../shared/session";
import App from "./App.vue";
import { router } from "./pages";
import "./console.css";

// What the platform refused is refused again; what did not arrive may arrive the next time.
const queries = { retry: (failures: number, why: unknown) => !(why instanceof Refused) && failures < 3, staleTime: 10_000 };

await whoAmI().catch(() => null);
createApp(App)
  .use(router)
  .use(VueQueryPlugin, { queryClientConfig: { defaultOptions: { queries } } })
  .mount("#app");
