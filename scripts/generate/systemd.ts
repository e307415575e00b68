import { packagedUnit, renderUnit } from "../../src/features/service/unit.ts";
import type { GeneratedFile } from "./providers.ts";

/** The units in `config/systemd/`, for packagers and for reading: what `lodestar service install` writes by default. */
export function generateUnits(): readonly GeneratedFile[] {
  return [
    { path: "config/systemd/lodestar.service", text: renderUnit(packagedUnit("system")) },
    { path: "config/systemd/user/lodestar.service", text: renderUnit(packagedUnit("user")) },
  ];
}
