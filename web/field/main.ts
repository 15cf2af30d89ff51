import { createApp } from "vue";
import "../shared/tokens.css";
import "../shared/phone.css";
import "../shared/theme";
import { whoAmI } from "../shared/session";
import App from "./App.vue";
import "./vant.css";

await whoAmI().catch(() => null);
createApp(App).mount("#app");
