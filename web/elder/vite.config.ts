import { page } from "../build.ts";

export default page("elder", "my");
