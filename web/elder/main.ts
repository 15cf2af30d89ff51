import { createApp } from "vue";
import "../shared/tokens.css";
import "../shared/phone.css";
import "../shared/theme";
import Rating from "./Rating.vue";

createApp(Rating).mount("#app");
