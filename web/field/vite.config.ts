import type { Plugin } from "vite";
import { page } from "../build.ts";

/** Leave out Vant's icon font: 29 kB that the pages' policy blocks, and then it asks another host. Icons are our own. */
const noIconFont: Plugin = {
  name: "no-icon-font",
  enforce: "pre",
  load: (id) => (/vant\/(es|lib)\/icon\/index\.css/.test(id) ? "" : undefined),
};

export default page("field", "field", noIconFont);
