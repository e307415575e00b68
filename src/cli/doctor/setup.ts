import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { formatProblem } from "../../config/problem.ts";
import { checkProjectFile, parseProjectFile } from "../../config/project-file.ts";
import type { Settings } from "../../config/settings.ts";
import type { KeyView } from "../../core/admin-view.ts";
import { readStatus, type ServiceMachine, unitPath } from "../../features/service/manage.ts";
import type { ServiceScope } from "../../features/service/unit.ts";
import { formatDay, formatPlural } from "../../terminal/format.ts";
import type { CliHost } from "../command.ts";
import { findHere } from "../project/here.ts";
import { type Check, check } from "./check.ts";

const SOON_MS = 7 * 86_400_000;

/** Keys of clients: those that no longer work, and those that soon will not. */
export function checkClientKeys(keys: readonly KeyView[], now: number): readonly Check[] {
  const valid = keys.filter(({ revokedAt }) => revokedAt === null);
  if (valid.length === 0) return [];
  const expired = valid.filter(({ expiresAt }) => expiresAt !== null && expiresAt <= now);
  const ending = valid.filter(({ expiresAt }) => expiresAt !== null && expiresAt > now && expiresAt <= now + SOON_MS);
  const names = (some: readonly KeyView[]): string => some.map(({ name }) => name).join(", ");
  const fix = "lodestar keys create NAME, and give it to the tool";
  if (expired.length === valid.length) {
    return [check("client keys", "bad", `all have expired (${names(expired)}): nobody may call any more`, fix)];
  }
  if (expired.length > 0) return [check("client keys", "warning", `expired: ${names(expired)}`, fix)];
  if (ending.length > 0) {
    const first = Math.min(...ending.map(({ expiresAt }) => expiresAt ?? now));
    return [check("client keys", "warning", `expire soon, from ${formatDay(first)}: ${names(ending)}`, fix)];
  }
  return [check("client keys", "ok", formatPlural(valid.length, "key"))];
}

/** Providers that stand in the configuration and need a key, but have none: each call to them fails. */
export function checkProviderKeys({ providers }: Pick<Settings, "providers">): readonly Check[] {
  return providers
    .filter(({ auth, provider, accounts }) => {
      const needsKey = auth !== "client" && provider.isLocal !== true && provider.auth.kind !== "none";
      return needsKey && accounts.every(({ key }) => key === null);
    })
    .map(({ provider: { id } }) =>
      check(id, "warning", "it is configured, but has no key", `lodestar provider add ${id}`),
    );
}

function binaryIn(unit: string): string | null {
  return /^ExecStart="?([^"\s]+)/m.exec(unit)?.[1] ?? null;
}

async function checkUnit(scope: ServiceScope, machine: ServiceMachine): Promise<readonly Check[]> {
  const path = unitPath(scope, machine);
  const text = machine.read(path);
  if (text === null) return [];
  const name = `${scope} service`;
  const install = `lodestar service install${scope === "user" ? " --user" : ""}`;
  const binary = binaryIn(text);
  if (binary === null) return [check(name, "bad", `${path} starts nothing`, install)];
  if (!existsSync(binary)) return [check(name, "bad", `${path} starts ${binary}, which does not exist`, install)];
  if (!/^Type=notify$/m.test(text) || !/BUN_CONFIG_MAX_HTTP_REQUESTS/.test(text)) {
    return [
      check(
        name,
        "warning",
        `${path} was made by an older version or by hand: it lacks what the daemon relies on`,
        install,
      ),
    ];
  }
  const { active, enabled } = await readStatus(scope, machine);
  if (active === "failed")
    return [check(name, "bad", `it failed`, `journalctl -${scope === "user" ? "-user " : ""}eu lodestar`)];
  const words = `${path}, ${active}, ${enabled}`;
  const isOther = Bun.isStandaloneExecutable && binary !== process.execPath;
  return [
    check(
      name,
      isOther ? "info" : "ok",
      isOther ? `${words}; it starts ${binary}, and this is ${process.execPath}` : words,
    ),
  ];
}

/** The systemd units, where any is installed. */
export async function checkUnits(machine: ServiceMachine): Promise<readonly Check[]> {
  if (machine.platform !== "linux") return [];
  return [...(await checkUnit("system", machine)), ...(await checkUnit("user", machine))];
}

/** The project file that counts in this folder. */
export function checkProjectHere(host: CliHost, settings: Settings): readonly Check[] {
  const found = findHere(host, undefined);
  if (!found.ok) return [check("project", "bad", found.error.message, "lodestar project show says where")];
  if (found.value === null) return [];
  const { file, text } = found.value;
  const parsed = parseProjectFile(text, file);
  const problems = parsed.ok ? checkProjectFile(parsed.value, settings) : parsed.error;
  const [first] = problems;
  if (first === undefined) return [check("project", "ok", `${file} is valid`)];
  return [check("project", "bad", formatProblem(first), `edit the file in ${dirname(file)}`)];
}
