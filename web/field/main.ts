import { createApp } from "vue";
import "../shared/tokens.css";
import "../shared/phone.css";
import "../shared/theme";
import App from "./App.vue";
import { begin } from "./sync/begin";
import { installShell } from "./sync/shell";
import "./vant.css";

await begin();
createApp(App).mount("#app");
void installShell();
