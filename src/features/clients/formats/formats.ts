import { dotenv } from "./dotenv.ts";
import type { Format, FormatName } from "./format.ts";
import { jsonc } from "./jsonc.ts";
import { toml } from "./toml.ts";
import { yaml } from "./yaml.ts";

/** The formats by name. */
export const FORMATS: Readonly<Record<FormatName, Format>> = { jsonc, toml, yaml, dotenv };
