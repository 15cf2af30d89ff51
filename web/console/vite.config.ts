import { page } from "../build.ts";

export default page("console", "console");
