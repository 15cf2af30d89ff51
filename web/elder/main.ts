import { createApp } from "vue";
import "../shared/tokens.css";
import "../shared/phone.css";
import "./elder.css";
import "../shared/theme";
import Follow from "./Follow.vue";
import Rating from "./Rating.vue";

/** What stands behind `/my/`: a visit, which is rated by six digits, or the family's link, which is one long word. */
const word = location.pathname.split("/")[2] ?? "";
const isLink = word.length > "00000000-0000-0000-0000-000000000000".length;
createApp(isLink ? Follow : Rating, isLink ? { token: word } : { visit: word }).mount("#app");
